/** The experiments of `rondo simulate --paper`: what each row is made of, what was published for it, and what it must meet. */
import type { ChurnOptions } from './churn.js';
import type { FailuresOptions } from './failures.js';
import type { LoadOptions } from './load.js';
import type { PathLengthOptions } from './path-length.js';
import { publishedChurn, publishedFailures, publishedLoad, publishedPaths } from './published.js';
import type { SpeedOptions } from './speed.js';

/** How a row is measured; plain data, so that it can be sent to a worker. */
export type Measurement =
  | ({ readonly type: 'speed' } & Omit<SpeedOptions, 'seed'>)
  | ({ readonly type: 'pathLength' } & Omit<PathLengthOptions, 'seed'>)
  | ({ readonly type: 'load' } & Omit<LoadOptions, 'seed'>)
  | ({ readonly type: 'failures' } & Omit<FailuresOptions, 'seed'>)
  | ({ readonly type: 'churn' } & Omit<ChurnOptions, 'seed'>);

/** Numbers by name, in the order in which they are printed. */
export type Figures = Readonly<Record<string, number>>;

export interface Experiment {
  /** The table that it is a row of, and the row's name. */
  readonly section: string;
  readonly row: string;
  readonly measurement: Measurement;
  /** Runs with these seeds; the figures are their means. */
  readonly seeds: readonly number[];
  /** Empty where the papers have nothing to compare with. */
  readonly published: Figures;
  /** What must hold, as [least, most] of a figure. Other figures are only shown. */
  readonly bounds: Readonly<Record<string, readonly [least: number, most: number]>>;
}

export type Scale = 'full' | 'quick';

/** Path lengths may differ this much from the published ones. */
const pathTolerance = 0.15;
const messagesNodesMax = 1024;

/** All rows, in the order of printing. `full` takes some six minutes of processor time, `quick` less than one. */
export function planExperiments(scale: Scale): readonly Experiment[] {
  const isFull = scale === 'full';
  return [
    speedExperiment(isFull ? 60 : 30),
    ...publishedPaths
      .filter(([nodes]) => isFull || nodes <= 256 || nodes === 16384)
      .map(([nodes, path]) => pathExperiment(nodes, path)),
    loadExperiment(isFull ? 5 : 1),
    ...publishedFailures
      .filter(([failed]) => isFull || failed === 0 || failed === 0.5)
      .map(([failed, path, timeouts]) =>
        failuresExperiment(failed, { path, timeouts }, isFull ? 1_000 : 300),
      ),
    ...publishedChurn
      .filter(([rate]) => isFull || rate === 0.4)
      .map(([rate, path, timeouts, failures]) =>
        churnExperiment(rate, 'depart', { path, timeouts, 'failures per 10,000': failures }, isFull),
      ),
    ...(isFull ? [churnExperiment(0.4, 'crash', {}, true)] : []),
  ];
}

function speedExperiment(virtualSeconds: number): Experiment {
  return {
    section: 'Speed: virtual seconds in a second, 1,000 nodes that stabilize every 30 s',
    row: '1,000 nodes',
    measurement: { type: 'speed', nodes: 1_000, stabilizeIntervalMs: 30_000, virtualSeconds },
    seeds: [1],
    published: {},
    bounds: { 'per processor second': [1, Infinity] },
  };
}

function pathExperiment(nodes: number, path: number): Experiment {
  const isSimulated = nodes <= messagesNodesMax;
  const through = isSimulated ? 'messages' : 'tables';
  return {
    section: 'Path length (Figure 10)',
    row: `${nodes} nodes, ${isSimulated ? 'simulated' : 'tables only'}`,
    measurement: { type: 'pathLength', nodes, lookups: 2_000, through },
    seeds: [1, 2],
    published: { path },
    bounds: { path: [path - pathTolerance, path + pathTolerance], failures: [0, 0] },
  };
}

function loadExperiment(runs: number): Experiment {
  return {
    section: 'Load, as multiples of the mean (section VI.B)',
    row: '10,000 nodes, 500,000 keys',
    measurement: { type: 'load', nodes: 10_000, keys: 500_000 },
    seeds: Array.from({ length: runs }, (_, index) => index + 1),
    published: { '99th percentile': publishedLoad.percentile99, largest: publishedLoad.largest },
    bounds: {},
  };
}

function failuresExperiment(failed: number, published: Figures, lookups: number): Experiment {
  return {
    section: 'Simultaneous failures (Table II), 1,000 nodes, lists of 20',
    row: `${failed * 100} % failed`,
    measurement: { type: 'failures', nodes: 1_000, successors: 20, failed, lookups },
    seeds: [1],
    published,
    bounds: { succeeded: [1, 1] },
  };
}

function churnExperiment(
  ratePerSecond: number,
  leaving: ChurnOptions['leaving'],
  published: Figures,
  isFull: boolean,
): Experiment {
  return {
    section: 'Lookups during churn (Table III), 1,000 nodes, lists of 20',
    row: `${ratePerSecond.toFixed(2)} joins and ${leaving === 'depart' ? 'leaves' : 'crashes'} a second`,
    measurement: {
      type: 'churn',
      nodes: 1_000,
      successors: 20,
      ratePerSecond,
      leaving,
      lookupsPerSecond: 10,
      warmUpSeconds: isFull ? 120 : 30,
      seconds: isFull ? 180 : 60,
    },
    seeds: [1],
    published,
    bounds: {},
  };
}
