/** Capacity and expiry: what the leader of a record removes, as changes of the mode (replication.md, section 3). */
import { isBeyond, victims, type StoredRecord } from '../store.js';
import { evictRecord } from './changes.js';
import { readingsPerMs } from './hybrid-clock.js';
import type { PartitionState, Replica } from './replica.js';

/** Records evicted in one go at most, so that a leader that inherits many does not stall. */
const evictedAtOnce = 1_024;
/** Records that one tick looks at for expiry, about. */
const sweptAtOnce = 16_384;

/** Evicts the least recently used led records until the store is within its bounds, or enough for one turn. */
export function enforceBounds(replica: Replica): void {
  let left = evictedAtOnce;
  for (const victim of victims(replica.store)) {
    const partition = replica.partitions[victim.shelf.partition];
    if (partition === undefined || left-- === 0) return;
    replica.counters.evictions++;
    evictRecord(replica, partition, victim);
  }
}

/** Whether the store has inherited so much more than it may lead that puts must wait. */
export function isTooFull(replica: Replica, partition: PartitionState): boolean {
  return partition.led && isBeyond(replica.store, replica.environment.config.evictionSlackEntries);
}

/** Whether the record has expired; its leader then removes it everywhere. Others only stop to show it. */
export function expireRecord(
  replica: Replica,
  partition: PartitionState,
  record: StoredRecord,
  nowMs: number,
): boolean {
  if (record.tombstone || record.expiresAt > nowMs) return false;
  if (!partition.led) return true;
  replica.counters.expirations++;
  evictRecord(replica, partition, record);
  return true;
}

/** Removes expired records of led partitions that nobody asks for, some partitions a call. */
export function sweepExpired(replica: Replica, nowMs: number): void {
  let left = sweptAtOnce;
  const { known } = replica;
  for (let step = 0; step < known.length && left > 0; step++) {
    const partition = known[replica.sweepAt % known.length];
    replica.sweepAt = (replica.sweepAt + 1) % known.length;
    if (partition === undefined || !partition.led || partition.earliestExpiry > nowMs) continue;
    left -= partition.records.size;
    partition.earliestExpiry = Infinity;
    for (const record of [...partition.records.values()]) {
      if (expireRecord(replica, partition, record, nowMs) || record.tombstone) continue;
      if (record.expiresAt < partition.earliestExpiry) partition.earliestExpiry = record.expiresAt;
    }
  }
}

/** Drops tombstones past their time, in led partitions of which every live member confirmed the digest. */
export function sweepTombstones(replica: Replica, nowMs: number): void {
  const before = (nowMs - replica.environment.config.tombstoneMs) * readingsPerMs;
  for (const partition of replica.known) {
    if (!partition.led || partition.tombstones === 0 || !isConfirmed(partition)) continue;
    for (const record of [...partition.records.values()]) {
      if (record.tombstone && record.hlc < before) evictRecord(replica, partition, record);
    }
  }
}

function isConfirmed(partition: PartitionState): boolean {
  return (
    partition.unsynced.size === 0 &&
    partition.others.every((peer) => partition.equalAt.get(peer) === partition.changes)
  );
}
