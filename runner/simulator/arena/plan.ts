/**
 * The plan of one run of the arena, drawn from its seed (swarm testing: Groce et al. 2012): which faults happen and how
 * hard; many have most of them off, because what each fault hides only shows without the others.
 */
import type { Random } from '../../../src/ports.js';
import { pick } from '../faults.js';
import type { DelayDistribution } from '../network.js';
import { allKinds, type KeyKind } from './operations.js';
import type { ArenaProfile } from './options.js';

export const arenaFaults = [
  'loss',
  'duplication',
  'delay',
  'partition',
  'pause',
  'crash',
  'hostCrash',
  'suspicion',
  'clockJump',
  'join',
  'leave',
] as const;
export type ArenaFault = (typeof arenaFaults)[number];

/** One node from all (both ways, only what it says, only what it hears), any part from the rest, or one from one. */
export type CutShape = 'isolate' | 'mute' | 'deaf' | 'halves' | 'oneWay' | 'pair';

/** One kind of fault, happening again and again. */
export interface FaultStream {
  readonly fault: ArenaFault;
  readonly meanGapMs: number;
}

export interface ArenaPlan {
  readonly replicas: number;
  readonly partitions: number;
  readonly founders: number;
  /** Nodes share this many hosts. */
  readonly hosts: number;
  readonly keys: number;
  /** Of keys: histories of registers are cheaper to judge by far. */
  readonly kinds: readonly KeyKind[];
  readonly connections: number;
  /** Operations that one connection may have under way. */
  readonly lanes: number;
  /** Mean pause of a lane between two operations: while all views are steady, and while one is not. */
  readonly steadyGapMs: number;
  readonly changingGapMs: number;
  readonly operationTimeoutMs: number;
  /** Share of gets among operations, of deletes among changes. */
  readonly reads: number;
  readonly deletes: number;
  /** Probability that a request goes to any node instead of the one that led last. */
  readonly wanders: number;
  /** Network in the absence of faults. */
  readonly delay: DelayDistribution;
  readonly streams: readonly FaultStream[];
  /** Who is cut off from whom, and how long at most (one is drawn). */
  readonly cuts: readonly CutShape[];
  readonly cutMsMax: readonly number[];
  /** Of all messages between nodes while the faults last, whether or not there is a stream of losses or duplication. */
  readonly lossRate: number;
  readonly duplicationRate: number;
  readonly duplicateMsMax: number;
  /** No clock begins further off than this, or runs this much fast or slow. */
  readonly skewMsMax: number;
  readonly drift: number;
  /** News of joins and deaths may reach a node this late. */
  readonly newsMsMax: number;
  /** Probability that whoever drives a view change dies of it. */
  readonly driverDies: number;
  /** Probability that a view change makes another node join. */
  readonly joinsDuringChange: number;
  /** Whether crashes may leave a view without a quorum: nothing stale may be served then, but nothing need be. */
  readonly mayLoseQuorum: boolean;
  /** How often somebody looks for partitions without a quorum, and recovers them with loss; undefined = never. */
  readonly recoversEachMs: number | undefined;
  /** Virtual time in which the faults happen, unless the operations are used up before. */
  readonly faultyMsMax: number;
}

/** Mean gaps of the streams, from a fault that is rare to one that hardly ever ends. */
const gapsMs = [1_500, 6_000, 20_000];

/** Of three copies of one or two keys, views that change all the time while messages are lost, and clients that ask anybody. */
function drawChurn(random: Random): ArenaPlan {
  const faults: ArenaFault[] = ['crash', 'join', 'leave', 'partition', 'suspicion', 'pause'];
  const chosen = faults.filter(() => random() < 0.6);
  return {
    ...drawAny(random),
    replicas: 3,
    founders: pick(random, [3, 4, 5]),
    hosts: 5,
    partitions: 1,
    keys: 1 + Math.floor(random() * 2),
    connections: 3,
    lanes: pick(random, [1, 2]),
    steadyGapMs: pick(random, [150, 400]),
    changingGapMs: pick(random, [10, 40]),
    operationTimeoutMs: pick(random, [300, 1_000]),
    kinds: ['register'],
    reads: 0.5,
    deletes: pick(random, [0.1, 0.5]),
    wanders: pick(random, [0, 0.3, 0.6]),
    cuts: ['isolate', 'pair', 'pair', 'deaf', 'mute'],
    cutMsMax: [300, 1_000, 4_000],
    lossRate: pick(random, [0, 0.1, 0.25]),
    delay: pick<DelayDistribution>(random, [
      { type: 'uniform', minMs: 0, maxMs: 10 },
      { type: 'tailed', minMs: 2, maxMs: 1_000 },
    ]),
    streams: chosen.map((fault) => ({ fault, meanGapMs: pick(random, [300, 800, 2_000]) })),
    skewMsMax: 0,
    drift: 0,
    newsMsMax: pick(random, [5, 500]),
    driverDies: pick(random, [0, 0.3]),
    joinsDuringChange: pick(random, [0, 0.3]),
    mayLoseQuorum: false,
  };
}

