/** Shapes of the eventual mode's messages (replication/messages.ts). */
import { bucketCount } from '../replication/digest.js';
import type {
  BucketDigests,
  EventualMessage,
  PartitionDigest,
  ToldGroup,
  VersionList,
} from '../replication/messages.js';
import { isCount } from './batch-checks.js';
import { packedRecords as records } from './batch-shapes.js';
import {
  byPartition,
  distinct,
  group,
  key,
  partition,
  partitionList,
  reading,
  requestId,
  word,
  type ShapesOf,
} from './shape-parts.js';
import { array, doubles, identifier, mark, object, oneOf, where, whole, words } from './shapes.js';

const copy = oneOf('none', 'filling', 'complete');

const ranges = where(array(partition), (list) => {
  if (list.length % 2 !== 0) return 'ends within a range';
  for (let index = 0; index < list.length; index += 2) {
    if ((list[index] ?? 0) > (list[index + 1] ?? 0)) return 'has a range that ends before it begins';
  }
  return undefined;
});

/** Each partition in one group at most: whoever hears it walks through all ranges. */
const told = where(
  array(object<ToldGroup>({ home: identifier, asOf: reading, members: group, ranges })),
  (groups, { limits }) => {
    let named = 0;
    for (const list of groups.map((one) => one.ranges))
      for (let index = 0; index < list.length; index += 2)
        named += (list[index + 1] ?? 0) - (list[index] ?? 0) + 1;
    return named > limits.partitions ? `names ${named} partitions of ${limits.partitions}` : undefined;
  },
);

const digests = byPartition(
  object<PartitionDigest>({
    partition,
    low: word,
    high: word,
    copy,
    passesOn: mark,
    flushedHlc: reading,
    flushedWriter: identifier,
  }),
);

const buckets = where(array(whole(0, bucketCount - 1)), distinct);

const lists = byPartition(
  where(
    object<VersionList>({
      partition,
      buckets,
      keyHashes: doubles,
      hlcs: doubles,
      writerPlaces: words,
      writers: array(identifier),
    }),
    ({ keyHashes, hlcs, writerPlaces, writers }) => {
      const { length } = keyHashes;
      if (hlcs.length !== length || writerPlaces.length !== length)
        return `lists ${length} keys with ${hlcs.length} readings of ${writerPlaces.length} writers`;
      if (!keyHashes.every(isCount)) return 'has a hash that is none';
      if (!hlcs.every(isCount)) return 'has a clock reading that is none';
      return writerPlaces.every((place) => place >= 0 && place < writers.length)
        ? undefined
        : `names a writer that is not among ${writers.length}`;
    },
  ),
);

const bucketed = byPartition(
  object<BucketDigests>({
    partition,
    digests: where(words, ({ length }) =>
      length === 2 * bucketCount ? undefined : `has ${length} sums for ${bucketCount} buckets`,
    ),
  }),
);

export const eventualShapes: ShapesOf<EventualMessage> = {
  replicate: object({ requestId, records }),
  replicated: object({ requestId }),
  compare: object({ requestId, told, digests }),
  compared: object({
    requestId,
    told,
    digests,
    equal: partitionList,
    different: lists,
    bucketed,
    later: partitionList,
  }),
  getVersions: object({ requestId, wanted: byPartition(object({ partition, buckets })) }),
  versions: object({ requestId, lists }),
  records: object({ requestId, records }),
  recordsTaken: object({ requestId }),
  confirmed: object({ partitions: partitionList }),
  forward: object({ requestId, partition, key }),
  forwarded: object({ requestId, outcome: oneOf('found', 'absent', 'notHere'), records }),
  getGroups: object({ requestId, partitions: partitionList }),
  groups: object({
    requestId,
    told,
    closer: byPartition(object({ partition, peer: identifier })),
  }),
};
