/**
 * The frames that two hosts exchange.
 *
 *   [ length of the rest, u32 | kind, u8 | body ]        numbers are little-endian
 *
 *   greeting, refused, members, ask, answer   JSON
 *   heartbeat      [ sequence, u32 | heard, u32 | heard ms ago, u32 ]
 *   packet         [ from, 40 | to, 40 | packet as codec.ts writes it ]
 *   requests       [ client, u32 | to, 40 | batch ]
 *   replies        [ client, u32 | from, 40 | batch ]
 *   clientClosed   [ client, u32 ]
 */
import type { Identifier } from '../chord/identifier.js';
import type { RingConfig } from '../config.js';
import type { Peer } from '../peer.js';
import type { Packet } from './messages.js';

export const frameKinds = {
  greeting: 1,
  refused: 2,
  heartbeat: 3,
  packet: 4,
  requests: 5,
  replies: 6,
  clientClosed: 7,
  members: 8,
  ask: 9,
  answer: 10,
} as const;
export type FrameType = keyof typeof frameKinds;

export const frameHeaderBytes = 5;

/** The first frame of each side, once. */
export interface Greeting {
  readonly type: 'greeting';
  readonly versionLow: number;
  readonly versionHigh: number;
  readonly clusterName: string;
  /** Null: the sender is not in a ring yet. */
  readonly clusterId: string | null;
  /** Tells this process from an earlier one of the same address: milliseconds since 1970 at its start. */
  readonly boot: number;
  /** `HOST:PORT` under which the sender can be dialled. */
  readonly address: string;
  readonly wants: 'join' | 'link';
  /** Null as clusterId is. */
  readonly config: RingConfig | null;
  /** The sender's own. */
  readonly nodes: readonly Peer[];
  /** Addresses of other hosts that the sender knows. */
  readonly hosts: readonly string[];
}

/** Instead of a greeting, or after one; then the link closes. */
export interface Refused {
  readonly type: 'refused';
  readonly code: string;
  readonly reason: string;
}

export interface Heartbeat {
  readonly type: 'heartbeat';
  readonly sequence: number;
  /** The last sequence number heard from the other side. */
  readonly heard: number;
  /** Since then; undefined in version 1. */
  readonly heardMsAgo: number | undefined;
}

/** From a node of the sender's host to one of the receiver's. */
export interface PacketFrame {
  readonly type: 'packet';
  readonly from: Identifier;
  readonly to: Identifier;
  /** What travels on a port: a string as packPacket makes it, its field `received` 0 when it was received; or a packet of rarer messages. */
  readonly packet: string | Packet;
}

/** `batch` as packBatch makes it. `client` is a number of the host that has the client. */
export interface RequestsFrame {
  readonly type: 'requests';
  readonly client: number;
  readonly to: Identifier;
  readonly batch: string;
}
export interface RepliesFrame {
  readonly type: 'replies';
  readonly client: number;
  readonly from: Identifier;
  readonly batch: string;
}
export interface ClientClosed {
  readonly type: 'clientClosed';
  readonly client: number;
}

/** The sender's own nodes that came, and those that are certainly gone. */
export interface Members {
  readonly type: 'members';
  readonly added: readonly Peer[];
  readonly gone: readonly Identifier[];
  /** Addresses of other hosts that the sender knows. */
  readonly hosts: readonly string[];
}

/** Administration; what is asked and answered is the bridge's own matter, and checked there. */
export interface Ask {
  readonly type: 'ask';
  readonly id: number;
  readonly question: unknown;
}
export interface Answer {
  readonly type: 'answer';
  readonly id: number;
  readonly outcome: unknown;
}

export type Frame =
  | Greeting
  | Refused
  | Heartbeat
  | PacketFrame
  | RequestsFrame
  | RepliesFrame
  | ClientClosed
  | Members
  | Ask
  | Answer;

const types: ReadonlyMap<number, FrameType> = new Map(
  Object.entries(frameKinds).map(([type, kind]) => [kind, type as FrameType]),
);

/** Undefined for a kind that no version has. */
export function frameTypeOf(kind: number): FrameType | undefined {
  return types.get(kind);
}
