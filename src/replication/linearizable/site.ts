/** A site: all that one node holds and knows of the partitions in linearizable mode, as one owned mutable record. */
import type { ByteString } from '../../bytes.js';
import type { Identifier } from '../../chord/identifier.js';
import type { Overlay } from '../../overlay.js';
import type { Peer } from '../../peer.js';
import { createStore, noRecords, type Shelf, type Store } from '../../store.js';
import type { ViewPhase } from '../engine.js';
import type { ReplicaEnvironment } from '../environment.js';
import { naturalGroup, partitionIdentifier } from '../partition.js';
import type { Counters, Reservation } from '../replica.js';
import type { Asking } from './asking.js';
import { firstEpoch, noBallot, startOf, type Ballot, type Epoch } from './ballot.js';
import type { KeyChange } from './changing.js';
import type { Collection } from './collecting.js';
import type { Driving } from './deciding.js';
import type { Incoming } from './fetching.js';
import type { PendingRead } from './reading.js';
import type { Loss } from './quorum-watch.js';
import type { Recovering } from './recovering.js';
import type { Register } from './register.js';
import { placeIn, quorumOf, type View } from './view.js';
import type { PendingPage } from './whole-partitions.js';

/** The replica of one partition at this node: view and registers of one epoch, and what is under way to the next. */
export interface Slot extends Shelf {
  readonly identifier: Identifier;
  records: Map<string, Register>;
  /** The newest view that is known to be decided. */
  view: View | undefined;

  /** `none`: nothing is held. `warm`: copied in advance, vouched for by nobody. Active and sealed: of `epoch`. */
  status: 'none' | 'warm' | 'active' | 'sealed';
  /** Whose registers are held, and its members; 0 and empty while none. */
  epoch: Epoch;
  /** All ballots of the epoch exceed it. */
  epochStart: Ballot;
  members: readonly Peer[];
  place: number;
  quorum: number;
  /** Members, by place, that seem alive (leading.ts). */
  alive: number;
  /**
   * All members are known to have started this epoch with the same registers. Until then a state of an older ballot may be held by a quorum and
   * yet give way to another that one member brought along: it was not chosen (R6; ARCHITECTURE.md, "Decisions").
   */
  uniform: boolean;
  /** Of keys without a register. */
  readonly promises: Map<string, Ballot>;
  promisedAll: Ballot;
  floor: Ballot;
  versionFloor: number;
  /** No ballot promised, accepted or seen here exceeds it. */
  highest: Ballot;

  /** As a coordinator (leading.ts): `clean` = keys untouched in this epoch may be proposed at `leadBallot` (O1 b). */
  lead: 'none' | 'asking' | 'clean' | 'unclean';
  leadBallot: Ballot;
  /** Members, by place, that hold the same as this node did when it claimed. */
  leadAnswers: number;
  leadUnequal: number;
  leadSentAtMs: number;
  leadTries: number;
  readonly changes: Map<string, KeyChange>;

  /** As an acceptor of the view after `epoch` (V2). */
  nextPromised: number;
  nextAccepted: number;
  nextView: View | undefined;

  phase: ViewPhase;
  /** Time-outs since the view was known. */
  tries: number;
  /** As the driver of a change. */
  driving: Driving | undefined;
  /** As a member that collects what its view starts from. */
  incoming: Incoming | undefined;
  /** Copying in advance for a view that another node drives. */
  warming: Incoming | undefined;
  /** Getting from the leader what this member missed. */
  repairing: Incoming | undefined;
  /** As a leader: `highest` at the last look, and the members that were found equal since it changed. */
  settledAt: Ballot;
  readonly equalMembers: Set<Identifier>;
  /** Newcomers that have copied `epoch` in advance, and when they said so last. */
  readonly warm: Map<Identifier, number>;
  /** Members of `view` that said they are active. */
  readonly activated: Set<Identifier>;
  /** Who should be members as the home said last, and since when it says so. */
  suggested: { readonly group: readonly Peer[]; readonly sinceMs: number; heardAtMs: number } | undefined;
  /** When the copy made in advance was asked for last. */
  warmedAtMs: number;
  /** Clients that wait until the partition is emptied. */
  flushes: { readonly client: number; readonly id: number; readonly untilMs: number; epoch: Epoch }[];
  collectedAtMs: number;
  readonly collections: Map<string, Collection>;
}

/** A change of view that this node thinks is due, and when its turn to drive it comes. */
export interface Concern {
  readonly names: string;
  readonly sinceMs: number;
  dueAtMs: number;
}

