/** Whether the threads of a soak hold more and more: what they held in the first quarter of its operations beside the last. */
import type { ThreadResources } from '../../actors/thread-resources.js';
import { quantile, rounded } from '../figures.js';

export interface Sample {
  readonly operations: number;
  readonly threads: readonly ThreadResources[];
}

export interface Growth {
  readonly what: string;
  readonly first: number;
  readonly last: number;
  readonly flat: boolean;
}

/** Of a heap the low points count: above them is what the collector has not visited yet. */
const troughShare = 0.1;
const heapFactor = 1.3;
const heapSlackMb = 4;
const handlesFactor = 1.2;
const handlesSlack = 10;
const samplesMin = 4;
/** A shorter run has not got over its start in the first quarter. */
const operationsMin = 200_000;

/**
 * A row of heaps and one of handles for each kind of thread (mean over its threads); none of a run too short to tell. The thread that
 * gathers the histories does not count.
 */
export function growthOf(samples: readonly Sample[], operations: number): Growth[] {
  const first = samples.filter((sample) => sample.operations <= operations / 4);
  const last = samples.filter((sample) => sample.operations > (operations * 3) / 4);
  if (operations < operationsMin || first.length < samplesMin || last.length < samplesMin) return [];
  const kinds = new Set(samples.flatMap(({ threads }) => threads.map(({ thread }) => kindOf(thread))));
  const rows: Growth[] = [];
  for (const kind of kinds) {
    const mean = (of: readonly Sample[], value: (thread: ThreadResources) => number): number[] =>
      of.flatMap(({ threads }) => {
        const some = threads.filter(({ thread }) => kindOf(thread) === kind);
        return some.length === 0 ? [] : [some.reduce((sum, each) => sum + value(each), 0) / some.length];
      });
    const heap = (of: readonly Sample[]): number =>
      quantile(
        mean(of, ({ heapBytes }) => heapBytes / 2 ** 20),
        troughShare,
      );
    const handles = (of: readonly Sample[]): number =>
      quantile(
        mean(of, (each) => each.handles),
        0.5,
      );
    const mb = [heap(first), heap(last)] as const;
    const open = [handles(first), handles(last)] as const;
    rows.push(row(`heap of ${kind}, MB`, mb, heapFactor, heapSlackMb));
    rows.push(row(`handles of ${kind}`, open, handlesFactor, handlesSlack));
  }
  return rows;
}

function row(what: string, [first, last]: readonly [number, number], factor: number, slack: number): Growth {
  return { what, first: rounded(first, 1), last: rounded(last, 1), flat: last <= first * factor + slack };
}

/** A node's thread is named by its address. */
function kindOf(thread: string): string {
  return thread.includes('/') ? 'a node' : thread.replace(/ \d+$/, '');
}
