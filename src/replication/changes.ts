/** Changes made here: they get a version above all that they replace, are stored, and are queued for the other members. */
import { emptyBytes, type ByteString } from '../bytes.js';
import type { StoredRecord } from '../store.js';
import { dropRecord, flushPartition, insertRecord, rememberEvicted, replaceRecord } from './contents.js';
import { keyHashOf } from './digest.js';
import { tickClock } from './hybrid-clock.js';
import { forgetConfirmations, keepsCopy } from './keeping.js';
import { appendChange } from './outbox.js';
import { kinds, type Change } from './packed-records.js';
import type { PartitionState, Replica } from './replica.js';

/** Writes a record or, without value, a tombstone. `record` is what the partition holds of the key; `value` must be detached. */
export function writeLocally(
  replica: Replica,
  partition: PartitionState,
  key: ByteString,
  record: StoredRecord | undefined,
  value: ByteString | undefined,
  expiresAt: number,
  nowMs: number,
): void {
  const keyHash = record === undefined ? keyHashOf(key) : record.keyHash;
  const change: Change = {
    partition: partition.partition,
    kind: value === undefined ? kinds.tombstone : kinds.value,
    key: record === undefined ? replica.environment.detach(key) : record.key,
    value: value ?? emptyBytes,
    hlc: nextReading(replica, partition, record, keyHash, nowMs),
    writer: replica.self,
    expiresAt,
  };
  if (record === undefined) insertRecord(replica, partition, change, keyHash);
  else replaceRecord(replica, partition, record, change);
  appendChange(replica, partition, change);
  if (!keepsCopy(replica, partition)) forgetConfirmations(replica, partition);
}

/** Removes a record everywhere, without a tombstone: eviction, expiry, or a tombstone's end. The caller counts. */
export function evictRecord(replica: Replica, partition: PartitionState, record: StoredRecord): void {
  const { key, hlc, writer } = record;
  dropRecord(replica, partition, record);
  rememberEvicted(replica, record.keyHash, { hlc, writer });
  appendChange(replica, partition, {
    partition: partition.partition,
    kind: kinds.evict,
    key,
    value: emptyBytes,
    hlc,
    writer,
    expiresAt: Infinity,
  });
}

/** Empties a partition, here and at the other members, up to a version above all that is here. */
export function flushLocally(replica: Replica, partition: PartitionState, nowMs: number): void {
  let hlc = nextReading(replica, partition, undefined, undefined, nowMs);
  for (const record of partition.records.values()) if (record.hlc >= hlc) hlc = record.hlc + 1;
  flushPartition(replica, partition, { hlc, writer: replica.self });
  appendChange(replica, partition, {
    partition: partition.partition,
    kind: kinds.flush,
    key: emptyBytes,
    value: emptyBytes,
    hlc,
    writer: replica.self,
    expiresAt: Infinity,
  });
}

/** The clock's next reading, or more where a record, an eviction or a flush from ahead of the clock must be exceeded. */
function nextReading(
  replica: Replica,
  partition: PartitionState,
  record: StoredRecord | undefined,
  keyHash: number | undefined,
  nowMs: number,
): number {
  const reading = tickClock(replica.hybridClock, nowMs);
  let above = partition.flushedBefore.hlc;
  if (record !== undefined) above = Math.max(above, record.hlc);
  else if (keyHash !== undefined && replica.evicted.size > 0) {
    above = Math.max(above, replica.evicted.get(keyHash)?.hlc ?? 0);
  }
  return reading > above ? reading : above + 1;
}