/** Members that do not see each other, for moments, and clients that ask both; the rest of the time all is well. */
function drawDuel(random: Random): ArenaPlan {
  const faults: ArenaFault[] = ['suspicion', 'loss', 'pause', 'crash'];
  return {
    ...drawRivals(random),
    replicas: 3,
    founders: pick(random, [3, 3, 4]),
    hosts: 4,
    keys: 1 + Math.floor(random() * 2),
    connections: 4,
    lanes: 1,
    steadyGapMs: pick(random, [30, 100]),
    changingGapMs: 30,
    operationTimeoutMs: pick(random, [300, 1_000]),
    kinds: ['register'],
    reads: 0.5,
    deletes: 0.1,
    wanders: pick(random, [0.2, 0.5]),
    cuts: ['pair', 'pair', 'isolate', 'deaf', 'mute'],
    cutMsMax: [500, 2_000, 6_000],
    lossRate: pick(random, [0, 0.1, 0.3]),
    delay: { type: 'uniform', minMs: 0, maxMs: pick(random, [2, 20, 100]) },
    streams: [
      { fault: 'partition', meanGapMs: pick(random, [500, 1_500]) },
      ...faults
        .filter(() => random() < 0.4)
        .map((fault) => ({ fault, meanGapMs: pick(random, [1_000, 3_000]) })),
    ],
    skewMsMax: 0,
    drift: 0,
    newsMsMax: 5,
  };
}

/** Views and leaders that change all the time, a few changes that come through half, and many reads of what became of them. */
function drawLeftovers(random: Random): ArenaPlan {
  const others: ArenaFault[] = ['crash', 'partition', 'pause'];
  return {
    ...drawChurn(random),
    founders: pick(random, [4, 5]),
    keys: 1 + Math.floor(random() * 3),
    connections: 4,
    lanes: 1,
    steadyGapMs: pick(random, [40, 120]),
    changingGapMs: pick(random, [10, 40]),
    reads: pick(random, [0.6, 0.8]),
    deletes: 0.3,
    wanders: pick(random, [0.2, 0.5]),
    cuts: ['deaf', 'pair', 'pair'],
    cutMsMax: [500, 2_000],
    lossRate: pick(random, [0.15, 0.3]),
    delay: { type: 'uniform', minMs: 0, maxMs: pick(random, [2, 20]) },
    streams: [
      { fault: 'leave', meanGapMs: pick(random, [400, 1_200]) },
      { fault: 'join', meanGapMs: pick(random, [400, 1_200]) },
      { fault: 'suspicion', meanGapMs: pick(random, [300, 1_000]) },
      ...others
        .filter(() => random() < 0.5)
        .map((fault) => ({ fault, meanGapMs: pick(random, [500, 1_500]) })),
    ],
    newsMsMax: 5,
  };
}

/** Some keys that every change adds to, members that miss much of it, and others that come to lead for a while. */
function drawUsurper(random: Random): ArenaPlan {
  return {
    ...drawRivals(random),
    replicas: 3,
    founders: 3,
    hosts: 3,
    keys: 2 + Math.floor(random() * 3),
    kinds: ['text', 'counter'],
    connections: 3,
    lanes: 1,
    steadyGapMs: pick(random, [30, 100]),
    changingGapMs: 30,
    operationTimeoutMs: 5_000,
    reads: 0.3,
    deletes: 0.02,
    wanders: pick(random, [0.1, 0.4]),
    cuts: ['pair'],
    cutMsMax: [500, 2_000],
    lossRate: pick(random, [0.1, 0.3]),
    delay: { type: 'uniform', minMs: 0, maxMs: pick(random, [1, 10]) },
    streams: [
      { fault: 'suspicion', meanGapMs: pick(random, [400, 1_500]) },
      ...(random() < 0.5 ? [] : [{ fault: 'partition', meanGapMs: 1_000 } as const]),
    ],
    skewMsMax: 0,
    drift: 0,
    newsMsMax: 5,
  };
}

