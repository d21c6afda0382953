/** What a run of the arena is made of, and what it found. */
import type { Violation } from '../options.js';

/**
 * `swarm`: anything may happen. `collection`: two keys, many deletes and view changes, for bugs in the dropping of tombstones and
 * in ballots that hardly ever show. `rivals`: one view, and members that take each other for dead. `recovery`: quorums are lost, and
 * partitions recovered with loss. The rest are small and quick, to show in histories what a bug does: `churn`, views that change all the
 * time; `leftovers`, changes that come through half, and reads of them; `duel`, two that lead at once; `usurper`, leaders that missed much;
 * `stray`, deleted keys and late duplicates; `succession`, views in good order whose leaders die; `exile`, leaders that were replaced while
 * they were cut off; `flapping`, leaders that are cut off for as long as they try.
 */
export const arenaProfiles = [
  'swarm',
  'collection',
  'rivals',
  'recovery',
  'churn',
  'leftovers',
  'duel',
  'usurper',
  'stray',
  'succession',
  'exile',
  'flapping',
] as const;
export type ArenaProfile = (typeof arenaProfiles)[number];

export interface ArenaOptions {
  /** Everything random follows from it and from the other options. */
  readonly seed: number;
  /** Client operations. */
  readonly operations: number;
  readonly profile: ArenaProfile;
  /** Whether the invariants are asserted; histories are judged in any case. */
  readonly assertions: boolean;
  /** Planted bugs, by name: for tests of the tests. */
  readonly mutations?: readonly string[];
  /** Hears every event as a line of text. */
  readonly trace?: (line: string) => void;
}

export const defaultArena: Omit<ArenaOptions, 'seed'> = {
  operations: 500,
  profile: 'swarm',
  assertions: true,
};

export interface ArenaCounts {
  /** Turns of nodes. */
  readonly events: number;
  readonly packets: number;
  readonly operations: number;
  /** Operations that ended certain, and changes whose outcome no client knows. */
  readonly succeeded: number;
  readonly unknown: number;
  readonly viewChanges: number;
  readonly crashes: number;
  readonly joins: number;
  readonly departures: number;
  /** Partitions that lost their quorum and went on with what survived. */
  readonly recoveries: number;
  /** Virtual seconds of the whole run. */
  readonly seconds: number;
  /** Keys whose history the checker could not decide within its limits. */
  readonly undecided: number;
  /** Keys that were not served in the end because their partition had lost its quorum. */
  readonly excused: number;
}

export interface ArenaResult {
  readonly seed: number;
  /** Equal for equal options, in every process and engine. */
  readonly digest: string;
  readonly ok: boolean;
  readonly violations: readonly Violation[];
  readonly counts: ArenaCounts;
  /** The command that repeats this run. */
  readonly replay: string;
}

export function arenaReplayCommand({ seed, operations, profile, mutations }: ArenaOptions): string {
  const planted = mutations === undefined || mutations.length === 0 ? '' : ` --plant ${mutations.join(',')}`;
  return `npx rondo simulate --arena --seed ${seed} --operations ${operations} --profile ${profile}${planted}`;
}
