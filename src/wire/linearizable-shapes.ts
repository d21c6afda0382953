/** Shapes of the linearizable mode's messages (replication/linearizable/messages.ts). */
import type { Fetch, Fetched, ViewMessage } from '../replication/linearizable/messages.js';
import { bucketsMax } from '../replication/linearizable/registers-digest.js';
import type { View } from '../replication/linearizable/view.js';
import { packedAnswers, packedAsks, packedRegisters } from './batch-shapes.js';
import {
  ballot,
  byPartition,
  distinct,
  epoch,
  group,
  key,
  partition,
  partitionList,
  perPartition,
  requestId,
  sum,
  version,
  type MessageShape,
  type ShapesOf,
} from './shape-parts.js';
import { array, doubles, flag, mark, nullable, object, oneOf, real, where, whole } from './shapes.js';

const view = where(
  object<View>({
    partition,
    epoch,
    members: group,
    previousEpoch: epoch,
    previous: group,
    wipes: flag,
    recovers: mark,
  }),
  ({ members, epoch: own, previousEpoch }) => {
    if (members.length === 0) return 'has no members';
    return own > previousEpoch ? undefined : `has epoch ${own}, not after ${previousEpoch}`;
  },
);
const views = array(view);
const epochs = perPartition(object({ partition, epoch }));

/** Of the Paxos on views: rounds of eight, one for each member. */
const viewBallot = whole(0, 2 ** 48);

const fetch: MessageShape<Fetch> = where(
  object({
    requestId,
    partition,
    view: nullable(view),
    epoch,
    buckets: whole(1, bucketsMax),
    digests: doubles,
    bucket: whole(0, bucketsMax),
  }),
  ({ buckets, digests, partition: own, view: wanted }) => {
    if ((buckets & (buckets - 1)) !== 0) return `has ${buckets} buckets, not a power of two`;
    if (digests.length !== 0 && digests.length !== 2 * buckets)
      return `has ${digests.length} sums for ${buckets} buckets`;
    return wanted === null || wanted.partition === own ? undefined : 'has a view of another partition';
  },
);

/** An answer that goes on where it began would be asked for, for ever. */
const fetched: MessageShape<Fetched> = where(
  object({
    requestId,
    partition,
    epoch,
    kind: oneOf('sealed', 'copy', 'none'),
    bucket: whole(0, bucketsMax),
    nextBucket: whole(0, bucketsMax),
    different: where(array(whole(0, bucketsMax - 1)), distinct),
    registers: packedRegisters,
    versionFloor: version,
    views,
  }),
  ({ kind, bucket, nextBucket }) =>
    kind === 'none' || nextBucket > bucket ? undefined : `covers buckets ${bucket} to ${nextBucket}`,
);

export const linearizableShapes: ShapesOf<ViewMessage> = {
  registerAsks: object({ requestId, asks: packedAsks }),
  registerAnswers: object({ requestId, answers: packedAnswers, views }),
  prepareAll: object({
    requestId,
    partitions: perPartition(object({ partition, epoch, ballot, low: sum, high: sum })),
  }),
  preparedAll: object({
    requestId,
    partitions: perPartition(
      object({
        partition,
        epoch,
        ballot,
        outcome: oneOf('promised', 'refused', 'wrongView'),
        exceed: ballot,
        equal: flag,
      }),
    ),
    views,
  }),
  prepareView: object({ partition, epoch, ballot: viewBallot }),
  viewPromised: object({ partition, epoch, ballot: viewBallot, accepted: viewBallot, value: nullable(view) }),
  acceptView: object({ ballot: viewBallot, view }),
  viewAccepted: object({ partition, epoch, ballot: viewBallot }),
  viewRefused: object({ partition, epoch, ballot: viewBallot, promised: viewBallot }),
  views: object({ views }),
  getViews: object({ partitions: partitionList }),
  fetch,
  fetched,
  activated: object({ partition, epoch }),
  warmUp: object({ view }),
  warmedUp: object({ partition, epoch }),
  suggest: object({ suggestions: byPartition(object({ partition, epoch, group })) }),
  wantsToLeave: object({}),
  getSurvivor: object({ requestId, partition }),
  survivor: object({ requestId, partition, view: nullable(view), epoch, leaves: flag }),
  listKeys: object({ requestId, partition, epoch, after: real, through: real }),
  keysListed: object({ requestId, active: flag, keys: array(key) }),
  compareRegisters: object({
    partitions: byPartition(object({ partition, epoch, low: sum, high: sum })),
  }),
  uniform: object({ partitions: epochs }),
  registersEqual: object({ partitions: epochs }),
  settleKeys: object({ partition, epoch, keys: array(key) }),
};
