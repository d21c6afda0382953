/** What a node needs of its world, and what it offers to it: the contract between the runtime and the roots. */
import type { NodeStats, NodeStatus, Recovery } from '../../src/admin.js';
import type { ByteString } from '../../src/bytes.js';
import type { ActorRefFrom } from 'xstate';
import type { Identifier } from '../../src/chord/identifier.js';
import type { RingState } from '../../src/chord/ring.js';
import type { RingConfig } from '../../src/config.js';
import type { Overlay } from '../../src/overlay.js';
import type { Peer } from '../../src/peer.js';
import type { Clock, Defer, Random } from '../../src/ports.js';
import type { CopySnapshot, Engine } from '../../src/replication/engine.js';
import type { Packet } from '../../src/wire/messages.js';
import type { ReplyBatch, RequestBatch } from '../../src/wire/requests.js';
import type { NodeEntry } from './events.js';
import type { nodeMachine } from './machine.js';

/** All that a node needs of its world. */
export interface NodePorts {
  readonly clock: Clock;
  readonly random: Random;
  /** Runs the node's flush at the end of the present turn. */
  readonly defer: Defer;
  /** Hands one turn's messages for one node to the transport. May lose them, late, twice, in any order. */
  sendPacket(to: Identifier, packet: Packet): void;
  /** Answers to a client of this node; `client` is the number its requests came with. */
  sendReplies(client: number, replies: ReplyBatch): void;
  /** A copy of the text that does not keep the batch it was cut from in memory. */
  detach(text: ByteString): ByteString;
  log(
    level: 'debug' | 'info' | 'warn' | 'error',
    message: string,
    details?: Readonly<Record<string, unknown>>,
  ): void;
  /** An invariant broke or an action threw: the node must be stopped as if crashed. */
  failed(error: unknown): void;
  /** The departure is complete. */
  left(): void;
}

export interface NodeOptions {
  readonly self: Peer;
  readonly config: RingConfig;
  readonly entry: NodeEntry;
  readonly ports: NodePorts;
  /** Names of planted bugs, for the tests of the simulator; absent in every real node. */
  readonly mutations?: ReadonlySet<string>;
}

/** One copy that a node holds. */
export type RecordSnapshot = CopySnapshot;

/** A version as its mode orders it: the greater clock wins, the greater name breaks ties. */
export type VersionSnapshot = CopySnapshot['version'];

/** The ring's pointers of one node. An immutable object that is replaced only when one of them changes. */
export interface RingSnapshot {
  readonly predecessor: Identifier | undefined;
  /** As Zave's steps keep it, placeholders included (in a small ring: as the directory gives it). */
  readonly successors: readonly Identifier[];
  /** Those entries of `successors` that are placeholders and name no node. */
  readonly placeholders: readonly Identifier[];
  /** Row i = what the table has for self + 2^i, undefined where unknown; 160 rows, or only the distinct ones. */
  readonly fingers: ReadonlyMap<number, Identifier>;
}

/** A node's inside, for the simulator's checkers. Calling it changes nothing. */
export interface NodeInspection {
  /** joining, member, departing or left. */
  readonly state: string;
  readonly ring: RingSnapshot;
  readonly ringState: RingState;
  readonly overlay: Overlay;
  readonly engine: Engine;
  /** Identifiers that the directory believes live, in no order. */
  directoryLive(): readonly Identifier[];
  /** Identifiers that the directory knows to be dead, oldest death first. */
  directoryDead(): readonly Identifier[];
  copies(): Iterable<RecordSnapshot>;
  copyOf(key: ByteString): RecordSnapshot | undefined;
  /** Partitions that are still filling. */
  filling(): readonly number[];
}

export interface NodeRuntime {
  readonly self: Peer;
  receivePacket(packet: Packet): void;
  receiveRequests(client: number, batch: RequestBatch): void;
  /** A client is gone: whatever waits for it is dropped. */
  clientClosed(client: number): void;
  /** Certain: the peer's thread has exited, or its departure is complete. Final. */
  peerDead(id: Identifier): void;
  /** The failure detector's view of a peer that may come back: true = unreachable, false = heard from again. */
  peerUnreachable(id: Identifier, unreachable: boolean): void;
  /** Begins a new lineage of a partition without quorum. Rejects with a RondoError. */
  recover(partition: number, living: readonly Peer[]): Promise<Recovery>;
  /** Starts a graceful departure; `ports.left` tells when it is complete. */
  depart(): void;
  status(): NodeStatus;
  stats(): NodeStats;
  inspect(): NodeInspection;
  /** Resolves when the node has become a member of the ring; at once for a founder. */
  whenMember(): Promise<void>;
  /** The chart's actor, for inspection only. */
  readonly actor: ActorRefFrom<typeof nodeMachine>;
  stop(): void;
}
