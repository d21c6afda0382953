/** What a replica shows of itself: counters for administration, a digest for snapshots, all records for checkers. */
import type { NodeStats } from '../admin.js';
import type { ByteString } from '../bytes.js';
import type { StoredRecord } from '../store.js';
import type { CopySnapshot } from './engine.js';
import { unacknowledged } from './outbox.js';
import { countLed } from './partition-requests.js';
import type { Replica } from './replica.js';

/** Costs a look at every partition and every unacknowledged change. */
export function replicaStats(replica: Replica): NodeStats {
  const { counters, hybridClock, environment } = replica;
  let held = 0;
  let bytes = 0;
  let tombstones = 0;
  let led = 0;
  for (const partition of replica.known) {
    held += partition.live;
    bytes += partition.bytes;
    tombstones += partition.tombstones;
    if (partition.led) led += partition.live;
  }
  return {
    ...counters,
    records: countLed(replica, environment.clock.nowMs()),
    copies: held - led,
    bytes,
    tombstones,
    recordsBelowReplicas: countBelowReplicas(replica),
    clockSkewed: hybridClock.skewed,
    partitionsWithoutQuorum: [],
  };
}

/** Partitions of which this node's copy is not complete yet. */
export function fillingPartitions(replica: Replica): number[] {
  return replica.known.filter(({ copy }) => copy === 'filling').map(({ partition }) => partition);
}

/** Equal for equal contents: 16 hexadecimal characters over all partitions held. */
export function replicaDigest(replica: Replica): string {
  let low = 0;
  let high = 0;
  for (const partition of replica.known) {
    low = (Math.imul(low, 31) + partition.low) | 0;
    high = (Math.imul(high, 31) + partition.high) | 0;
  }
  return hex(high) + hex(low);
}

/** Every record held, tombstones included. */
export function* copiesOf(replica: Replica): Generator<CopySnapshot> {
  for (const { records } of replica.known) for (const record of records.values()) yield snapshotOf(record);
}

export function copyOf(replica: Replica, key: ByteString): CopySnapshot | undefined {
  for (const { records } of replica.known) {
    const record = records.get(key);
    if (record !== undefined) return snapshotOf(record);
  }
  return undefined;
}

/** Live records led of which a copy is missing or not confirmed: exact when no change is under way. */
function countBelowReplicas(replica: Replica): number {
  const { replicas } = replica.environment.config;
  const waiting = unacknowledged(replica);
  let below = 0;
  for (const partition of replica.known) {
    if (!partition.led) continue;
    const isShort = partition.others.length + 1 < replicas || partition.unsynced.size > 0;
    below += isShort ? partition.live : Math.min(partition.live, waiting.get(partition.partition) ?? 0);
  }
  return below;
}

function snapshotOf(record: StoredRecord): CopySnapshot {
  return {
    partition: record.shelf.partition,
    key: record.key,
    value: record.tombstone ? undefined : record.value,
    version: { clock: record.hlc, node: record.writer },
  };
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