/** Keys that stay deleted for a while, so that their tombstones go, and duplicates of what was asked before that come after it. */
function drawStray(random: Random): ArenaPlan {
  const faults: ArenaFault[] = ['partition', 'pause', 'suspicion'];
  return {
    ...drawRivals(random),
    replicas: 3,
    founders: 3,
    hosts: 3,
    keys: pick(random, [3, 6, 10]),
    connections: 2,
    lanes: pick(random, [1, 2]),
    steadyGapMs: pick(random, [50, 150, 400]),
    changingGapMs: 50,
    operationTimeoutMs: 1_000,
    kinds: ['register'],
    reads: 0.5,
    deletes: 0.5,
    wanders: 0,
    cutMsMax: [2_000, 6_000],
    duplicationRate: pick(random, [0.2, 0.6]),
    duplicateMsMax: pick(random, [3_000, 8_000]),
    delay: { type: 'uniform', minMs: 0, maxMs: 5 },
    streams: faults
      .filter(() => random() < 0.4)
      .map((fault) => ({ fault, meanGapMs: pick(random, [2_000, 6_000]) })),
    skewMsMax: 0,
    drift: 0,
  };
}

const swarmKinds = [
  ...(['any', 'any', 'any', 'any', 'any', 'any'] as const),
  ...([
    'collection',
    'collection',
    'rivals',
    'rivals',
    'recovery',
    'churn',
    'leftovers',
    'duel',
    'usurper',
    'stray',
  ] as const),
];

/** A swarm has a share of each kind. */
export function drawArenaPlan(random: Random, profile: ArenaProfile): ArenaPlan {
  const kind = profile === 'swarm' ? pick(random, swarmKinds) : profile;
  switch (kind) {
    case 'collection':
      return drawCollection(random);
    case 'rivals':
      return drawRivals(random);
    case 'recovery':
      return drawRecovery(random);
    case 'churn':
      return drawChurn(random);
    case 'duel':
      return drawDuel(random);
    case 'leftovers':
      return drawLeftovers(random);
    case 'usurper':
      return drawUsurper(random);
    case 'stray':
      return drawStray(random);
    default:
      return drawAny(random);
  }
}

function drawAny(random: Random): ArenaPlan {
  const replicas = pick(random, [3, 3, 3, 3, 3, 3, 5, 5, 2, 1]);
  const founders = Math.max(1, replicas + pick(random, [-1, 0, 0, 1, 1, 2, 3, 5]));
  const share = pick(random, [0, 0.15, 0.3, 0.5, 0.7]);
  const chosen = new Set(arenaFaults.filter(() => random() < share));
  // Most mistakes show when a view changes while something is lost.
  if (random() < 0.5) chosen.add(pick(random, ['join', 'leave', 'crash']));
  if (random() < 0.3) chosen.add(pick(random, ['loss', 'partition', 'suspicion']));
  return {
    replicas,
    founders,
    partitions: pick(random, [1, 1, 2, 2, 8]),
    hosts: random() < 0.5 ? founders : Math.max(1, Math.ceil(founders * (0.4 + random() / 2))),
    keys: 1 + Math.floor(random() * 10),
    kinds: allKinds,
    connections: 1 + Math.floor(random() * 4),
    lanes: pick(random, [1, 1, 2, 4]),
    steadyGapMs: pick(random, [10, 100, 500]),
    changingGapMs: pick(random, [1, 10, 100]),
    operationTimeoutMs: pick(random, [300, 1_000, 5_000]),
    reads: 0.35,
    deletes: pick(random, [0.1, 0.25, 0.5]),
    wanders: random() < 0.7 ? 0 : 0.2,
    cuts: ['isolate', 'mute', 'deaf', 'halves', 'oneWay', 'pair', 'pair'],
    cutMsMax: [1_000, 12_000, 40_000],
    lossRate: 0,
    duplicationRate: 0,
    duplicateMsMax: random() < 0.7 ? 0 : 4_000,
    delay: drawDelays(random),
    streams: [...chosen].map((fault) => ({ fault, meanGapMs: pick(random, gapsMs) })),
    skewMsMax: random() < 0.5 ? 0 : pick(random, [20, 5_000, 3_600_000]),
    drift: random() < 0.7 ? 0 : 0.1 * random(),
    newsMsMax: pick(random, [5, 5, 500, 8_000]),
    driverDies: random() < 0.7 ? 0 : 0.3,
    joinsDuringChange: random() < 0.7 ? 0 : 0.4,
    mayLoseQuorum: random() < 0.03,
    recoversEachMs: undefined,
    faultyMsMax: 120_000,
  };
}

