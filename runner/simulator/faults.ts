/** The plan of faults of one run, drawn from its seed: which of the enabled faults, how hard, and when. */
import type { Random } from '../../src/ports.js';
import type { DelayDistribution } from './network.js';

/** What may be enabled. `duplication` and `skew` (clocks that are off) come beside those of the command line's default. */
export const faultNames = [
  'crash',
  'pause',
  'partition',
  'loss',
  'delay',
  'churn',
  'duplication',
  'skew',
] as const;
export type FaultName = (typeof faultNames)[number];

export function isFaultName(text: string): text is FaultName {
  return faultNames.some((name) => name === text);
}

export type FaultAction =
  /** Ends `count` nodes at one instant; their messages under way are lost too when `losesUnderWay`. */
  | {
      readonly type: 'crash';
      readonly count: number;
      readonly losesUnderWay: boolean;
      /** Milliseconds until a new node joins in the place of each; undefined = never. */
      readonly replacedAfterMs: number | undefined;
    }
  | { readonly type: 'pause'; readonly forMs: number }
  /** `isolate`: one node from all; `halves`: each node on a side by lot; `oneWay`: halves, but one direction works. */
  | { readonly type: 'partition'; readonly shape: 'isolate' | 'halves' | 'oneWay'; readonly forMs: number }
  | { readonly type: 'loss'; readonly rate: number; readonly forMs: number }
  | { readonly type: 'duplication'; readonly rate: number; readonly forMs: number }
  | { readonly type: 'delay'; readonly distribution: DelayDistribution; readonly forMs: number }
  | { readonly type: 'join'; readonly count: number }
  | { readonly type: 'depart' };

export interface PlannedFault {
  readonly atMs: number;
  readonly action: FaultAction;
}

export interface FaultPlan {
  /** In order of time; all before the end of the run's faulty part. */
  readonly faults: readonly PlannedFault[];
  /** Founders; the rest of the nodes join soon after the start. */
  readonly founders: number;
  /** No clock is further off than this. */
  readonly skewMsMax: number;
  /** Whether a clock may also run up to 1 % fast or slow. */
  readonly drifts: boolean;
}

/** The calm before the first fault. */
const calmStartMs = 3_000;

export function drawFaultPlan(
  random: Random,
  enabled: readonly FaultName[],
  nodes: number,
  faultyMs: number,
): FaultPlan {
  const chosen = drawSubset(random, enabled);
  const faults: PlannedFault[] = [];
  for (const name of chosen) {
    const draw = drawers[name];
    if (draw === undefined) continue;
    const meanGapMs = pick(random, [4_000, 15_000, 60_000]);
    let atMs = calmStartMs + random() * meanGapMs;
    while (atMs < faultyMs) {
      faults.push({ atMs, action: draw(random) });
      atMs += meanGapMs * (0.25 + 1.5 * random());
    }
  }
  faults.sort((left, right) => left.atMs - right.atMs);
  const growsFromFew = chosen.has('churn') && random() < 0.3;
  return {
    faults,
    founders: growsFromFew ? 1 + Math.floor(random() * nodes) : nodes,
    skewMsMax: chosen.has('skew') ? pick(random, [20, 500, 5_000]) : 0,
    drifts: chosen.has('skew') && random() < 0.5,
  };
}

/** Each enabled fault with probability 3/4, and at least one when any is enabled. */
function drawSubset(random: Random, enabled: readonly FaultName[]): ReadonlySet<FaultName> {
  const chosen = new Set(enabled.filter(() => random() < 0.75));
  if (chosen.size === 0 && enabled.length > 0) chosen.add(pick(random, enabled));
  return chosen;
}

const drawers: { readonly [name in FaultName]?: (random: Random) => FaultAction } = {
  crash: (random) => ({
    type: 'crash',
    count: random() < 0.8 ? 1 : 2 + Math.floor(random() * 3),
    losesUnderWay: random() < 0.5,
    replacedAfterMs: random() < 0.85 ? random() * pick(random, [10, 2_000, 20_000]) : undefined,
  }),
  pause: (random) => ({ type: 'pause', forMs: random() * pick(random, [200, 3_000, 30_000]) }),
  partition: (random) => ({
    type: 'partition',
    shape: pick(random, ['isolate', 'halves', 'oneWay']),
    forMs: random() * pick(random, [2_000, 10_000, 40_000]),
  }),
  loss: (random) => ({
    type: 'loss',
    rate: random() * pick(random, [0.01, 0.1, 0.4]),
    forMs: random() * pick(random, [2_000, 20_000]),
  }),
  duplication: (random) => ({
    type: 'duplication',
    rate: random() * pick(random, [0.02, 0.5]),
    forMs: random() * 20_000,
  }),
  delay: (random) => ({ type: 'delay', distribution: drawDistribution(random), forMs: random() * 30_000 }),
  churn: (random) =>
    random() < 0.5
      ? { type: 'depart' }
      : { type: 'join', count: random() < 0.8 ? 1 : 2 + Math.floor(random() * 3) },
};

function drawDistribution(random: Random): DelayDistribution {
  const minMs = random() * pick(random, [1, 10, 100]);
  return pick<DelayDistribution>(random, [
    { type: 'uniform', minMs: 0, maxMs: minMs * 4 },
    { type: 'tailed', minMs, maxMs: 5_000 },
    { type: 'stragglers', minMs, maxMs: 3_000, share: 0.02 },
  ]);
}

/** One of the items, each equally likely; there must be one. */
export function pick<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}
