/**
 * Every message between nodes, question beside answer. A received message is the event that the node's chart hears.
 * They travel in packets, one packet per destination per turn; each carries the ring's clusterId.
 */
import type { Identifier } from '../chord/identifier.js';
import type { DirectoryEntry } from '../chord/directory.js';
import type { Peer } from '../peer.js';
import type { ReplicationMessage } from '../replication/messages.js';

export interface Packet {
  readonly clusterId: string;
  readonly from: Identifier;
  readonly messages: readonly PeerMessage[];
}

/** `requestId` is the asker's, never reused; the answer repeats it. `from` is the sender. */
interface Sent {
  readonly from: Identifier;
}
interface Question extends Sent {
  readonly requestId: number;
}

/** Asks for the state that stabilize, join and rectify adopt from. Answered `busy` while the asked has a question pending. */
export interface GetNeighbours extends Question {
  readonly type: 'getNeighbours';
  /** The position in the asked node's directory log that the asker has seen; entries after it come with the answer. */
  readonly directoryAfter: number;
  /** The asker's own news for the asked node's directory. */
  readonly directory: readonly DirectoryEntry[];
}
export interface Neighbours extends Question {
  readonly type: 'neighbours';
  readonly self: Peer;
  readonly predecessor: Peer | null;
  readonly successors: readonly Peer[];
  readonly directory: readonly DirectoryEntry[];
  readonly directoryThrough: number;
}
export interface Busy extends Question {
  readonly type: 'busy';
}

/** Life only: answered at once in any state but `left`. */
export interface Ping extends Question {
  readonly type: 'ping';
}
export interface Pong extends Question {
  readonly type: 'pong';
}

/** The sender believes that it is the receiver's predecessor (rectify, step 4). */
export interface Notify extends Sent {
  readonly type: 'notify';
  readonly peer: Peer;
}

/**
 * Told by a node to its former predecessor when a notify gave it a nearer one: a hint whom to ask, so that a node that joined
 * is found before the next round. Never adopted unasked, and nothing depends on it: it may be lost.
 */
export interface NewPredecessor extends Sent {
  readonly type: 'newPredecessor';
  readonly peer: Peer;
}

/** One step of an iterative lookup. */
export interface GetNextHop extends Question {
  readonly type: 'getNextHop';
  readonly target: Identifier;
  /** Nodes that did not answer this lookup; not to be offered again. */
  readonly avoid: readonly Identifier[];
}
export interface NextHop extends Question {
  readonly type: 'nextHop';
  /** `home`: peers = the target's home and its successors, in ring order. `hop`: peers = closest preceding, best first, at most 3. */
  readonly kind: 'home' | 'hop';
  /** The table row used: `finger 12`, `successor 1`, `self`. */
  readonly via: string;
  readonly peers: readonly Peer[];
}

/** A graceful departure: the sender has handed over and stops once its neighbours have replaced it. */
export interface Leaving extends Sent {
  readonly type: 'leaving';
  readonly peer: Peer;
}

export type ChordMessage =
  GetNeighbours | Neighbours | Busy | Ping | Pong | Notify | NewPredecessor | GetNextHop | NextHop | Leaving;

/** Every type of ChordMessage: these are events of the node's chart; all other messages go to its data plane. */
export const chordMessageTypes = [
  'getNeighbours',
  'neighbours',
  'busy',
  'ping',
  'pong',
  'notify',
  'newPredecessor',
  'getNextHop',
  'nextHop',
  'leaving',
] as const satisfies readonly ChordMessage['type'][];

const chordTypes: ReadonlySet<string> = new Set(chordMessageTypes);

export function isChordMessage(message: PeerMessage): message is ChordMessage {
  return chordTypes.has(message.type);
}

export type PeerMessage = ChordMessage | ReplicationMessage;
