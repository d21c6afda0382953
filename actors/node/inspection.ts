/** A node's inside for checkers, status and statistics: reads only. */
import type { NodeStats, NodeStatus } from '../../src/admin.js';
import type { ByteString } from '../../src/bytes.js';
import type { Identifier } from '../../src/chord/identifier.js';
import type { RingState } from '../../src/chord/ring.js';
import type { FingerTable } from '../../src/chord/finger-table.js';
import { identifiersOf } from '../../src/chord/successor-list.js';
import type { Replica } from '../../src/replication/replica.js';
import { replicaStats } from '../../src/replication/statistics.js';
import type { StoredRecord } from '../../src/store.js';
import type { NodeInspection, RecordSnapshot, RingSnapshot } from './contract.js';
import { isSmall } from './tables.js';
import type { NodeContext } from './setup.js';

/** The name of the node's state as administration shows it. */
export type NodeState = 'joining' | 'member' | 'departing' | 'left';

/** Makes inspections of one node; ring snapshots are the same object as long as no pointer changes. */
export function createInspector(): (context: NodeContext, state: NodeState) => NodeInspection {
  let known:
    { readonly ring: RingState; readonly fingers: FingerTable; readonly snapshot: RingSnapshot } | undefined;
  return (context, state) => {
    const { ring, fingers, directory, overlay, replica } = context;
    if (known?.ring !== ring || known.fingers !== fingers) {
      known = { ring, fingers, snapshot: snapshotOf(context) };
    }
    return {
      state,
      ring: known.snapshot,
      ringState: ring,
      overlay,
      replica,
      directoryLive: () => directory.live.map(({ id }) => id),
      directoryDead: () => directory.deadIdentifiers(),
      copies: () => copiesOf(replica),
      copyOf: (key) => copyOf(replica, key),
      filling: () => replica.known.filter(({ copy }) => copy === 'filling').map(({ partition }) => partition),
    };
  };
}

export function statusOf(context: NodeContext, state: NodeState): NodeStatus {
  const { self, overlay, replica } = context;
  const led = replica.known.filter((partition) => partition.led);
  return {
    id: self.id,
    address: self.address,
    state,
    predecessor: overlay.predecessor?.id ?? null,
    successors: overlay.successors.map(({ id }) => id),
    partitionsLed: led.length,
    records: led.reduce((sum, partition) => sum + partition.live, 0),
  };
}

export function statsOf({ replica }: NodeContext): NodeStats {
  return replicaStats(replica);
}

function snapshotOf(context: NodeContext): RingSnapshot {
  const { self, ring, fingers } = context;
  const peers = ring.successors.map(({ id }) => id);
  // A small ring has no placeholders: its list is as long as there are others.
  const successors = isSmall(context) ? peers : identifiersOf(self.id, ring.successors, ring.length);
  return {
    predecessor: ring.predecessor?.id,
    successors,
    placeholders: successors.slice(peers.length),
    fingers: new Map<number, Identifier>(fingers.map((row) => [row.first, row.peer.id])),
  };
}

function* copiesOf(replica: Replica): Generator<RecordSnapshot> {
  for (const { records } of replica.known)
    for (const record of records.values()) yield recordSnapshot(record);
}

function copyOf(replica: Replica, key: ByteString): RecordSnapshot | undefined {
  for (const { records } of replica.known) {
    const record = records.get(key);
    if (record !== undefined) return recordSnapshot(record);
  }
  return undefined;
}

function recordSnapshot(record: StoredRecord): RecordSnapshot {
  return {
    partition: record.shelf.partition,
    key: record.key,
    value: record.tombstone ? undefined : record.value,
    version: { clock: record.hlc, node: record.writer },
  };
}
