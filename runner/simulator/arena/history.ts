/** The history of a run: what each client asked and observed, in the form that the checker judges. */
import type { ByteString } from '../../../src/bytes.js';
import { checkHistory, type HistoryVerdict, type KeyFailure } from '../../check/check-history.js';
import { showOperation } from '../../check/conflict.js';
import { defaultCheckLimits } from '../../check/limits.js';
import type { Action, ObservedOperation } from '../../check/observed.js';
import { whySentence } from '../../check/timeline.js';

/** Of the few keys that are not decided by then hardly any ever is; they would cost more than all the rest of the seeds. */
const stepsPerKeyMax = 200_000;

export interface RecordedOperation {
  /** A client has one operation under way at a time, and takes a new number after an unknown outcome. */
  readonly client: number;
  readonly key: ByteString;
  readonly startNs: number;
  /** Infinity: the outcome is unknown. */
  readonly endNs: number;
  readonly action: Action;
  /** What is known of a change when its answer does not count; undefined for a read. */
  readonly unanswered: Action | undefined;
}

export class ArenaHistory {
  readonly #keys = new Map<ByteString, (ObservedOperation & Pick<RecordedOperation, 'unanswered'>)[]>();
  /** When later lineages of a key began. */
  readonly #lineages = new Map<ByteString, number[]>();
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

  /** Changes of these keys may be lost now, as somebody has accepted (`rondo recover`): what follows is a history of its own. */
  beginLineage(keys: readonly ByteString[], nowMs: number): void {
    const instantNs = this.instant(nowMs);
    for (const key of keys) this.#lineages.set(key, [...(this.#lineages.get(key) ?? []), instantNs]);
  }

  /**
   * Each lineage of a key is judged by itself: the first begins with the key absent, a later one with any content. What was
   * under way when one began may have taken effect on either side, or not at all, and what was read then may be of either.
   */
  judge(): readonly HistoryVerdict[] {
    const limits = { ...defaultCheckLimits, explainedKeysMax: 1, stepsPerKeyMax };
    const first = new Map<ByteString, readonly ObservedOperation[]>();
    const later: HistoryVerdict[] = [];
    for (const [key, operations] of this.#keys) {
      const begins = [-Infinity, ...(this.#lineages.get(key) ?? [])];
      for (const [index, fromNs] of begins.entries()) {
        const part = partOf(operations, fromNs, begins[index + 1] ?? Infinity);
        if (index === 0) first.set(key, part);
        else
          later.push(
            checkHistory({ keys: new Map([[key, part]]) }, { cache: false, preloaded: true }, limits),
          );
      }
    }
    return [checkHistory({ keys: first }, { cache: false, preloaded: false }, limits), ...later];
  }
}

/** The operations of one lineage, and the changes that reach into it from before or beyond it, as such of unknown outcome. */
function partOf(
  operations: readonly (ObservedOperation & Pick<RecordedOperation, 'unanswered'>)[],
  fromNs: number,
  untilNs: number,
): readonly ObservedOperation[] {
  return operations.flatMap((operation): readonly ObservedOperation[] => {
    const { startNs, endNs, unanswered } = operation;
    if (startNs >= untilNs || endNs < fromNs) return [];
    const isInside = startNs > fromNs && (endNs < untilNs || endNs === Infinity);
    if (isInside) return [operation];
    return unanswered === undefined ? [] : [{ ...operation, endNs: Infinity, action: unanswered }];
  });
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
