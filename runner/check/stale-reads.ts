/**
 * Stale reads of a history: reads that return a value older than one that was acknowledged before the read began. A
 * linearizable history has none; without any a history need not be linearizable.
 */
import type { History } from './load-history.js';
import type { Content, ObservedOperation } from './observed.js';

interface Write {
  readonly content: Content;
  readonly startNs: number;
  /** Infinity when it may take effect at any time. */
  readonly endNs: number;
}

/** The lines of stale reads. Keys are absent at first; keys with changes other than put and delete are left out. */
export function staleReads({ keys }: Pick<History, 'keys'>): number[] {
  const lines: number[] = [];
  for (const operations of keys.values()) {
    const writes = writesOf(operations);
    if (writes !== undefined) lines.push(...staleOf(operations, writes));
  }
  return lines.sort((a, b) => a - b);
}

/** Undefined when a change's content depends on what was there. */
function writesOf(operations: readonly ObservedOperation[]): readonly Write[] | undefined {
  const writes: Write[] = [];
  for (const { action, startNs, endNs } of operations) {
    if (action.type === 'put') writes.push({ content: action.value, startNs, endNs });
    else if (action.type === 'delete') writes.push({ content: null, startNs, endNs });
    else if (action.type !== 'get') return undefined;
  }
  return writes.sort((a, b) => a.endNs - b.endNs);
}

function staleOf(operations: readonly ObservedOperation[], writes: readonly Write[]): number[] {
  /** Of the writes up to each, by end: the latest start. */
  let latest = -Infinity;
  const latestStarts = writes.map(({ startNs }) => (latest = Math.max(latest, startNs)));
  const lastEnds = new Map<Content, number>();
  for (const { content, endNs } of writes) lastEnds.set(content, endNs);
  return operations.flatMap(({ action, startNs, line }) => {
    if (action.type !== 'get') return [];
    const acknowledged = countBefore(writes, startNs);
    const newest = latestStarts[acknowledged - 1] ?? -Infinity;
    // What nobody wrote was there before all.
    return (lastEnds.get(action.output) ?? -Infinity) < newest ? [line] : [];
  });
}

/** How many writes had ended before; they are in the order of their ends. */
function countBefore(writes: readonly Write[], ns: number): number {
  let [low, high] = [0, writes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((writes[middle]?.endNs ?? Infinity) < ns) low = middle + 1;
    else high = middle;
  }
  return low;
}
