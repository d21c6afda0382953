/** The second part of the demo: the course's experiment (docs/design/figures.md, 2), in both modes with 1, 3 and 5 copies. */
import { createRing } from '../../../actors/index.js';
import type { Consistency } from '../../../src/config.js';
import { checkHistory } from '../../check/check-history.js';
import { historyOf } from '../../check/load-history.js';
import { staleReads } from '../../check/stale-reads.js';
import type { RunSummary } from '../../workload/statistics.js';
import { table } from '../output.js';
import { play, type Songs } from './songs.js';
import type { Steps } from './steps.js';

const replicasOfExperiment = [1, 3, 5];
const head = [
  'mode',
  'k',
  'workload',
  'ops/s',
  'p50 us',
  'p99 us',
  'max us',
  'hops',
  'errors',
  'stale',
  'verdict',
];
const numbers = new Set([1, 3, 4, 5, 6, 7, 8, 9]);

interface Phase {
  readonly workload: string;
  readonly summary: RunSummary;
  /** Lines of the history before this phase. */
  readonly fromLine: number;
}

export async function experiment(
  steps: Steps,
  songs: Songs,
  nodes: number,
  modes: readonly Consistency[],
): Promise<void> {
  steps.say(
    'experiment',
    {},
    `The course's experiment: ${nodes} nodes, ten clients, k copies of each record. A read is stale when it returns a value older than one that was acknowledged before the read began.`,
  );
  const rows: string[][] = [];
  for (const consistency of modes) {
    for (const replicas of replicasOfExperiment)
      rows.push(...(await measure(steps, songs, nodes, consistency, replicas)));
  }
  steps.lines(table(head, rows, numbers));
}

/** Stale reads and an illegal history are errors in linearizable mode; eventual mode promises neither. */
async function measure(
  steps: Steps,
  songs: Songs,
  nodes: number,
  consistency: Consistency,
  replicas: number,
): Promise<string[][]> {
  const lines: string[] = [];
  const phases: Phase[] = [];
  const ring = await createRing({ nodes, replicas, consistency });
  try {
    for (const workload of ['inserts', 'queries', 'requests'] as const) {
      const { summary, history } = await play(ring, songs[workload], true);
      phases.push({ workload, summary, fromLine: lines.length });
      lines.push(...history);
    }
  } finally {
    await ring.close();
  }
  const history = historyOf(lines, 'history');
  const { verdict } = checkHistory(history, { cache: false, preloaded: false });
  const stale = staleReads(history);
  const promised = consistency === 'linearizable';
  if (promised) steps.errors += stale.length + (verdict === 'ok' ? 0 : 1);
  return phases.map(({ workload, summary, fromLine }, index) => {
    const untilLine = phases[index + 1]?.fromLine ?? Infinity;
    const staleHere = stale.filter((line) => line > fromLine && line <= untilLine).length;
    const isLast = index === phases.length - 1;
    steps.count(summary);
    const found = { staleReads: staleHere, ...(isLast ? { verdict } : {}) };
    steps.json({ event: 'experiment', consistency, replicas, workload, ...summary, ...found });
    const { latencyUs, hops, throughput, errors } = summary;
    return [
      consistency,
      String(replicas),
      workload,
      String(Math.round(throughput)),
      ...[latencyUs.p50, latencyUs.p99, latencyUs.max].map((value) => value.toFixed(0)),
      hops === null ? '-' : hops.mean.toFixed(2),
      String(errors),
      String(staleHere),
      isLast ? verdict : '',
    ];
  });
}
