/** A change of one key at its coordinator: the operations that clients ask for, and how far their proposal has come (R5). */
import type { ByteString } from '../../bytes.js';
import { changes as changingOpcodes, type Status } from '../../wire/requests.js';
import type { ClientRequest } from '../engine-state.js';
import type { Ballot, Epoch } from './ballot.js';
import type { RegisterState } from './register.js';
import type { Slot } from './slot.js';

export interface KeyChange {
  readonly kind: 'change';
  readonly slot: Slot;
  readonly key: ByteString;
  epoch: Epoch;
  /** Those of the present proposal, in order; they stay together until it is decided. */
  operations: Operation[];
  /** For the next proposal. */
  waiting: Operation[];
  phase: 'preparing' | 'accepting' | 'backingOff';
  ballot: Ballot;
  /** Members, by place, that promised or accepted. */
  answered: number;
  answers: number;
  /** Members that promised more to others. */
  refused: number;
  /** The highest accepted state among the promises. */
  bestBallot: Ballot;
  best: RegisterState | undefined;
  proposed: RegisterState | undefined;
  results: readonly Result[];
  /** Proposals of the present operations that were sent and not seen to be chosen. */
  attempts: Attempt[];
  sentAtMs: number;
  retryAtMs: number;
  tries: number;
  done: boolean;
}

/** What a client, or the site itself, asks of one key. */
export interface Operation extends ClientRequest {
  readonly untilMs: number;
  /** Hears the result of an operation that the site itself asks for. */
  readonly heard?: (status: Status, reply: ByteString) => void;
}

/** The site's own operation: the key goes if its version is still `number` (LRU). */
export const evictOpcode = -1;

/** What a proposal that carried these operations answers if it turns out to have been chosen. */
interface Attempt {
  readonly ballot: Ballot;
  readonly baseVersion: number;
  readonly results: readonly Result[];
}

export interface Result {
  readonly status: Status;
  readonly reply: ByteString;
}

/** Reads never end unknown: they may be asked again freely. */
export function isRead({ opcode }: Operation): boolean {
  return !changingOpcodes.has(opcode);
}

/** Nobody has answered the ballot in this phase yet. */
export function beginRound(
  change: KeyChange,
  phase: 'preparing' | 'accepting',
  ballot: Ballot,
  nowMs: number,
): void {
  change.phase = phase;
  change.ballot = ballot;
  change.answered = 0;
  change.answers = 0;
  change.refused = 0;
  change.sentAtMs = nowMs;
}

/** Makes the operations that wait the present ones. False when there are none: then the change is over. */
export function takeWaiting(change: KeyChange): boolean {
  const { waiting } = change;
  if (waiting.length === 0) {
    forget(change);
    return false;
  }
  change.operations = waiting;
  change.waiting = [];
  change.attempts = [];
  change.tries = 0;
  return true;
}

/** The change is over: the next one of the key begins anew. */
export function forget(change: KeyChange): void {
  change.done = true;
  change.slot.changes.delete(change.key);
}
