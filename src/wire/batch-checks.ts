/**
 * Checks of packed batches, before anybody reads them in place: counts against lengths, codes, partitions, sizes, and numbers that
 * a node counts on with. A batch that passes has every number and every character of its text read exactly once.
 */
import { isBallot, isEpoch, startOf } from '../replication/linearizable/ballot.js';
import { answerStride, askKinds, askStride, outcomes } from '../replication/linearizable/packed-asks.js';
import { registerStride } from '../replication/linearizable/packed-registers.js';
import { recentMax } from '../replication/linearizable/register.js';
import { kinds, recordStride } from '../replication/packed-records.js';
import type { WireLimits } from './wire-limits.js';

export interface Batch {
  readonly head: ArrayLike<number>;
  readonly numbers: ArrayLike<number>;
  readonly textLength: number;
}

/** What is wrong with a batch; undefined when nothing is. */
export type BatchProblem = string | undefined;

/** Beyond it nobody counts: a quarter of what a number holds exactly is left. */
const countMax = 2 ** 52 + 2 ** 51;

/** A number that is counted up: a request's, a version's, a reading of a hybrid clock. */
export function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= countMax;
}

export function problemOfAsks({ head, numbers, textLength }: Batch, limits: WireLimits): BatchProblem {
  if (head.length % askStride !== 0) return `has ${head.length} words, not ${askStride} for each ask`;
  const { partitions, keyBytesMax, valueBytesMax } = limits;
  let textAt = 0;
  let numbersAt = 0;
  for (let index = 0; index < head.length; index += askStride) {
    const tag = head[index] ?? 0;
    const kind = tag & 0xff;
    const partition = head[index + 1] ?? 0;
    const keyBytes = head[index + 2] ?? 0;
    const valueBytes = head[index + 3] ?? 0;
    const epoch = numbers[numbersAt] ?? NaN;
    const ballot = numbers[numbersAt + 1] ?? NaN;
    numbersAt += 2;
    if (kind < askKinds.read || kind > askKinds.drop) return `asks for the unknown kind ${kind}`;
    if (partition < 0 || partition >= partitions) return noPartition(partition, limits);
    if (keyBytes < 0 || keyBytes > keyBytesMax) return badKey(keyBytes, limits);
    if (!isEpoch(epoch)) return badEpoch(epoch);
    if (!isBallot(ballot) || ballot >= startOf(epoch + 1))
      return `asks in epoch ${epoch} at the ballot ${ballot}`;
    textAt += keyBytes;
    if (kind === askKinds.accept) {
      const recent = tag >> 8;
      if (valueBytes < -1 || valueBytes > valueBytesMax) return badValue(valueBytes, limits);
      const problem = problemOfState(numbers, numbersAt, recent);
      if (problem !== undefined) return problem;
      numbersAt += 2 + recent;
      if (valueBytes > 0) textAt += valueBytes;
    } else if (tag !== kind || valueBytes !== 0) return `brings a value with an ask of kind ${kind}`;
    if (textAt > textLength) break;
  }
  return problemOfEnds(numbersAt, numbers.length, textAt, textLength);
}

export function problemOfAnswers({ head, numbers, textLength }: Batch, limits: WireLimits): BatchProblem {
  if (head.length % answerStride !== 0)
    return `has ${head.length} words, not ${answerStride} for each answer`;
  const { valueBytesMax } = limits;
  let textAt = 0;
  let numbersAt = 0;
  for (let index = 0; index < head.length; index += answerStride) {
    const tag = head[index] ?? 0;
    const outcome = tag & 0xff;
    const valueBytes = head[index + 1] ?? 0;
    if (outcome < outcomes.held || outcome > outcomes.wrongView) return `has the unknown outcome ${outcome}`;
    if (outcome === outcomes.promised) {
      const recent = tag >> 8;
      if (valueBytes < -1 || valueBytes > valueBytesMax) return badValue(valueBytes, limits);
      const problem = problemOfBallot(numbers[numbersAt]) ?? problemOfState(numbers, numbersAt + 1, recent);
      if (problem !== undefined) return problem;
      numbersAt += 3 + recent;
      if (valueBytes > 0) textAt += valueBytes;
    } else if (tag !== outcome || valueBytes !== 0) return `brings a value with the outcome ${outcome}`;
    else if (outcome === outcomes.held || outcome === outcomes.refused) {
      const problem = problemOfBallot(numbers[numbersAt++]);
      if (problem !== undefined) return problem;
    }
    if (textAt > textLength) break;
  }
  return problemOfEnds(numbersAt, numbers.length, textAt, textLength);
}

