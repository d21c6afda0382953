/** What the engines of both modes keep of their node; replica.ts and linearizable/site.ts add what only their mode has. */
import type { ByteString } from '../bytes.js';
import type { Identifier } from '../chord/identifier.js';
import type { Overlay } from '../overlay.js';
import type { Store } from '../store.js';
import type { ReplicaEnvironment } from './environment.js';

export interface EngineState {
  readonly environment: ReplicaEnvironment;
  readonly self: Identifier;
  /** Replaced through `overlayChanged`; undefined before the first. */
  overlay: Overlay | undefined;
  readonly store: Store;
  readonly counters: Counters;
  readonly reservations: Map<ByteString, Reservation>;
  nextRequestId: number;
  /** Whether the chart knows that a tick is due soon. */
  pendingRaised: boolean;
  departure: 'none' | 'handingOver' | 'announced';
}

export interface Counters {
  reads: number;
  writes: number;
  hits: number;
  misses: number;
  evictions: number;
  expirations: number;
  hintsDropped: number;
  forwarded: number;
  moved: number;
  batches: number;
}

/** A key that one client was told to load; the others that want it wait. */
export interface Reservation {
  readonly partition: number;
  holder: number;
  untilMs: number;
  readonly waiting: { readonly client: number; readonly id: number; readonly reservationMs: number }[];
}

/** What a client asks of one key, kept until it can be answered. */
export interface ClientRequest {
  readonly client: number;
  readonly id: number;
  readonly opcode: number;
  readonly flags: number;
  /** How often it was sent on already. */
  readonly moves: number;
  readonly value: ByteString;
  readonly number: number;
}

/** A request that was moved this often is taken by any active member that it reaches. */
export const movesUntilTaken = 2;

export function noCounts(): Counters {
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

/** Has the chart tick soon, because something now awaits an answer. */
export function raisePending(state: EngineState): void {
  if (state.pendingRaised) return;
  state.pendingRaised = true;
  state.environment.raise({ type: 'replicaPending' });
}

/** Certainly dead, as far as this node knows. */
export function isDead(state: EngineState, id: Identifier): boolean {
  return state.overlay?.isDead(id) === true;
}
