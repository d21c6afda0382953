/** Control: what host and node threads say to each other over Comlink. Protocol messages never travel here. */
import type { MessagePort } from 'node:worker_threads';
import type { NodeStats, NodeStatus, Recovery } from '../src/admin.js';
import type { Identifier } from '../src/chord/identifier.js';
import type { RingConfig } from '../src/config.js';
import { RondoError, stackOf, type ErrorCode } from '../src/errors.js';
import type { Peer } from '../src/peer.js';
import type { NodeEntry } from './node/runtime.js';
import type { LogLevel } from './thread-log.js';
import type { ThreadResources } from './thread-resources.js';

/** What a node thread is born with. */
export interface NodeWorkerData {
  readonly self: Peer;
  readonly config: RingConfig;
  readonly entry: NodeEntry;
  /** One counter that the thread's event loop raises, for the host's watchdog. */
  readonly heartbeat: SharedArrayBuffer;
  /** The host's HostControl. */
  readonly hostPort: MessagePort;
  readonly logLevel: LogLevel;
}

/** Faults that tests and soaks put into a node's thread: an uncaught error, an exit, an event loop that stands still. */
export type Fault =
  | { readonly type: 'throw' }
  | { readonly type: 'exit' }
  | { readonly type: 'stall'; readonly stallMs: number };

/** What a host asks of a node thread. */
export interface NodeControl {
  /** Resolves when the node is a member of the ring. */
  whenMember(): Promise<void>;
  addPeerPort(id: Identifier, port: MessagePort): void;
  addClientPort(client: number, port: MessagePort): void;
  peerDead(id: Identifier): void;
  /** The failure detector's opinion of a node of another host. */
  peerUnreachable(id: Identifier, unreachable: boolean): void;
  recover(partition: number, living: readonly Peer[]): Promise<Outcome<Recovery>>;
  depart(): void;
  status(): NodeStatus;
  stats(): NodeStats;
  resources(): ThreadResources;
  injectFault(fault: Fault): void;
}

/** What a node thread asks of its host. */
export interface HostControl {
  /** Wants a port to the peer; the host gives both ends one when the peer is there. */
  introduce(from: Identifier, to: Identifier): void;
  /** The departure is complete. */
  left(id: Identifier): void;
}

/** How often a node thread raises its heartbeat. */
export const heartbeatIntervalMs = 250;

/** A result that crosses Comlink: it loses an error's code and name, so errors travel as data. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };

export async function toOutcome<T>(work: () => Promise<T> | T): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    if (error instanceof RondoError) return { ok: false, code: error.code, message: error.message };
    return {
      ok: false,
      code: 'INTERNAL',
      message: stackOf(error),
    };
  }
}

/** The value, or the RondoError, of an outcome. */
export function fromOutcome<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new RondoError(outcome.code, outcome.message);
}