export interface Site {
  readonly environment: ReplicaEnvironment;
  readonly self: Identifier;
  overlay: Overlay | undefined;
  readonly store: Store;
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
  readonly counters: Counters;
  readonly asking: Asking;
  /** Under way; finished ones are swept out by ticks. */
  reads: PendingRead[];
  changes: KeyChange[];
  /** Pages of scans, by the request id of their question. */
  readonly pages: Map<number, PendingPage>;
  requests: number;
  /** Evictions under way. */
  evicting: number;
  readonly reservations: Map<ByteString, Reservation>;
  tombstoneBytes: number;
  nextRequestId: number;
  pendingRaised: boolean;
  hintsDueAtMs: number;
  tickedAtMs: number;
  /** Slots that the sweep for expired registers has passed in this round. */
  readonly swept: Set<Slot>;
  departure: 'none' | 'handingOver' | 'announced';
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

/** The slot of a partition; undefined when there is no such partition. */
export function slotOf(site: Site, partition: number): Slot | undefined {
  const { config } = site.environment;
  if (!Number.isInteger(partition) || partition < 0 || partition >= config.partitions) return undefined;
  let slot = site.slots[partition];
  if (slot === undefined) {
    slot = createSlot(partition, config.partitions);
    site.slots[partition] = slot;
  }
  return slot;
}

/** Makes the slot's registers those of the view, of which this node is a member. */
export function activate(site: Site, slot: Slot, view: View): void {
  slot.status = 'active';
  slot.epoch = view.epoch;
  slot.epochStart = startOf(view.epoch);
  slot.members = view.members;
  slot.place = placeIn(view, site.self);
  slot.quorum = quorumOf(view.members);
  slot.uniform = view.members.length === 1 || view.previousEpoch === 0 || view.wipes;
  slot.promises.clear();
  slot.promisedAll = noBallot;
  slot.floor = noBallot;
  slot.highest = noBallot;
  // A copy of a replica that is at work brings ballots of this very epoch.
  for (const { promised } of slot.records.values()) slot.highest = Math.max(slot.highest, promised);
  slot.lead = 'none';
  slot.leadBallot = noBallot;
  slot.nextPromised = 0;
  slot.nextAccepted = 0;
  slot.nextView = undefined;
  slot.warm.clear();
  slot.tries = 0;
  slot.repairing = undefined;
  slot.settledAt = noBallot;
  slot.equalMembers.clear();
  site.known.add(slot);
}

/** Has the chart tick soon, because something now awaits an answer. */
export function raisePending(site: Site): void {
  if (site.pendingRaised) return;
  site.pendingRaised = true;
  site.environment.raise({ type: 'replicaPending' });
}

/** Certainly dead, as far as this node knows. */
export function isDead(site: Site, id: Identifier): boolean {
  return site.overlay?.isDead(id) === true;
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

function createSlot(partition: number, partitions: number): Slot {
  return {
    partition,
    records: noRecords as Map<string, Register>,
    led: false,
    live: 0,
    bytes: 0,
    tombstones: 0,
    earliestExpiry: Infinity,
    identifier: partitionIdentifier(partition, partitions),
    view: undefined,
    status: 'none',
    epoch: 0,
    epochStart: noBallot,
    members: [],
    place: -1,
    quorum: 0,
    alive: -1,
    uniform: false,
    promises: new Map(),
    promisedAll: noBallot,
    floor: noBallot,
    versionFloor: 0,
    highest: noBallot,
    lead: 'none',
    leadBallot: noBallot,
    leadAnswers: 0,
    leadUnequal: 0,
    leadSentAtMs: 0,
    leadTries: 0,
    changes: new Map(),
    nextPromised: 0,
    nextAccepted: 0,
    nextView: undefined,
    phase: 'steady',
    tries: 0,
    driving: undefined,
    incoming: undefined,
    warming: undefined,
    repairing: undefined,
    settledAt: noBallot,
    equalMembers: new Set(),
    warm: new Map(),
    activated: new Set(),
    suggested: undefined,
    warmedAtMs: -Infinity,
    flushes: [],
    collectedAtMs: -Infinity,
    collections: new Map(),
  };
}

function noCounts(): Counters {
  return {
    reads: 0,
    writes: 0,
    hits: 0,
    misses: 0,
    evictions: 0,
    expirations: 0,
    hintsDropped: 0,
    forwarded: 0,
    moved: 0,
    batches: 0,
  };
}
