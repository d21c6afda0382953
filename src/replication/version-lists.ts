/** What two copies of a partition tell each other when their digests differ: versions by key, or digests by bucket of keys. */
import type { ByteString } from '../bytes.js';
import type { Identifier } from '../chord/identifier.js';
import type { StoredRecord } from '../store.js';
import { addToDigest, bucketCount, bucketOf } from './digest.js';
import type { BucketDigests, VersionList } from './messages.js';
import type { PartitionState } from './replica.js';
import { isNewer, noWriter } from './version.js';

/** The versions of all records, tombstones included, in the given buckets; in all when none is given. */
export function listVersions(partition: PartitionState, buckets: readonly number[]): VersionList {
  const records = recordsIn(partition, buckets);
  const keyHashes = new Float64Array(records.length);
  const hlcs = new Float64Array(records.length);
  const writerPlaces = new Int32Array(records.length);
  const writers: Identifier[] = [];
  records.forEach((record, index) => {
    keyHashes[index] = record.keyHash;
    hlcs[index] = record.hlc;
    const place = writers.indexOf(record.writer);
    writerPlaces[index] = place === -1 ? writers.push(record.writer) - 1 : place;
  });
  return { partition: partition.partition, buckets, keyHashes, hlcs, writerPlaces, writers };
}

export function digestBuckets(partition: PartitionState): BucketDigests {
  const digests = new Int32Array(2 * bucketCount);
  const one = { low: 0, high: 0 };
  for (const record of partition.records.values()) {
    const place = 2 * bucketOf(record.keyHash);
    one.low = digests[place] ?? 0;
    one.high = digests[place + 1] ?? 0;
    addToDigest(one, 1, record.keyHash, record.hlc, record.writer, record.tombstone);
    digests[place] = one.low;
    digests[place + 1] = one.high;
  }
  return { partition: partition.partition, digests };
}

/** The buckets in which this copy differs from another's digests. */
export function differingBuckets(partition: PartitionState, others: BucketDigests): number[] {
  const own = digestBuckets(partition).digests;
  const differing: number[] = [];
  for (let bucket = 0; bucket < bucketCount; bucket++) {
    const place = 2 * bucket;
    if (own[place] !== others.digests[place] || own[place + 1] !== others.digests[place + 1])
      differing.push(bucket);
  }
  return differing;
}

/** What each copy has that the other lacks or has only older. */
export interface Difference {
  /** Keys of this copy's records that the other lacks, least recently written first. */
  readonly theyLack: readonly ByteString[];
  /** How many records of the other this copy lacks. */
  readonly weLack: number;
}

export function compareVersions(partition: PartitionState, list: VersionList): Difference {
  const places = new Map<number, number>();
  list.keyHashes.forEach((keyHash, index) => places.set(keyHash, index));
  const lacked: StoredRecord[] = [];
  let known = 0;
  let older = 0;
  for (const record of recordsIn(partition, list.buckets)) {
    const place = places.get(record.keyHash);
    if (place === undefined) {
      lacked.push(record);
      continue;
    }
    known++;
    const hlc = list.hlcs[place] ?? 0;
    const writer = list.writers[list.writerPlaces[place] ?? 0] ?? noWriter;
    if (isNewer(record.hlc, record.writer, hlc, writer)) lacked.push(record);
    else if (isNewer(hlc, writer, record.hlc, record.writer)) older++;
  }
  lacked.sort((a, b) => a.hlc - b.hlc);
  return { theyLack: lacked.map((record) => record.key), weLack: places.size - known + older };
}

function recordsIn(partition: PartitionState, buckets: readonly number[]): StoredRecord[] {
  const all = [...partition.records.values()];
  if (buckets.length === 0) return all;
  const wanted = new Set(buckets);
  return all.filter((record) => wanted.has(bucketOf(record.keyHash)));
}
