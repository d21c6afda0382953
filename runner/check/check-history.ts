/** Decides a whole history, key by key, and makes the failing parts small. */
import type { ByteString } from '../../src/bytes.js';
import { checkKey } from './check-key.js';
import { defaultCheckLimits, type CheckLimits, type CheckRules } from './limits.js';
import type { History } from './load-history.js';
import { minimise, type FailingPart } from './minimise.js';
import type { ObservedOperation } from './observed.js';

export interface KeyFailure extends FailingPart {
  readonly key: ByteString;
  /** All operations of the key, of which the part is some. */
  readonly observed: number;
}

export interface HistoryVerdict {
  /** Illegal when any key is; else unknown when any key is. */
  readonly verdict: 'ok' | 'illegal' | 'unknown';
  readonly keys: { readonly ok: number; readonly illegal: number; readonly unknown: number };
  /** The smallest part first; of the keys with the fewest operations when there are many. */
  readonly failures: readonly KeyFailure[];
  readonly undecided: readonly {
    readonly key: ByteString;
    readonly observed: number;
    readonly why: string;
  }[];
}

/** Cost: about a microsecond or two an operation where values are unique; see `CheckLimits` for the rest. */
export function checkHistory(
  { keys }: Pick<History, 'keys'>,
  rules: CheckRules,
  limits: CheckLimits = defaultCheckLimits,
): HistoryVerdict {
  const budget = { stepsLeft: limits.stepsMax };
  const illegal: { readonly key: ByteString; readonly operations: readonly ObservedOperation[] }[] = [];
  const undecided: HistoryVerdict['undecided'][number][] = [];
  let ok = 0;
  for (const [key, operations] of keys) {
    const verdict = checkKey(operations, rules, limits, budget);
    if (verdict.type === 'ok') ok++;
    else if (verdict.type === 'illegal') illegal.push({ key, operations });
    else undecided.push({ key, observed: operations.length, why: verdict.why });
  }
  const failures = illegal
    .toSorted((a, b) => a.operations.length - b.operations.length)
    .slice(0, limits.explainedKeysMax)
    .map(({ key, operations }) => ({
      key,
      observed: operations.length,
      ...minimise(operations, rules, limits),
    }))
    .sort((a, b) => a.operations.length - b.operations.length);
  return {
    verdict: illegal.length > 0 ? 'illegal' : undecided.length > 0 ? 'unknown' : 'ok',
    keys: { ok, illegal: illegal.length, unknown: undecided.length },
    failures,
    undecided,
  };
}
