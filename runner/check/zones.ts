/**
 * Orders blocks, absent reads and deletes in time: Gibbons and Korach's zones ("Testing shared memories", 1997, section
 * 4.2), with deletes dealt to the reads that need one, earliest deadline first.
 *
 * A block is current from the first end among its operations to the last start among them, if that is later: a forward
 * zone. Else all of its operations overlap, and it may stand at one moment between: a backward zone. So do absent reads
 * and deletes. An order of the blocks exists just if no two forward zones overlap and none of the rest lies within one.
 *
 *     forward zones   |----a----|        |------b------|        at the ends of a zone others may stand
 *     the rest     [--c--]   [---get: absent---]                c before a; the read between, after a delete
 */
import type { Block, Blocks } from './blocks.js';
import { conflict, nameOperation, showContent, type Conflict } from './conflict.js';
import type { CheckRules } from './limits.js';
import type { ObservedOperation } from './observed.js';
import { sweep, type Job, type Moment } from './sweep.js';

export type ZonesResult =
  /** An order of all operations that respects their times and what they found; only that a delete found a value is not looked at. */
  | { readonly type: 'order'; readonly order: readonly ObservedOperation[] }
  /** No order exists, even without looking at that. */
  | { readonly type: 'illegal'; readonly conflict: Conflict };

/** At one time: what begins may stand there, then what must by then, then the zone that begins there. */
const rank = { release: 0, deadline: 1, zone: 2 } as const;

/** Cost: the sorting of the zones. With `pairing`, an order in which deletes find values where that is easy; only without it is `illegal` certain. */
export function orderByZones(
  { blocks, absentReads, deletes }: Blocks,
  rules: CheckRules,
  pairing = false,
): ZonesResult {
  const forward = blocks.filter((block) => currentFrom(block) < currentUntil(block));
  forward.sort((a, b) => currentFrom(a) - currentFrom(b));
  for (const [index, zone] of forward.entries()) {
    const before = forward[index - 1];
    if (before !== undefined && currentFrom(zone) < currentUntil(before))
      return { type: 'illegal', conflict: interleaved(before, zone) };
  }
  const jobs: Job[] = [];
  const add = (
    kind: Job['kind'],
    item: Omit<Job, 'kind' | 'fromNs' | 'untilNs' | 'placed'>,
  ): Conflict | undefined => {
    const { fromNs, untilNs, within } = outside(forward, item.lastStarted.startNs, item.firstEnded.endNs);
    if (within !== undefined) return interleaved(within, item);
    jobs.push({ kind, ...item, fromNs, untilNs, placed: false });
    return undefined;
  };
  const single = (operation: ObservedOperation) => ({
    operations: [operation],
    firstEnded: operation,
    lastStarted: operation,
  });
  for (const block of blocks) {
    const found = currentFrom(block) < currentUntil(block) ? undefined : add('block', block);
    if (found !== undefined) return { type: 'illegal', conflict: found };
  }
  for (const [kind, operations] of [
    ['read', absentReads],
    ['delete', deletes],
  ] as const) {
    for (const operation of operations) {
      const found = add(kind, single(operation));
      if (found !== undefined) return { type: 'illegal', conflict: found };
    }
  }
  return sweep(momentsOf(jobs, forward), rules, pairing);
}

function currentFrom(block: Block): number {
  return block.initial ? -Infinity : block.firstEnded.endNs;
}

function currentUntil(block: Block): number {
  return block.lastStarted.startNs;
}

/** Where something that spans the times may stand; `within` the zone that leaves it no place. */
function outside(
  forward: readonly Block[],
  startNs: number,
  endNs: number,
): { readonly fromNs: number; readonly untilNs: number; readonly within?: Block } {
  const first = zoneAround(forward, startNs);
  const last = zoneAround(forward, endNs);
  const fromNs = first === undefined ? startNs : currentUntil(first);
  const untilNs = last === undefined ? endNs : currentFrom(last);
  return first !== undefined && first === last ? { fromNs, untilNs, within: first } : { fromNs, untilNs };
}

/** The zone with the time inside, not at its ends. */
function zoneAround(forward: readonly Block[], timeNs: number): Block | undefined {
  let [low, high] = [0, forward.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const zone = forward[middle];
    if (zone !== undefined && currentFrom(zone) < timeNs) low = middle + 1;
    else high = middle;
  }
  const zone = forward[low - 1];
  return zone !== undefined && timeNs < currentUntil(zone) ? zone : undefined;
}

function momentsOf(jobs: readonly Job[], forward: readonly Block[]): readonly Moment[] {
  const moments: Moment[] = [
    ...jobs.map((job): Moment => ({ timeNs: job.fromNs, type: 'release', job, zone: undefined })),
    ...jobs.map((job): Moment => ({ timeNs: job.untilNs, type: 'deadline', job, zone: undefined })),
    ...forward.map((zone): Moment => ({ timeNs: currentFrom(zone), type: 'zone', job: undefined, zone })),
  ];
  // Compared, not subtracted: infinite times have no difference.
  return moments.sort((a, b) =>
    a.timeNs === b.timeNs ? rank[a.type] - rank[b.type] : a.timeNs < b.timeNs ? -1 : 1,
  );
}

/** Two of which each has an operation that ended before one of the other began: neither can come first. */
function interleaved(block: Block, other: Pick<Job, 'operations' | 'firstEnded' | 'lastStarted'>): Conflict {
  const operations = [
    block.operations[0],
    block.firstEnded,
    block.lastStarted,
    other.operations[0],
    other.firstEnded,
    other.lastStarted,
  ];
  const held = block.initial
    ? 'the key held it from before the history'
    : `${nameOperation(block.firstEnded)} had ended before ${nameOperation(other.lastStarted)} began`;
  const back = `${nameOperation(other.firstEnded)} had ended before ${nameOperation(block.lastStarted)} began`;
  return conflict(
    operations,
    `${showContent(block.value)} cannot be the key's value both before and after something else: ${held}, and ${back}`,
  );
}
