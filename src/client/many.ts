/** Operations on many keys: windows of them at a time, under one deadline. */
import type { CallOptions } from '../client-types.js';
import { RondoError, type ErrorCode } from '../errors.js';
import type { Clock } from '../ports.js';

/** Operations of one call that are outstanding at once. */
const windowSize = 4_096;

/**
 * Starts each item's operation; results are in the items' order. `timeoutMs` is for all of them together; without it each
 * window has the client's default. Rejects with the first failure, or with `lateCode` between two windows.
 */
export async function forMany<T, R, O extends CallOptions>(
  items: readonly T[],
  clock: Clock,
  options: O | undefined,
  lateCode: ErrorCode,
  start: (item: T, options: O | undefined) => Promise<R>,
): Promise<R[]> {
  const timeoutMs = options?.timeoutMs;
  const startedMs = clock.nowMs();
  const results: R[] = [];
  for (let from = 0; from < items.length; from += windowSize) {
    let rest = options;
    if (options !== undefined && timeoutMs !== undefined && from > 0) {
      const leftMs = timeoutMs - (clock.nowMs() - startedMs);
      if (leftMs <= 0) {
        const done = `${from} of ${items.length} operations were done`;
        throw new RondoError(lateCode, `the deadline of ${timeoutMs} ms passed when ${done}`);
      }
      rest = { ...options, timeoutMs: leftMs };
    }
    const window = items.slice(from, from + windowSize).map((item) => start(item, rest));
    for (const result of await Promise.all(window)) results.push(result);
  }
  return results;
}
