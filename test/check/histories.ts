/** Histories of one key for tests: written by hand, drawn from an atomic register, and judged by trying every order. */
import fc from 'fast-check';
import { bytesFromText, type ByteString } from '../../src/bytes.js';
import type { CheckRules } from '../../runner/check/limits.js';
import type { Action, Content, ObservedOperation } from '../../runner/check/observed.js';

export const strict: CheckRules = { cache: false, preloaded: false };

/** Text, or null for absent. */
type Text = string | null;

const content = (text: Text): Content => (text === null ? null : bytesFromText(text));

export const get = (output: Text): Action => ({ type: 'get', output: content(output) });
export const put = (value: string): Action => ({ type: 'put', value: bytesFromText(value) });
export const remove = (existed?: boolean): Action => ({ type: 'delete', existed });
export const exchange = (expected: Text, value: string): Action => ({
  type: 'exchange',
  expected: content(expected),
  value: bytesFromText(value),
});
export const refusal = (expected: Text, actual?: Text): Action => ({
  type: 'refusal',
  expected: content(expected),
  actual: actual === undefined ? undefined : content(actual),
});
export const append = (value: string, length?: number): Action => ({
  type: 'append',
  value: bytesFromText(value),
  length,
});
export const incr = (by: number, result?: number): Action => ({
  type: 'incr',
  by: BigInt(by),
  result: result === undefined ? undefined : BigInt(result),
});

/** Rows of start, end (Infinity = outcome unknown) and action; each by a client of its own. */
export function history(...rows: readonly (readonly [number, number, Action])[]): ObservedOperation[] {
  return rows.map(([startNs, endNs, action], index) => ({
    line: index + 1,
    client: String(index),
    key: bytesFromText('k'),
    startNs,
    endNs,
    action,
  }));
}

/** Whether some order explains the operations, by trying all of them: its own words for what an operation does. */
export function someOrderExplains(operations: readonly ObservedOperation[], rules: CheckRules): boolean {
  const begins: Text[] = rules.preloaded ? [null, ...everyInitial(operations)] : [null];
  return begins.some((state) => canFollow(state, operations, rules));
}

function canFollow(state: Text, left: readonly ObservedOperation[], rules: CheckRules): boolean {
  const required = left.filter((operation) => operation.endNs !== Infinity);
  if (required.length === 0) return true;
  const firstEnd = Math.min(...required.map((operation) => operation.endNs));
  const states = rules.cache && state !== null ? [state, null] : [state];
  return left.some((operation) => {
    if (operation.startNs > firstEnd) return false;
    const rest = left.filter((other) => other !== operation);
    return states.some((from) => {
      const to = run(from, operation.action);
      return to !== undefined && canFollow(to, rest, rules);
    });
  });
}

/** The register after the action; undefined where it would have answered otherwise. */
function run(state: Text, action: Action): Text | undefined {
  switch (action.type) {
    case 'get':
      return state === action.output ? state : undefined;
    case 'put':
      return action.value;
    case 'delete':
      return action.existed === undefined || action.existed === (state !== null) ? null : undefined;
    case 'exchange':
      return state === action.expected ? action.value : undefined;
    case 'refusal':
      return state !== action.expected && (action.actual === undefined || action.actual === state)
        ? state
        : undefined;
    case 'append': {
      const next = (state ?? '') + action.value;
      return action.length === undefined || action.length === next.length ? next : undefined;
    }
    case 'incr': {
      if (state !== null && !/^-?\d+$/.test(state)) return undefined;
      const next = BigInt(state ?? '0') + action.by;
      return action.result === undefined || action.result === next ? String(next) : undefined;
    }
  }
}

/** Enough values from before the history for every history drawn here that writes and reads the given values. */
function everyInitial(operations: readonly ObservedOperation[]): string[] {
  const seen = operations.flatMap(({ action }) => {
    if (action.type === 'get') return [action.output];
    if (action.type === 'exchange') return [action.expected];
    return action.type === 'refusal' ? [action.actual ?? null] : [];
  });
  return [...new Set(seen.filter((each) => each !== null)), 'never seen'];
}

const values = ['a', 'b', 'c', 'd', 'e', 'f'];

