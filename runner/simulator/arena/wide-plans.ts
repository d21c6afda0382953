/** The kinds of plan that leave much to lot: what one fault hides only shows without it, so each run has most of them off. */
import type { Random } from '../../../src/ports.js';
import { pick } from '../faults.js';
import type { DelayDistribution } from '../network.js';
import { allKinds } from './operations.js';
import { arenaFaults, type ArenaFault, type ArenaPlan, type FaultStream } from './plan.js';

/** Mean gaps of the streams, from a fault that is rare to one that hardly ever ends. */
const gapsMs = [1_500, 6_000, 20_000];

export function drawAny(random: Random): ArenaPlan {
  const replicas = pick(random, [3, 3, 3, 3, 3, 3, 5, 5, 2, 1]);
  const founders = Math.max(1, replicas + pick(random, [-1, 0, 0, 1, 1, 2, 3, 5]));
  const share = pick(random, [0, 0.15, 0.3, 0.5, 0.7]);
  const chosen = new Set(chooseFaults(random, arenaFaults, share));
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
    streams: streamsOf(random, [...chosen], gapsMs),
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

type FewKeys = Pick<
  ArenaPlan,
  'replicas' | 'founders' | 'hosts' | 'partitions' | 'keys' | 'connections' | 'lanes'
>;

/** Three copies of one or two keys, and a few lanes that ask for them. */
export function drawFewKeys(random: Random): FewKeys {
  return {
    replicas: 3,
    founders: pick(random, [3, 4, 5]),
    hosts: 5,
    partitions: 1,
    keys: 1 + Math.floor(random() * 2),
    connections: 3,
    lanes: pick(random, [1, 2]),
  };
}

/** One or two keys on one partition, half of the changes deletes, and a network that delays some messages for long. */
export function drawCollection(random: Random): ArenaPlan {
  const any = drawAny(random);
  const faults: ArenaFault[] = ['join', 'leave', 'loss', 'delay', 'partition', 'suspicion', 'pause', 'crash'];
  return {
    ...any,
    ...drawFewKeys(random),
    steadyGapMs: pick(random, [20, 100, 300]),
    changingGapMs: pick(random, [5, 30, 100]),
    deletes: 0.5,
    delay: pick<DelayDistribution>(random, [
      { type: 'stragglers', minMs: 5, maxMs: 4_000, share: 0.05 },
      { type: 'tailed', minMs: 3, maxMs: 5_000 },
    ]),
    streams: streamsOf(random, chooseFaults(random, faults, 0.5), [1_000, 3_000, 8_000]),
    mayLoseQuorum: false,
  };
}

/** Crashes that leave partitions without a quorum, and somebody who recovers them with loss. */
export function drawRecovery(random: Random): ArenaPlan {
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
export function drawRivals(random: Random): ArenaPlan {
  const others: ArenaFault[] = ['suspicion', 'loss', 'delay', 'pause'];
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
    streams: streamsOf(random, ['partition', ...chooseFaults(random, others, 0.4)], [500, 3_000, 8_000]),
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

/** Each of the faults with this probability. */
export function chooseFaults(
  random: Random,
  faults: readonly ArenaFault[],
  share: number,
): readonly ArenaFault[] {
  return faults.filter(() => random() < share);
}

/** Each of the faults again and again, at one of the mean gaps. */
export function streamsOf(
  random: Random,
  faults: readonly ArenaFault[],
  meanGapsMs: readonly number[],
): readonly FaultStream[] {
  return faults.map((fault) => ({ fault, meanGapMs: pick(random, meanGapsMs) }));
}
