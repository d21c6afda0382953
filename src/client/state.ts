/** The state of a client: its ports, its settings, the nodes it knows and the operations it has outstanding. */
import type { ByteString } from '../bytes.js';
import type { Identifier } from '../chord/identifier.js';
import { assert, type RondoError } from '../errors.js';
import { createHistogram, type Histogram } from '../histogram.js';
import type { Peer } from '../peer.js';
import type { Clock, Defer, Random } from '../ports.js';
import {
  createRequestWriter,
  type Opcode,
  type RequestBatch,
  type RequestWriter,
  type Status,
} from '../wire/requests.js';

/** What a client needs of its world. */
export interface ClientPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly defer: Defer;
  /** The first 32 bits of the key's SHA-1. */
  firstWord(key: ByteString): number;
  /** Monotonic microseconds. */
  microseconds(): number;
  sendRequests(to: Identifier, batch: RequestBatch): void;
  /** The bytes as a program wants them, in memory of their own. */
  toArray(bytes: ByteString): Uint8Array;
  /** A copy of the text that does not keep the batch it was cut from in memory. */
  detach(text: ByteString): ByteString;
}

export interface ClientSettings {
  readonly partitions: number;
  readonly replicas: number;
  readonly keyBytesMax: number;
  readonly valueBytesMax: number;
  /** Default deadline of a call. */
  readonly requestTimeoutMs: number;
  /** A read without an answer is sent again after this, elsewhere if it can be. */
  readonly readRetryMs: number;
  /** Most bytes outstanding at one node; more are refused with BUSY. */
  readonly outstandingBytesMax: number;
}

export const defaultClientSettings = {
  requestTimeoutMs: 10_000,
  readRetryMs: 2_000,
  outstandingBytesMax: 64 * 1024 * 1024,
} as const;

/** An operation's slot is the low bits of its number. */
export const slotMask = 0xffff;

/** One outstanding operation. */
export interface Pending {
  readonly id: number;
  readonly opcode: Opcode;
  readonly flags: number;
  readonly partition: number;
  readonly key: ByteString;
  readonly value: ByteString;
  readonly number: number;
  readonly startedUs: number;
  readonly deadlineMs: number;
  /** Asked of this node whatever it leads. */
  readonly pinned: boolean;
  /** Where the request is outstanding; undefined while it is being routed or waits to be tried again. */
  link: Link | undefined;
  sentAtMs: number;
  moves: number;
  tries: number;
  /** Why the operation was sent back last; undefined while no node has said. */
  refusal: ByteString | undefined;
  settle(status: Status, value: ByteString): void;
  fail(error: RondoError): void;
}

/** A node as this client reaches it. */
export interface Link {
  readonly peer: Peer;
  writer: RequestWriter;
  outstandingBytes: number;
  gone: boolean;
}

export interface Dispatcher {
  readonly ports: ClientPorts;
  readonly settings: ClientSettings;
  /** Live nodes, in no order. */
  readonly links: Map<Identifier, Link>;
  /** Finds an operation without a link its next node: set by routing.ts. `status` and `value`: what sent it back, if anything did. */
  reroute: (pending: Pending, status: Status | undefined, value: ByteString) => void;
  /** The link of each partition's leader, where known. */
  readonly leaders: (Link | undefined)[];
  readonly latency: Histogram;
  /** By the low bits of the operation's number. */
  readonly slots: (Pending | undefined)[];
  outstanding: number;
  /** The number of the operation started last: 31 bits. */
  sequence: number;
  dirty: Link[];
  flushScheduled: boolean;
  timer: unknown;
  timerAtMs: number;
  /** Ends what is past its deadline and sends again what is due: set by deadlines.ts. */
  sweep: () => void;
  /** Operations that wait to be tried again. */
  delayed: { readonly atMs: number; readonly pending: Pending }[];
  turnUs: number;
  turnMs: number;
  partitionCache: Map<ByteString, number>;
  closed: boolean;
}

/** Routing and deadlines are to be attached before the first operation. */
export function createDispatcher(
  ports: ClientPorts,
  settings: ClientSettings,
  nodes: readonly Peer[],
): Dispatcher {
  const dispatcher: Dispatcher = {
    ports,
    settings,
    links: new Map(),
    reroute: () => assert(false, 'routing is attached before the first operation'),
    leaders: new Array<Link | undefined>(settings.partitions).fill(undefined),
    latency: createHistogram(),
    slots: new Array<Pending | undefined>(slotMask + 1).fill(undefined),
    outstanding: 0,
    sequence: 0,
    dirty: [],
    flushScheduled: false,
    timer: undefined,
    timerAtMs: Infinity,
    sweep: () => undefined,
    delayed: [],
    turnUs: 0,
    turnMs: 0,
    partitionCache: new Map(),
    closed: false,
  };
  for (const peer of nodes) addNode(dispatcher, peer);
  return dispatcher;
}

export function addNode(dispatcher: Dispatcher, peer: Peer): void {
  if (dispatcher.links.has(peer.id)) return;
  dispatcher.links.set(peer.id, { peer, writer: createRequestWriter(), outstandingBytes: 0, gone: false });
}

/** Oldest first. Costs as many looks as operations were started since the oldest. */
export function outstandingOperations(dispatcher: Dispatcher): Pending[] {
  const operations: Pending[] = [];
  for (let number = dispatcher.sequence; operations.length < dispatcher.outstanding; number--) {
    const pending = dispatcher.slots[number & slotMask];
    if (pending !== undefined) operations.push(pending);
  }
  return operations.reverse();
}
