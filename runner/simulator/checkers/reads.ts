/**
 * What reads may answer. `ValuesWereWritten`: a value is one that somebody put, with appended pieces of the same key after
 * it, never torn. `SettledReads`: where the only faults are joins, departures and lost or late messages, a key that nobody has changed for ten
 * seconds is read as it was left: a member that is still filling must not answer for what it lacks.
 */

interface KeyHistory {
  readonly pieces: Set<string>;
  /** Changes under way. */
  changing: number;
  /** Undefined = absent. Meaningless while `uncertain`. */
  value: string | undefined;
  changedAtMs: number;
  /** Changes overlapped or ended unknown, so that the value cannot be told. */
  uncertain: boolean;
}

export interface ReadChecker {
  /** A change of the key by adding or putting `piece` begins. */
  changeBegins(key: string, piece: string | undefined): void;
  /** It ended: `value` is what the key then holds; `isCertain` false when that is not known. */
  changeEnds(key: string, value: string | undefined, isCertain: boolean, nowMs: number): void;
  /** What is wrong with the answer to a read that began at `startedMs`, if anything. */
  read(key: string, value: string | undefined, startedMs: number): string | undefined;
  /** The value that an appended piece leads to, where it is known. */
  expectedValue(key: string): string | undefined;
}

/** Ends every piece, so that a value falls apart into the pieces it was made of. */
export const pieceEnd = ';';
const settledMs = 10_000;

/** `checksSettled`: whether the run's faults let SettledReads be asserted. */
export function createReadChecker(checksSettled: boolean): ReadChecker {
  const histories = new Map<string, KeyHistory>();
  const historyOf = (key: string): KeyHistory => {
    const known = histories.get(key);
    if (known !== undefined) return known;
    const history = {
      pieces: new Set<string>(),
      changing: 0,
      value: undefined,
      changedAtMs: 0,
      uncertain: false,
    };
    histories.set(key, history);
    return history;
  };
  return {
    changeBegins(key, piece) {
      const history = historyOf(key);
      if (piece !== undefined) history.pieces.add(piece);
      if (history.changing > 0) history.uncertain = true;
      history.changing++;
    },
    changeEnds(key, value, isCertain, nowMs) {
      const history = historyOf(key);
      history.changing--;
      history.changedAtMs = nowMs;
      if (!isCertain) history.uncertain = true;
      history.value = value;
    },
    read(key, value, startedMs) {
      const history = historyOf(key);
      const stranger = (value ?? '')
        .split(pieceEnd)
        .find((piece) => piece !== '' && !history.pieces.has(piece));
      if (stranger !== undefined || (value !== undefined && !value.endsWith(pieceEnd))) {
        return `ValuesWereWritten: "${key}" was read as "${value}", of which nobody wrote "${stranger}"`;
      }
      const isSettled =
        history.changing === 0 && !history.uncertain && startedMs - history.changedAtMs > settledMs;
      if (!checksSettled || !isSettled || value === history.value) return undefined;
      return `SettledReads: "${key}" was read as "${value}", ten seconds after it became "${history.value}"`;
    },
    expectedValue: (key) => histories.get(key)?.value,
  };
}
