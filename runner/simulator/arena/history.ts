/** The history of a run: what each client asked and observed, in the form that the checker judges. */
import type { ByteString } from '../../../src/bytes.js';
import { checkHistory, type HistoryVerdict, type KeyFailure } from '../../check/check-history.js';
import { showOperation } from '../../check/conflict.js';
import { defaultCheckLimits } from '../../check/limits.js';
import type { Action, ObservedOperation } from '../../check/observed.js';
import { whySentence } from '../../check/timeline.js';

export interface RecordedOperation {
  /** A client has one operation under way at a time, and takes a new number after an unknown outcome. */
  readonly client: number;
  readonly key: ByteString;
  readonly startNs: number;
  /** Infinity: the outcome is unknown. */
  readonly endNs: number;
  readonly action: Action;
}

export class ArenaHistory {
  readonly #keys = new Map<ByteString, ObservedOperation[]>();
  #line = 0;
  #lastNs = 0;

  /** Nanoseconds of the run. Every call is later than the one before: what happened first ended before what began next. */
  instant(nowMs: number): number {
    this.#lastNs = Math.max(this.#lastNs + 1, Math.round(nowMs * 1_000_000));
    return this.#lastNs;
  }

  add(operation: RecordedOperation): void {
    const observed = { ...operation, line: ++this.#line, client: String(operation.client) };
    const ofKey = this.#keys.get(operation.key);
    if (ofKey === undefined) this.#keys.set(operation.key, [observed]);
    else ofKey.push(observed);
  }

  judge(): HistoryVerdict {
    return checkHistory(
      { keys: this.#keys },
      { cache: false, preloaded: false },
      { ...defaultCheckLimits, explainedKeysMax: 1 },
    );
  }
}

/** The smallest failing part in one paragraph. */
export function describeFailure(failure: KeyFailure): string {
  const lines = failure.operations.map(
    ({ line, client, startNs, endNs, ...rest }) =>
      `    client ${client} [${milliseconds(startNs)}, ${milliseconds(endNs)}] ${showOperation({ line, client, startNs, endNs, ...rest })}`,
  );
  return [`key "${failure.key}": ${whySentence(failure)}`, ...lines].join('\n');
}

function milliseconds(ns: number): string {
  return ns === Infinity ? '...' : (ns / 1_000_000).toFixed(6);
}
