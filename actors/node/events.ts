/** What a node's charts say and hear: messages on their way out, events from the root, events between regions. */
import type { Identifier } from '../../src/chord/identifier.js';
import type { Lookup } from '../../src/chord/lookup.js';
import type { Peer } from '../../src/peer.js';
import type { Activity } from '../../src/replication/engine.js';
import type { ReplicaEvent } from '../../src/replication/environment.js';
import type { ChordMessage, PeerMessage } from '../../src/wire/messages.js';

/** A message on its way out. */
export interface Outgoing {
  readonly to: Identifier;
  readonly message: PeerMessage;
}

export type NodeEntry =
  /** All founders get the same list, themselves included: they are members at once. */
  | { readonly type: 'founder'; readonly founders: readonly Peer[] }
  /** Known nodes to join through; never empty. A node never creates a ring because no contact answered. */
  | { readonly type: 'joiner'; readonly contacts: readonly Peer[] };

/** What the root tells the node. */
export type OutsideEvent =
  | { readonly type: 'peerDead'; readonly id: Identifier }
  | { readonly type: 'peerUnreachable'; readonly id: Identifier; readonly unreachable: boolean }
  | { readonly type: 'depart' };

/** What one region of the chart tells the others. */
export type InsideEvent =
  /** The time for a stabilization round has come. */
  | { readonly type: 'stabilizeDue' }
  /** A once-known peer answered that lies between the node and its successor. */
  | { readonly type: 'candidateFound'; readonly peer: Peer }
  /** Predecessor, successors or somebody's life changed; `context.overlay` is the new view, which the engine is told. */
  | { readonly type: 'overlayChanged' }
  /** Asks for a lookup; answered by `lookedUp` with the same target. */
  | { readonly type: 'lookUp'; readonly target: Identifier }
  /** `home` = the target's home and the nodes after it; empty when the lookup failed. */
  | { readonly type: 'lookedUp'; readonly target: Identifier; readonly home: readonly Peer[] }
  /** A lookup's own chart is over. */
  | { readonly type: 'lookupEnded'; readonly number: number; readonly lookup: Lookup }
  /** The engine has come to be about something else. */
  | { readonly type: 'activityChanged'; readonly activity: Activity }
  /** The departure is complete: raised by the departing states. */
  | { readonly type: 'departed' };

export type NodeEvent = ChordMessage | OutsideEvent | InsideEvent | ReplicaEvent;
