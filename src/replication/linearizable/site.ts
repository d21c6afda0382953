/** A site: all that one node holds and knows of the partitions in linearizable mode, as one owned mutable record. */
import type { ByteString } from '../../bytes.js';
import type { Identifier } from '../../chord/identifier.js';
import type { Peer } from '../../peer.js';
import { createStore } from '../../store.js';
import { isDead, noCounts, type EngineState } from '../engine-state.js';
import type { ReplicaEnvironment } from '../environment.js';
import { naturalGroup, partitionIdentifier } from '../partition.js';
import type { Asking } from './asking.js';
import { firstEpoch } from './ballot.js';
import type { KeyChange } from './key-change.js';
import type { PendingRead } from './reading.js';
import type { Loss } from './quorum-watch.js';
import type { Recovering } from './recovering.js';
import { activate, slotOf, type Slot } from './slot.js';
import type { PendingPage } from './whole-partitions.js';

export interface Site extends EngineState {
  /** By partition; made when first needed. */
  readonly slots: (Slot | undefined)[];
  /** Slots with registers, a view under way, or a home here: what rounds look at. */
  readonly known: Set<Slot>;
  /** Slots whose view is to be changed, and since when this node thinks so. */
  readonly concerned: Map<Slot, Concern>;
  /** When the next change may begin. */
  driveAtMs: number;
  /** Slots whose phase is not steady. */
  readonly betweenViews: Set<Slot>;
  readonly unreachable: Set<Identifier>;
  /** Nodes that want to leave. */
  readonly leaving: Set<Identifier>;
  readonly deadSinceMs: Map<Identifier, number>;
  /** Slots whose view has no quorum (quorum-watch.ts). */
  readonly losses: Map<Slot, Loss>;
  /** Recoveries with loss that this node drives, by partition. */
  readonly recoveries: Map<number, Recovering>;
  readonly asking: Asking;
  /** Under way; finished ones are swept out by ticks. */
  reads: PendingRead[];
  changes: KeyChange[];
  /** Pages of scans, by the request id of their question. */
  readonly pages: Map<number, PendingPage>;
  requests: number;
  /** Evictions under way. */
  evicting: number;
  tombstoneBytes: number;
  hintsDueAtMs: number;
  tickedAtMs: number;
  /** Slots that the sweep for expired registers has passed in this round. */
  readonly swept: Set<Slot>;
}

/** A change of view that this node thinks is due, and when its turn to drive it comes. */
export interface Concern {
  readonly names: string;
  readonly sinceMs: number;
  dueAtMs: number;
}

export function createSite(environment: ReplicaEnvironment): Site {
  const { config, founders, self } = environment;
  const site: Site = {
    environment,
    self: self.id,
    overlay: undefined,
    store: createStore(config),
    slots: Array.from<Slot | undefined>({ length: config.partitions }).fill(undefined),
    known: new Set(),
    concerned: new Map(),
    driveAtMs: 0,
    betweenViews: new Set(),
    unreachable: new Set(),
    leaving: new Set(),
    deadSinceMs: new Map(),
    losses: new Map(),
    recoveries: new Map(),
    counters: noCounts(),
    asking: { writers: new Map(), batches: new Map(), claims: new Map(), uniform: new Map() },
    reads: [],
    changes: [],
    pages: new Map(),
    requests: 0,
    evicting: 0,
    reservations: new Map(),
    tombstoneBytes: 0,
    nextRequestId: 1,
    pendingRaised: false,
    hintsDueAtMs: 0,
    tickedAtMs: 0,
    swept: new Set(),
    departure: 'none',
  };
  if (founders.length > 0) found(site, founders);
  return site;
}

/** Neither dead nor, in the failure detector's opinion, out of reach. */
export function seemsAlive(site: Site, id: Identifier): boolean {
  return id === site.self || (!site.unreachable.has(id) && !isDead(site, id));
}

/** A copy of a text that outlives the batch it came with. */
export function detach(site: Site, text: ByteString): ByteString {
  return site.environment.detach(text);
}

/** Epoch 1 of each partition is its natural group on the founders' list: no message, no view change. */
function found(site: Site, founders: readonly Peer[]): void {
  const { config } = site.environment;
  const ring = [...founders].sort((a, b) => (a.id < b.id ? -1 : 1));
  const isOneHost = ring.every(({ host }) => host === ring[0]?.host);
  // Of nodes of one host, the k after a point are its group.
  const reach = isOneHost ? Math.min(config.replicas, ring.length) : ring.length;
  let home = 0;
  for (let partition = 0; partition < config.partitions; partition++) {
    const identifier = partitionIdentifier(partition, config.partitions);
    // Partitions and nodes are both in ring order, so the home only moves on; after the last node it is the first.
    while (home < ring.length && (ring[home]?.id ?? '') < identifier) home++;
    const clockwise: Peer[] = [];
    for (let step = 0; step < reach; step++) {
      const peer = ring[(home + step) % ring.length];
      if (peer !== undefined) clockwise.push(peer);
    }
    const members = naturalGroup(clockwise, config.replicas);
    if (!members.some((peer) => peer.id === site.self)) continue;
    const slot = slotOf(site, partition);
    if (slot === undefined) continue;
    slot.view = { partition, epoch: firstEpoch, members, previousEpoch: 0, previous: [], wipes: false };
    activate(site, slot, slot.view);
    for (const { id } of members) slot.activated.add(id);
  }
}