export function problemOfRecords(
  { head, numbers, textLength }: Batch,
  writers: number,
  limits: WireLimits,
): BatchProblem {
  if (head.length % recordStride !== 0)
    return `has ${head.length} words, not ${recordStride} for each record`;
  const { partitions, keyBytesMax, valueBytesMax } = limits;
  let textAt = 0;
  let numbersAt = 0;
  for (let index = 0; index < head.length; index += recordStride) {
    const partition = head[index] ?? 0;
    const tag = head[index + 1] ?? 0;
    const keyBytes = head[index + 2] ?? 0;
    const valueBytes = head[index + 3] ?? 0;
    const kind = tag & 0xff;
    const writer = tag >>> 8;
    const hlc = numbers[numbersAt] ?? NaN;
    const expiresAt = numbers[numbersAt + 1] ?? NaN;
    numbersAt += 2;
    if (partition < 0 || partition >= partitions) return noPartition(partition, limits);
    if (kind > kinds.flush) return `has a record of the unknown kind ${kind}`;
    if (writer >= writers) return `names writer ${writer} of ${writers}`;
    if (keyBytes < 0 || keyBytes > keyBytesMax) return badKey(keyBytes, limits);
    if (valueBytes < 0 || valueBytes > valueBytesMax) return badValue(valueBytes, limits);
    if (!isCount(hlc)) return `has the clock reading ${hlc}`;
    if (Number.isNaN(expiresAt)) return badExpiry;
    textAt += keyBytes + valueBytes;
    if (textAt > textLength) break;
  }
  return problemOfEnds(numbersAt, numbers.length, textAt, textLength);
}

export function problemOfRegisters({ head, numbers, textLength }: Batch, limits: WireLimits): BatchProblem {
  if (head.length % registerStride !== 0)
    return `has ${head.length} words, not ${registerStride} for each register`;
  const { keyBytesMax, valueBytesMax } = limits;
  let textAt = 0;
  let numbersAt = 0;
  for (let index = 0; index < head.length; index += registerStride) {
    const keyBytes = head[index] ?? 0;
    const valueBytes = head[index + 1] ?? 0;
    const recent = head[index + 2] ?? 0;
    if (keyBytes < 0 || keyBytes > keyBytesMax) return badKey(keyBytes, limits);
    if (valueBytes < -1 || valueBytes > valueBytesMax) return badValue(valueBytes, limits);
    const problem = problemOfBallot(numbers[numbersAt]) ?? problemOfState(numbers, numbersAt + 1, recent);
    if (problem !== undefined) return problem;
    numbersAt += 3 + recent;
    textAt += keyBytes + Math.max(0, valueBytes);
    if (textAt > textLength) break;
  }
  return problemOfEnds(numbersAt, numbers.length, textAt, textLength);
}

/** `[version | expiry | recent ... ]` of a register. */
function problemOfState(numbers: ArrayLike<number>, at: number, recent: number): BatchProblem {
  if (recent < 0 || recent > recentMax) return `has ${recent} recent ballots`;
  if (!isCount(numbers[at] ?? NaN)) return `has the version ${numbers[at]}`;
  if (Number.isNaN(numbers[at + 1] ?? NaN)) return badExpiry;
  for (let index = at + 2; index < at + 2 + recent; index++) {
    const problem = problemOfBallot(numbers[index]);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function problemOfBallot(ballot: number | undefined): BatchProblem {
  return ballot !== undefined && isBallot(ballot) ? undefined : `has the ballot ${ballot}`;
}

/** Whether all was read: `numbersAt` and `textAt` are where the reading of a batch ended. */
export function problemOfEnds(
  numbersAt: number,
  numbers: number,
  textAt: number,
  text: number,
): BatchProblem {
  if (numbersAt !== numbers) return `has ${numbers} numbers where ${numbersAt} belong`;
  return textAt === text ? undefined : `has ${text} bytes of text where ${textAt} or more belong`;
}

/** The problem of a batch that names a partition which the ring has not. */
export function noPartition(partition: number, { partitions }: WireLimits): string {
  return `names partition ${partition} of ${partitions}`;
}

function badKey(bytes: number, { keyBytesMax }: WireLimits): string {
  return `has a key of ${bytes} bytes where ${keyBytesMax} are allowed`;
}

function badValue(bytes: number, { valueBytesMax }: WireLimits): string {
  return `has a value of ${bytes} bytes where ${valueBytesMax} are allowed`;
}

function badEpoch(epoch: number): string {
  return `has the epoch ${epoch}`;
}

const badExpiry = 'has an expiry that is no time';
