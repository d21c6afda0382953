/** Small plans, each made to show in histories what a few planted bugs do: one partition, three copies, few keys. */
import type { Random } from '../../../src/ports.js';
import { pick } from '../faults.js';
import type { DelayDistribution } from '../network.js';
import type { ArenaFault, ArenaPlan } from './plan.js';
import { chooseFaults, drawAny, drawFewKeys, drawRivals, streamsOf } from './wide-plans.js';

const threeNodes = { replicas: 3, founders: 3, hosts: 3 };
const trueClocks = { skewMsMax: 0, drift: 0 };

/** Of three copies of one or two keys, views that change all the time while messages are lost, and clients that ask anybody. */
export function drawChurn(random: Random): ArenaPlan {
  const faults: ArenaFault[] = ['crash', 'join', 'leave', 'partition', 'suspicion', 'pause'];
  const chosen = chooseFaults(random, faults, 0.6);
  return {
    ...drawAny(random),
    ...drawFewKeys(random),
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
    streams: streamsOf(random, chosen, [300, 800, 2_000]),
    ...trueClocks,
    newsMsMax: pick(random, [5, 500]),
    driverDies: pick(random, [0, 0.3]),
    joinsDuringChange: pick(random, [0, 0.3]),
    mayLoseQuorum: false,
  };
}

/** Views and leaders that change all the time, a few changes that come through half, and many reads of what became of them. */
export function drawLeftovers(random: Random): ArenaPlan {
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
      ...streamsOf(random, ['leave', 'join'], [400, 1_200]),
      ...streamsOf(random, ['suspicion'], [300, 1_000]),
      ...streamsOf(random, chooseFaults(random, others, 0.5), [500, 1_500]),
    ],
    newsMsMax: 5,
  };
}

/** Members that do not see each other, for moments, and clients that ask both; the rest of the time all is well. */
export function drawDuel(random: Random): ArenaPlan {
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
      ...streamsOf(random, ['partition'], [500, 1_500]),
      ...streamsOf(random, chooseFaults(random, faults, 0.4), [1_000, 3_000]),
    ],
    ...trueClocks,
    newsMsMax: 5,
  };
}

/** Some keys that every change adds to, members that miss much of it, and others that come to lead for a while. */
export function drawUsurper(random: Random): ArenaPlan {
  return {
    ...drawRivals(random),
    ...threeNodes,
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
      ...streamsOf(random, ['suspicion'], [400, 1_500]),
      ...(random() < 0.5 ? [] : [{ fault: 'partition', meanGapMs: 1_000 } as const]),
    ],
    ...trueClocks,
    newsMsMax: 5,
  };
}

/** Keys that stay deleted for a while, so that their tombstones go, and duplicates of what was asked before that come after it. */
export function drawStray(random: Random): ArenaPlan {
  const faults: ArenaFault[] = ['partition', 'pause', 'suspicion'];
  return {
    ...drawRivals(random),
    ...threeNodes,
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
    streams: streamsOf(random, chooseFaults(random, faults, 0.4), [2_000, 6_000]),
    ...trueClocks,
  };
}

/** Views that follow each other in good order, whose leaders often die: what only they hold must not be needed. */
export function drawSuccession(random: Random): ArenaPlan {
  return {
    ...drawRivals(random),
    replicas: 3,
    founders: pick(random, [4, 5]),
    hosts: 12,
    keys: pick(random, [6, 10, 16]),
    kinds: ['text', 'counter', 'register'],
    connections: 3,
    lanes: 1,
    steadyGapMs: pick(random, [100, 200]),
    changingGapMs: pick(random, [30, 100]),
    operationTimeoutMs: 1_000,
    reads: 0.4,
    deletes: pick(random, [0.05, 0.4]),
    wanders: pick(random, [0, 0.2]),
    lossRate: pick(random, [0, 0.05, 0.2]),
    delay: { type: 'uniform', minMs: 0, maxMs: pick(random, [2, 10]) },
    // Of a host, because that is more often the leader's than a node is the leader.
    streams: [
      ...streamsOf(random, ['hostCrash', 'join'], [1_500, 4_000]),
      ...streamsOf(random, ['leave'], [3_000, 8_000]),
    ],
    ...trueClocks,
    newsMsMax: 5,
    driverDies: pick(random, [0, 0.3]),
  };
}

/** Leaders that are cut off until they are replaced, and come back without knowing it, with changes that they still ask for. */
export function drawExile(random: Random): ArenaPlan {
  return {
    ...drawRivals(random),
    replicas: 3,
    founders: pick(random, [4, 5]),
    hosts: 5,
    keys: pick(random, [16, 30]),
    kinds: ['text', 'counter'],
    connections: 4,
    lanes: 1,
    steadyGapMs: pick(random, [500, 800]),
    changingGapMs: 300,
    operationTimeoutMs: 5_000,
    reads: 0.2,
    deletes: 0,
    wanders: pick(random, [0.3, 0.6]),
    cuts: ['isolate'],
    // A member is replaced after 7 to 9 s without a word.
    cutMsMax: [12_000],
    lossRate: pick(random, [0.15, 0.3]),
    delay: { type: 'uniform', minMs: 0, maxMs: pick(random, [2, 20]) },
    streams: [{ fault: 'partition', meanGapMs: 15_000 }],
    ...trueClocks,
    newsMsMax: 5,
  };
}

/** Leaders that are cut off for about as long as they try to bring a change through, and then lead on; clients that ask anybody. */
export function drawFlapping(random: Random): ArenaPlan {
  return {
    ...drawRivals(random),
    ...threeNodes,
    keys: pick(random, [10, 20]),
    kinds: ['text', 'counter'],
    connections: 4,
    lanes: 2,
    steadyGapMs: pick(random, [150, 400]),
    changingGapMs: 100,
    operationTimeoutMs: pick(random, [300, 1_000]),
    reads: 0.5,
    deletes: 0,
    wanders: pick(random, [0.2, 0.5]),
    cuts: ['isolate'],
    // A coordinator gives a change up after 4 s.
    cutMsMax: [6_000],
    lossRate: pick(random, [0.1, 0.3]),
    delay: { type: 'uniform', minMs: 0, maxMs: pick(random, [20, 60]) },
    streams: streamsOf(random, ['partition'], [2_000, 4_000]),
    ...trueClocks,
    newsMsMax: 5,
  };
}
