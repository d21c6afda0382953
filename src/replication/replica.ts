/** A replica: all that one node holds and knows of the partitions, as one owned mutable record. */
import type { ByteString } from '../bytes.js';
import type { Identifier } from '../chord/identifier.js';
import type { RingConfig } from '../config.js';
import type { Peer } from '../peer.js';
import { SmallMap, SmallSet } from '../small-collections.js';
import { createStore, noRecords, type Shelf } from '../store.js';
import { noCounts, type ClientRequest, type EngineState } from './engine-state.js';
import type { ReplicaEnvironment } from './environment.js';
import { createHybridClock, type HybridClock } from './hybrid-clock.js';
import type { Copy, EventualMessage } from './messages.js';
import type { PackedRecords, RecordWriter } from './packed-records.js';
import { partitionIdentifier } from './partition.js';
import { noVersion, type Version } from './version.js';

export interface PartitionState extends Shelf {
  /** Whether it stands in the replica's `known`: its group was told or computed, or a record came. Stays so. */
  known: boolean;
  readonly identifier: Identifier;
  /** The natural group as last computed or told, dead members included; empty = unknown. */
  group: readonly Peer[];
  /** Who said so: this node itself where it is the home. */
  home: Identifier | undefined;
  groupAsOf: number;
  toldAtMs: number;
  /** In the group. */
  member: boolean;
  /** First live member of the group: takes the changes. `led` of the shelf is the same. */
  copy: Copy;
  fillingSinceMs: number;
  /** Whether gets are answered from here without a further look: a member whose copy is complete. */
  readable: boolean;
  /** Live members without this node. Equal lists are one array, so that changes are packed once for all partitions. */
  others: readonly Identifier[];
  /** Those of `others` that are not known to hold, and to keep (keeping.ts), all that is held here. */
  readonly unsynced: SmallSet<Identifier>;
  /** Counts changes of the contents. */
  changes: number;
  /** Value of `changes` when a peer's digest was equal. */
  readonly equalAt: SmallMap<Identifier, number>;
  /** What others said of their copies since the group changed. */
  readonly peerCopies: SmallMap<Identifier, Copy>;
  low: number;
  high: number;
  flushedBefore: Version;
  /** Who is filling this copy at present, and until when others are told to wait. */
  receivingFrom: Identifier | undefined;
  receivingUntilMs: number;
}

/** Changes that one peer has not acknowledged, oldest first, by request id. */
export interface Hints {
  readonly waiting: Map<number, Hint>;
  bytes: number;
}
export interface Hint {
  readonly records: PackedRecords;
  readonly bytes: number;
  readonly madeAtMs: number;
  sentAtMs: number;
  tries: number;
}

/** Anti-entropy with one peer, as the one who asks: at most one question is outstanding. */
export interface Session {
  readonly peer: Identifier;
  /** The outstanding question; sent again until it is answered or abandoned. */
  question: (EventualMessage & { readonly requestId: number }) | undefined;
  sentAtMs: number;
  tries: number;
  /** Nothing is asked before. */
  notBeforeMs: number;
  /** Value of `changes` of each partition in comparison, when its digest was sent; without those whose answer would not count. */
  readonly comparing: Map<number, number>;
  /** What the peer lacks, as [partition, key], sent in chunks from `lacksAt` on. */
  lacks: (readonly [partition: number, key: ByteString])[];
  lacksAt: number;
  /** Comparisons in a row that led to sending. */
  repairs: number;
}

/** Requests of clients that wait for a record which a previous member was asked for. */
export interface Forward {
  readonly partition: number;
  readonly key: ByteString;
  /** Peers still to be asked, best first. */
  readonly candidates: Identifier[];
  readonly untilMs: number;
  askedAtMs: number;
  readonly waiting: ClientRequest[];
}

export interface Replica extends EngineState {
  readonly partitions: readonly PartitionState[];
  /** Those that this node has to do with, in the order of their numbers: of a large ring's a few. Changed by `know` only. */
  readonly known: PartitionState[];
  readonly hybridClock: HybridClock;
  /** Changes of the present turn that still have to go to the members listed in the key. */
  readonly outboxes: Map<readonly Identifier[], RecordWriter>;
  readonly hints: Map<Identifier, Hints>;
  readonly sessions: Map<Identifier, Session>;
  /** By request id of the question. */
  readonly forwards: Map<number, Forward>;
  /** The question that fetches a key at present, by partition and key. */
  readonly forwarding: Map<string, number>;
  /** Versions up to which keys (by hash) were evicted, oldest first; bounded. Anti-entropy does not bring them back. */
  readonly evicted: Map<number, Version>;
  /** Equal lists of members as one array each, by their identifiers joined. */
  readonly memberLists: Map<string, readonly Identifier[]>;
  /** Lookups under way for groups that nobody told: whom to ask next, by partition. */
  readonly groupAsks: Map<number, { peer: Identifier; readonly sinceMs: number; sentAtMs: number }>;
  /** Peers whose told groups changed since the last message to them. */
  readonly toTell: Set<Identifier>;
  nextRoundAtMs: number;
  /** Where the sweep for expired records goes on. */
  sweepAt: number;
}

export function createReplica(environment: ReplicaEnvironment): Replica {
  const { config, clock } = environment;
  const nowMs = clock.nowMs();
  return {
    environment,
    self: environment.self.id,
    overlay: undefined,
    store: createStore(config),
    partitions: Array.from({ length: config.partitions }, (_, index) =>
      createPartition(index, config.partitions),
    ),
    known: [],
    hybridClock: createHybridClock(),
    counters: noCounts(),
    outboxes: new Map(),
    hints: new Map(),
    sessions: new Map(),
    forwards: new Map(),
    forwarding: new Map(),
    reservations: new Map(),
    evicted: new Map(),
    memberLists: new Map(),
    groupAsks: new Map(),
    toTell: new Set(),
    nextRequestId: 1,
    nextRoundAtMs: nowMs + config.antiEntropyIntervalMs * environment.random(),
    sweepAt: 0,
    pendingRaised: false,
    departure: 'none',
  };
}

/** Puts the partition among those that rounds look at. */
export function know(replica: Replica, partition: PartitionState): void {
  if (partition.known) return;
  partition.known = true;
  let place = replica.known.length;
  while (place > 0 && (replica.known[place - 1]?.partition ?? -1) > partition.partition) place--;
  replica.known.splice(place, 0, partition);
}

/** How soon after `replicaPending` a tick is due. */
export function pendingTickMs(config: RingConfig): number {
  return config.questionTimeoutMs / 2;
}

/** One literal, not a spread of a shelf: a thread makes up to 4,096 of them while it starts, before anything is compiled. */
function createPartition(partition: number, partitions: number): PartitionState {
  return {
    partition,
    records: noRecords,
    led: false,
    live: 0,
    bytes: 0,
    tombstones: 0,
    earliestExpiry: Infinity,
    known: false,
    identifier: partitionIdentifier(partition, partitions),
    group: [],
    home: undefined,
    groupAsOf: 0,
    toldAtMs: -Infinity,
    member: false,
    copy: 'none',
    fillingSinceMs: 0,
    readable: false,
    others: [],
    unsynced: new SmallSet(),
    changes: 0,
    equalAt: new SmallMap(),
    peerCopies: new SmallMap(),
    low: 0,
    high: 0,
    flushedBefore: noVersion,
    receivingFrom: undefined,
    receivingUntilMs: 0,
  };
}
