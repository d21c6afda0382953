/**
 * The replication engine of one node, as its charts and runtime see it: the doors into either mode. Every door is a plain
 * function call that never waits; what an engine says leaves through its environment.
 */
import type { NodeStats } from '../admin.js';
import type { ByteString } from '../bytes.js';
import type { Identifier } from '../chord/identifier.js';
import type { Overlay } from '../overlay.js';
import type { Peer } from '../peer.js';
import type { RequestBatch } from '../wire/requests.js';
import type { ReplicaEnvironment } from './environment.js';
import type { ReplicationMessage } from './messages.js';
import type { SettleRecovery } from './linearizable/recovering.js';
import type { Site } from './linearizable/site.js';
import type { Replica } from './replica.js';
import type { ViewPhase } from './view-phase.js';

export type { ViewPhase } from './view-phase.js';

/** What an engine is about at present; the chart's replication region shows it. */
export type Activity =
  /** Partitions came to this node and are being filled. */
  | 'filling'
  /** Others are not known to hold all that is held here. */
  | 'comparing'
  /** Something awaits an answer or a time-out. */
  | 'awaiting'
  | 'steady';

/** A record that a node holds, for checkers; `value` is undefined for a tombstone. */
export interface CopySnapshot {
  readonly partition: number;
  readonly key: ByteString;
  readonly value: ByteString | undefined;
  /** Eventual: hybrid clock and writer. Linearizable: the accepted ballot and ''. */
  readonly version: { readonly clock: number; readonly node: string };
}

export interface EngineDoors {
  readonly environment: ReplicaEnvironment;
  /** Predecessor, successors or somebody's life changed. */
  overlayChanged(overlay: Overlay): void;
  /** Better routes alone. */
  routesChanged(overlay: Overlay): void;
  /** The failure detector's opinion of a peer, revocable. */
  peerUnreachable(id: Identifier, unreachable: boolean): void;
  handleRequests(client: number, batch: RequestBatch): void;
  handleMessages(messages: readonly ReplicationMessage[]): void;
  clientClosed(client: number): void;
  /** To be called when `tickInMs` says so; early calls do no harm. */
  tick(): void;
  /** Milliseconds until the next tick is due, at least 1. */
  tickInMs(): number;
  activity(): Activity;
  /** Where a partition stands between two views; `steady` in eventual mode, always. */
  viewPhase(partition: number): ViewPhase;
  /** Milliseconds after which `viewDue` is to be called unless the phase changes before; jittered. */
  viewDelayMs(partition: number): number;
  /** The phase has lasted long: asks again, or drives the change itself. */
  viewDue(partition: number): void;
  startHandingOver(): void;
  isHandedOver(): boolean;
  /** What holds the departure up, for people. */
  departureReport(): Readonly<Record<string, unknown>>;
  stopServing(): void;
  /** Nodes that hold copies of what is held here. */
  peers(): Iterable<Peer>;
  /** A request number that this node has never used. */
  nextRequestId(): number;
  stats(): NodeStats;
  /** Partitions led, and the live records in them. */
  led(): { readonly partitions: number; readonly records: number };
  /** Partitions of which the copy here is not whole yet. */
  filling(): readonly number[];
  /** Equal for equal contents. */
  digest(): string;
  copies(): Iterable<CopySnapshot>;
  copyOf(key: ByteString): CopySnapshot | undefined;
}

/** Replicas that converge (docs/design/replication.md, 2); its views never change. */
export interface EventualEngine extends EngineDoors {
  readonly consistency: 'eventual';
  readonly replica: Replica;
}

/** A register per key inside views that change (docs/design/replication.md, 1). */
export interface LinearizableEngine extends EngineDoors {
  readonly consistency: 'linearizable';
  readonly site: Site;
  /**
   * Begins a new lineage of a partition that has lost its quorum; `living` = all nodes that are not certainly dead. Settles when it
   * serves, or with why not.
   */
  recover(partition: number, living: readonly Peer[], settle: SettleRecovery): void;
}

export type Engine = EventualEngine | LinearizableEngine;
