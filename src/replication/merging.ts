/** Changes made elsewhere, merged so that the greater version stays, whatever the order in which they come. */
import { emptyBytes } from '../bytes.js';
import type { Identifier } from '../chord/identifier.js';
import { dropRecord, flushPartition, insertRecord, rememberEvicted, replaceRecord } from './contents.js';
import { keyHashOf } from './digest.js';
import { isPlanted } from './environment.js';
import { observeReading, readingsPerMs } from './hybrid-clock.js';
import { forgetConfirmations, keepsCopy } from './keeping.js';
import type { Replicate } from './messages.js';
import { appendChangeFor } from './outbox.js';
import { kinds, visitChanges, type Change, type PackedRecords } from './packed-records.js';
import type { PartitionState, Replica } from './replica.js';
import { isNewer, type Version } from './version.js';

export function handleReplicate(replica: Replica, message: Replicate): void {
  mergeRecords(replica, message.records, message.from);
  const { from, requestId } = message;
  replica.environment.send(from, { type: 'replicated', from: replica.self, requestId });
}

/** Merges records from a peer. Who does not keep its copy and learns something new has to hand it over again. */
export function mergeRecords(replica: Replica, records: PackedRecords, from: Identifier): void {
  const nowMs = replica.environment.clock.nowMs();
  visitChanges(records, (change) => {
    const partition = replica.partitions[change.partition];
    if (partition === undefined) return;
    const before = partition.changes;
    mergeChange(replica, partition, change, from, nowMs);
    if (partition.changes === before || keepsCopy(replica, partition)) return;
    forgetConfirmations(replica, partition);
  });
}

/** Merges one change; its key and value may be parts of a larger text. */
export function mergeChange(
  replica: Replica,
  partition: PartitionState,
  change: Change,
  from: Identifier,
  nowMs: number,
): void {
  const { config, detach } = replica.environment;
  const { hlc, writer } = change;
  observeReading(replica.hybridClock, hlc, nowMs, config.clockSkewMsMax);
  if (change.kind === kinds.flush) return flushPartition(replica, partition, { hlc, writer });
  if (change.kind === kinds.evict) return mergeEviction(replica, partition, change);
  const flushed = partition.flushedBefore;
  if (!isNewer(hlc, writer, flushed.hlc, flushed.writer)) return;
  const record = partition.records.get(change.key);
  if (record !== undefined) {
    if (!isNewer(hlc, writer, record.hlc, record.writer)) return;
    replaceRecord(replica, partition, record, { ...change, value: detach(change.value) });
    return;
  }
  const keyHash = keyHashOf(change.key);
  const evicted = evictedVersion(replica, partition, keyHash, change, nowMs);
  if (evicted === undefined) {
    const kept = { ...change, key: detach(change.key), value: detach(change.value) };
    insertRecord(replica, partition, kept, keyHash);
    return;
  }
  const eviction = { ...change, ...evicted, kind: kinds.evict, value: emptyBytes, expiresAt: Infinity };
  appendChangeFor(replica, from, eviction);
}

/** Copies up to the version go, and the eviction is remembered here as well. */
function mergeEviction(replica: Replica, partition: PartitionState, change: Change): void {
  const { hlc, writer } = change;
  const record = partition.records.get(change.key);
  if (record !== undefined) {
    const stays = isNewer(record.hlc, record.writer, hlc, writer);
    if (!stays || isPlanted(replica.environment, 'evictWithoutVersion'))
      dropRecord(replica, partition, record);
  }
  rememberEvicted(replica, record?.keyHash ?? keyHashOf(change.key), { hlc, writer });
}

/** The version up to which a key was evicted, where that covers the change; at the leader a tombstone past its time counts as evicted. */
function evictedVersion(
  replica: Replica,
  partition: PartitionState,
  keyHash: number,
  change: Change,
  nowMs: number,
): Version | undefined {
  const { hlc, writer } = change;
  const evicted = replica.evicted.get(keyHash);
  if (evicted !== undefined && !isNewer(hlc, writer, evicted.hlc, evicted.writer)) return evicted;
  if (change.kind !== kinds.tombstone || !partition.led) return undefined;
  const ageMs = nowMs - hlc / readingsPerMs;
  return ageMs > replica.environment.config.tombstoneMs ? { hlc, writer } : undefined;
}
