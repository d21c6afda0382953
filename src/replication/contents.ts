/** The contents of a partition: every record comes, changes and goes through here, so that digest and counts hold. */
import { addRecord, changeRecord, removeRecord, type StoredRecord } from '../store.js';
import { addToDigest } from './digest.js';
import { kinds, type Change } from './packed-records.js';
import { know, type PartitionState, type Replica } from './replica.js';
import { isNewer, type Version } from './version.js';

/** Evictions remembered per node: about 100 bytes each. */
export const evictionsRemembered = 65_536;

/** The partition must have no record of the key; key and value are kept as they are. */
export function insertRecord(
  replica: Replica,
  partition: PartitionState,
  change: Change,
  keyHash: number,
): StoredRecord {
  const record: StoredRecord = {
    key: change.key,
    keyHash,
    shelf: partition,
    value: change.value,
    hlc: change.hlc,
    writer: change.writer,
    expiresAt: change.expiresAt,
    tombstone: change.kind === kinds.tombstone,
    newer: undefined,
    older: undefined,
  };
  know(replica, partition);
  addRecord(replica.store, record);
  addToDigest(partition, 1, keyHash, record.hlc, record.writer, record.tombstone);
  partition.changes++;
  return record;
}

export function replaceRecord(
  replica: Replica,
  partition: PartitionState,
  record: StoredRecord,
  change: Change,
): void {
  addToDigest(partition, -1, record.keyHash, record.hlc, record.writer, record.tombstone);
  changeRecord(replica.store, record, change.value, change.expiresAt, change.kind === kinds.tombstone);
  record.hlc = change.hlc;
  record.writer = change.writer;
  addToDigest(partition, 1, record.keyHash, record.hlc, record.writer, record.tombstone);
  partition.changes++;
}

/** Removes a record here, and only here. */
export function dropRecord(replica: Replica, partition: PartitionState, record: StoredRecord): void {
  addToDigest(partition, -1, record.keyHash, record.hlc, record.writer, record.tombstone);
  removeRecord(replica.store, record);
  partition.changes++;
}

/** Removes what is not newer than the flush; an older flush than the known one does nothing. */
export function flushPartition(replica: Replica, partition: PartitionState, flush: Version): void {
  const before = partition.flushedBefore;
  if (!isNewer(flush.hlc, flush.writer, before.hlc, before.writer)) return;
  partition.flushedBefore = flush;
  partition.changes++;
  for (const record of [...partition.records.values()]) {
    if (!isNewer(record.hlc, record.writer, flush.hlc, flush.writer)) dropRecord(replica, partition, record);
  }
}

/** Remembers that a key was evicted up to a version; the oldest memory goes when there are too many. */
export function rememberEvicted(replica: Replica, keyHash: number, version: Version): void {
  const known = replica.evicted.get(keyHash);
  if (known !== undefined) {
    if (!isNewer(version.hlc, version.writer, known.hlc, known.writer)) return;
    replica.evicted.delete(keyHash);
  }
  replica.evicted.set(keyHash, version);
  if (replica.evicted.size <= evictionsRemembered) return;
  for (const oldest of replica.evicted.keys()) {
    replica.evicted.delete(oldest);
    return;
  }
}
