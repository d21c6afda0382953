/** Bounds of the checker's work: what exceeds them is `unknown`, never a wait or an exhausted memory. */

export interface CheckLimits {
  /** Operations of one key that holds appends or increments; they are decided by search alone. Default 2,000. */
  readonly searchedOperationsMax: number;
  /** Operations looked at while one key is searched. Default 1 million: a second or two. */
  readonly stepsPerKeyMax: number;
  /** The same over all keys of a history. Default 5 million. */
  readonly stepsMax: number;
  /** Characters of remembered configurations of one search. Default 32 million. */
  readonly memoCharactersMax: number;
  /** Time for making one failing part smaller. Default 3 s; what is found by then stands. */
  readonly minimiseMsMax: number;
  /** Keys whose failing part is made smaller; more are only counted. Default 5. */
  readonly explainedKeysMax: number;
}

export const defaultCheckLimits: CheckLimits = {
  searchedOperationsMax: 2_000,
  stepsPerKeyMax: 1_000_000,
  stepsMax: 5_000_000,
  memoCharactersMax: 32_000_000,
  minimiseMsMax: 3_000,
  explainedKeysMax: 5,
};

/** What the ring may do to a key by itself, and what it held before the history began. */
export interface CheckRules {
  /** The ring is bounded or its records expire: a key may become absent at any moment, and never reappears by itself. */
  readonly cache: boolean;
  /** Keys may hold a value from before the history; else all are absent at its start. */
  readonly preloaded: boolean;
}