interface Drawn {
  readonly kind: 'get' | 'put' | 'delete' | 'deleteTold' | 'cas';
  readonly moment: number;
  readonly before: number;
  readonly after: number;
  readonly unknown: boolean;
  /** Replaces what was found; mostly undefined. */
  readonly lie: Text | undefined;
  readonly guess: Text;
  readonly value: string;
}

/**
 * Up to six operations of an atomic register, each at a moment within its time, some of which lie about what they found:
 * so about half of the histories are good. With `unique` each write has a value of its own.
 */
export function registerHistories(unique: boolean): fc.Arbitrary<ObservedOperation[]> {
  const text: fc.Arbitrary<Text> = fc.constantFrom(null, ...values.slice(0, 4));
  const drawn: fc.Arbitrary<Drawn> = fc.record({
    kind: fc.constantFrom('get', 'get', 'put', 'put', 'delete', 'deleteTold', 'cas'),
    moment: fc.nat(12),
    before: fc.nat(5),
    after: fc.nat(5),
    unknown: fc.nat(7).map((roll) => roll === 0),
    lie: fc.option(text, { nil: undefined, freq: 6 }).map((lie) => (lie === undefined ? undefined : lie)),
    guess: text,
    value: fc.constantFrom(...values.slice(0, 3)),
  });
  return fc.array(drawn, { minLength: 1, maxLength: 6 }).map((rows) => {
    let state: Text = null;
    const sorted = rows.toSorted((a, b) => a.moment - b.moment);
    return history(
      ...sorted.flatMap((row, index): [number, number, Action][] => {
        const value = unique ? (values[index] ?? '') : row.value;
        const found: Text = row.lie !== undefined ? row.lie : state;
        const [start, end] = [row.moment - row.before, row.unknown ? Infinity : row.moment + row.after];
        const [action, next] = act(row.kind, state, found, value, row.guess, row.unknown);
        state = next;
        return row.unknown && action.type !== 'put' && action.type !== 'exchange' && action.type !== 'delete'
          ? []
          : [[start, end, action]];
      }),
    );
  });
}

function act(
  kind: Drawn['kind'],
  state: Text,
  found: Text,
  value: string,
  guess: Text,
  unknown: boolean,
): [Action, Text] {
  switch (kind) {
    case 'get':
      return [get(found), state];
    case 'put':
      return [put(value), value];
    case 'delete':
      return [remove(), null];
    case 'deleteTold':
      return [remove(unknown ? undefined : found !== null), null];
    case 'cas': {
      // Half of the guesses are right.
      const expected = guess === 'a' || guess === 'b' ? found : guess;
      return expected === found || unknown
        ? [exchange(expected, value), value]
        : [refusal(expected, found), state];
    }
  }
}

const piece: fc.Arbitrary<ByteString> = fc.constantFrom('x', 'y', 'xy').map(bytesFromText);

/** Up to six appends, increments, puts and reads, drawn as above. */
export const accumulatingHistories: fc.Arbitrary<ObservedOperation[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom('append', 'append', 'appendTold', 'incr', 'get', 'put', 'refused'),
      moment: fc.nat(12),
      before: fc.nat(5),
      after: fc.nat(5),
      unknown: fc.nat(7).map((roll) => roll === 0),
      lie: fc.nat(9).map((roll) => roll === 0),
      piece,
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((rows) => {
    let state: Text = null;
    return history(
      ...rows
        .toSorted((a, b) => a.moment - b.moment)
        .flatMap(({ kind, moment, before, after, unknown, lie, piece }): [number, number, Action][] => {
          const times = [moment - before, unknown ? Infinity : moment + after] as const;
          const number: bigint | undefined =
            state === null ? 0n : /^\d+$/.test(state) ? BigInt(state) : undefined;
          if (kind === 'get') return unknown ? [] : [[...times, get(lie ? 'x' : state)]];
          if (kind === 'refused') return unknown ? [] : [[...times, refusal(lie ? state : 'other')]];
          if (kind === 'incr') {
            if (number === undefined) return [];
            state = String(number + 1n);
            return [[...times, incr(1, unknown ? undefined : Number(state) + (lie ? 1 : 0))]];
          }
          if (kind === 'put') {
            state = piece;
            return [[...times, put(piece)]];
          }
          state = (state ?? '') + piece;
          const told = kind === 'appendTold' && !unknown;
          return [[...times, append(piece, told ? state.length + (lie ? 1 : 0) : undefined)]];
        }),
    );
  });