/** One or two keys on one partition, half of the changes deletes, and a network that delays some messages for long. */
function drawCollection(random: Random): ArenaPlan {
  const any = drawAny(random);
  const faults: ArenaFault[] = ['join', 'leave', 'loss', 'delay', 'partition', 'suspicion', 'pause', 'crash'];
  return {
    ...any,
    replicas: 3,
    founders: pick(random, [3, 4, 5]),
    hosts: 5,
    partitions: 1,
    keys: 1 + Math.floor(random() * 2),
    connections: 3,
    lanes: pick(random, [1, 2]),
    steadyGapMs: pick(random, [20, 100, 300]),
    changingGapMs: pick(random, [5, 30, 100]),
    deletes: 0.5,
    delay: pick<DelayDistribution>(random, [
      { type: 'stragglers', minMs: 5, maxMs: 4_000, share: 0.05 },
      { type: 'tailed', minMs: 3, maxMs: 5_000 },
    ]),
    streams: faults
      .filter(() => random() < 0.5)
      .map((fault) => ({ fault, meanGapMs: pick(random, [1_000, 3_000, 8_000]) })),
    mayLoseQuorum: false,
  };
}

/** Crashes that leave partitions without a quorum, and somebody who recovers them with loss. */
function drawRecovery(random: Random): ArenaPlan {
  const any = drawAny(random);
  const replicas = pick(random, [1, 2, 3, 3, 3, 5]);
  const crashes: FaultStream = {
    fault: pick(random, ['crash', 'crash', 'hostCrash']),
    meanGapMs: pick(random, [500, 1_500, 6_000]),
  };
  return {
    ...any,
    replicas,
    founders: replicas + pick(random, [0, 1, 2, 4]),
    streams: [crashes, ...any.streams.filter(({ fault }) => fault !== crashes.fault)],
    mayLoseQuorum: true,
    recoversEachMs: pick(random, [300, 2_000, 8_000]),
  };
}

/** Hardly any view changes, but members that do not see each other: two that think they lead at once, and leaders that come and go. */
function drawRivals(random: Random): ArenaPlan {
  const faults: ArenaFault[] = ['partition', 'suspicion', 'loss', 'delay', 'pause'];
  const replicas = pick(random, [3, 3, 5]);
  return {
    ...drawAny(random),
    replicas,
    founders: replicas,
    hosts: replicas,
    partitions: 1,
    keys: 1 + Math.floor(random() * 4),
    connections: 4,
    lanes: pick(random, [1, 2]),
    steadyGapMs: pick(random, [20, 100, 500]),
    changingGapMs: pick(random, [5, 30, 100]),
    delay: drawDelays(random),
    streams: faults
      .filter((fault) => fault === 'partition' || random() < 0.4)
      .map((fault) => ({ fault, meanGapMs: pick(random, [500, 3_000, 8_000]) })),
    driverDies: 0,
    joinsDuringChange: 0,
    mayLoseQuorum: false,
  };
}

export function drawDelays(random: Random): DelayDistribution {
  const minMs = random() * pick(random, [0.5, 5, 50]);
  return pick<DelayDistribution>(random, [
    { type: 'uniform', minMs: 0.02, maxMs: 0.4 },
    { type: 'uniform', minMs: 0, maxMs: minMs * 4 },
    { type: 'tailed', minMs, maxMs: 5_000 },
    { type: 'stragglers', minMs, maxMs: 3_000, share: 0.02 },
  ]);
}
