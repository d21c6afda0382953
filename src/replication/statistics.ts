/** What a replica shows of itself: counters for administration, a digest for snapshots, all records for checkers. */
import type { NodeStats } from '../admin.js';
import type { ByteString } from '../bytes.js';
import type { StoredRecord } from '../store.js';
import { hexWord } from '../words.js';
import type { CopySnapshot } from './engine.js';
import { unacknowledged } from './outbox.js';
import type { Replica } from './replica.js';
import { countShelves, findRecord } from './shelf-counts.js';

/** Costs a look at every partition and every unacknowledged change. */
export function replicaStats(replica: Replica): NodeStats {
  const { counters, hybridClock, environment, known } = replica;
  return {
    ...counters,
    ...countShelves(known, environment.clock.nowMs()),
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
  return hexWord(high) + hexWord(low);
}

/** Every record held, tombstones included. */
export function* copiesOf(replica: Replica): Generator<CopySnapshot> {
  for (const { records } of replica.known) for (const record of records.values()) yield snapshotOf(record);
}

export function copyOf(replica: Replica, key: ByteString): CopySnapshot | undefined {
  const record = findRecord(replica.known, key);
  return record === undefined ? undefined : snapshotOf(record);
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
