/** Reads: R6 of docs/design/replication.md. A value from here, equal ballots from a quorum, one round trip, no write. */
import { emptyBytes, type ByteString } from '../../bytes.js';
import { touchRecord } from '../../store.js';
import { opcodes, statuses, type Status } from '../../wire/requests.js';
import { isPlanted } from '../environment.js';
import { ask } from './asking.js';
import { noBallot, type Ballot, type Epoch } from './ballot.js';
import type { Operation } from './changing.js';
import { askKinds, outcomes } from './packed-asks.js';
import { finish, noQuorum, redo } from './requests.js';
import { requestMsMax, resendMs, hedgeMs } from './timing.js';
import { seemsAlive, type Site, type Slot } from './site.js';

export interface PendingRead {
  readonly kind: 'read';
  readonly slot: Slot;
  readonly epoch: Epoch;
  readonly key: ByteString;
  readonly operation: Operation;
  /** Of the state that was read here, and what it answers. */
  readonly ballot: Ballot;
  readonly status: Status;
  readonly reply: ByteString;
  /** Members, by place in the view, that were asked, and that answered the same ballot (this node among them). */
  asked: number;
  equal: number;
  equals: number;
  sentAtMs: number;
  tries: number;
  done: boolean;
}

/** Answers once a quorum is seen to hold the state at the ballot; the result was computed from it. */
export function confirmRead(
  site: Site,
  slot: Slot,
  key: ByteString,
  operation: Operation,
  ballot: Ballot,
  status: Status,
  reply: ByteString,
  nowMs: number,
): void {
  if (slot.quorum === 1) {
    finish(site, operation, status, reply);
    return;
  }
  const own = 1 << slot.place;
  const read: PendingRead = {
    kind: 'read',
    slot,
    epoch: slot.epoch,
    key,
    operation,
    ballot,
    status,
    reply,
    asked: own,
    equal: own,
    equals: 1,
    sentAtMs: nowMs,
    tries: 0,
    done: false,
  };
  site.reads.push(read);
  askMembers(site, read, slot.quorum - 1);
}

/**
 * Handles one member's answer. True: it holds another state, so that some change is under way or was left half done; the
 * read is over, and its operation to be done by settling the key first (R5 with the identity).
 */
export function readAnswered(
  site: Site,
  read: PendingRead,
  place: number,
  outcome: number,
  ballot: Ballot,
): boolean {
  if (read.done) return false;
  const { slot } = read;
  const isPast = slot.epoch !== read.epoch || slot.status !== 'active';
  if (outcome === outcomes.wrongView) {
    if (!isPast) askMembers(site, read, slot.members.length);
    else {
      read.done = true;
      redo(site, slot, read.operation);
    }
    return false;
  }
  if (outcome !== outcomes.held || (read.equal & (1 << place)) !== 0) return false;
  if (ballot !== read.ballot && !(ballot < read.ballot && isPlanted(site.environment, 'readHighest'))) {
    read.done = true;
    if (!isPast) return true;
    redo(site, slot, read.operation);
    return false;
  }
  read.equal |= 1 << place;
  if (++read.equals < slot.quorum || slot.epoch !== read.epoch) return false;
  read.done = true;
  finish(site, read.operation, read.status, read.reply);
  return false;
}

/** Asks the rest when the first are slow, everybody again when all are, and gives up in time. */
export function tickRead(site: Site, read: PendingRead, nowMs: number): void {
  const { slot } = read;
  if (slot.epoch !== read.epoch || slot.status !== 'active') {
    read.done = true;
    redo(site, slot, read.operation);
  } else if (read.operation.untilMs <= nowMs) {
    read.done = true;
    finish(site, read.operation, statuses.noQuorum, noQuorum(slot));
  } else {
    const waitedMs = nowMs - read.sentAtMs;
    if (read.tries === 0 ? waitedMs < hedgeMs : waitedMs < resendMs * 2 ** Math.min(4, read.tries)) return;
    if (read.tries > 0) read.asked = read.equal;
    read.tries++;
    read.sentAtMs = nowMs;
    askMembers(site, read, slot.members.length);
  }
}

/** A plain get of a live register, which needs no operation table; undefined when it is another case. */
export function readRegister(
  site: Site,
  slot: Slot,
  key: ByteString,
  nowMs: number,
): { readonly ballot: Ballot; readonly value: ByteString | undefined } | undefined {
  const register = slot.records.get(key);
  if (register === undefined) return absent;
  if (register.tombstone) return { ballot: register.accepted, value: undefined };
  if (register.expiresAt <= nowMs) return undefined;
  if (site.store.bounded) touchRecord(site.store, register);
  return { ballot: register.accepted, value: register.value };
}

export function operationOfRead(client: number, id: number, nowMs: number): Operation {
  return {
    client,
    id,
    opcode: opcodes.get,
    flags: 0,
    moves: 0,
    value: emptyBytes,
    number: 0,
    untilMs: nowMs + requestMsMax,
  };
}

/** The members that seem alive come first; the others are asked only when these do not suffice. */
function askMembers(site: Site, read: PendingRead, count: number): void {
  const { slot } = read;
  let left = count;
  for (const wantAlive of [true, false]) {
    for (let place = 0; place < slot.members.length && left > 0; place++) {
      const id = slot.members[place]?.id;
      const bit = 1 << place;
      if (id === undefined || (read.asked & bit) !== 0 || seemsAlive(site, id) !== wantAlive) continue;
      read.asked |= bit;
      left--;
      ask(site, id, read, askKinds.read, slot, read.key, noBallot, undefined);
    }
  }
}

const absent = { ballot: noBallot, value: undefined };
