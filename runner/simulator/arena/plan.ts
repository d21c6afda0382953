/**
 * The plan of one run of the arena, drawn from its seed (swarm testing: Groce et al. 2012): which faults happen and how
 * hard; many have most of them off, because what each fault hides only shows without the others.
 */
import type { Random } from '../../../src/ports.js';
import { pick } from '../faults.js';
import type { DelayDistribution } from '../network.js';
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
  readonly connections: number;
  /** Operations that one connection may have under way. */
  readonly lanes: number;
  /** Mean pause of a lane between two operations: while all views are steady, and while one is not. */
  readonly steadyGapMs: number;
  readonly changingGapMs: number;
  readonly operationTimeoutMs: number;
  /** Weight of deletes among changes. */
  readonly deletes: number;
  /** Network in the absence of faults. */
  readonly delay: DelayDistribution;
  readonly streams: readonly FaultStream[];
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

const swarmKinds = [
  ...(['any', 'any', 'any', 'any', 'any', 'any'] as const),
  ...(['collection', 'collection', 'rivals', 'rivals', 'recovery'] as const),
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
    connections: 1 + Math.floor(random() * 4),
    lanes: pick(random, [1, 1, 2, 4]),
    steadyGapMs: pick(random, [10, 100, 500]),
    changingGapMs: pick(random, [1, 10, 100]),
    operationTimeoutMs: pick(random, [300, 1_000, 5_000]),
    deletes: pick(random, [0.1, 0.25, 0.5]),
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
