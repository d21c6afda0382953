/** Reads: R6 of docs/design/replication.md. A value from here, equal ballots from a quorum, one round trip, no write. */
import { emptyBytes, type ByteString } from '../../bytes.js';
import { touchRecord } from '../../store.js';
import { opcodes, statuses, type Status } from '../../wire/requests.js';
import { isPlanted } from '../environment.js';
import { ask } from './asking.js';
import { noBallot, type Ballot, type Epoch } from './ballot.js';
import type { Operation } from './key-change.js';
import { askKinds, outcomes } from './packed-asks.js';
import { finish, noQuorum, redo } from './requests.js';
import type { Slot } from './slot.js';
import { requestMsMax, resendMs, hedgeMs } from './timing.js';
import type { Site } from './site.js';

export interface PendingRead {
  readonly kind: 'read';
  readonly slot: Slot;
  readonly epoch: Epoch;
  readonly key: ByteString;
  readonly client: number;
  readonly id: number;
  readonly untilMs: number;
  /** What was asked; undefined for a plain get, which needs no more words. */
  readonly operation: Operation | undefined;
  /** Of the state that was read here, and what it answers. */
  readonly ballot: Ballot;
  readonly status: Status;
  readonly reply: ByteString;
  /** Members, by place in the view, that were asked, and that answered the same ballot (this node among them). */
  asked: number;
  equal: number;
  equals: number;
  /** Equal answers that are needed, this node's included. */
  readonly needed: number;
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
  if (slot.quorum === 1) return finish(site, operation, status, reply);
  const { client, id, untilMs } = operation;
  startRead(site, slot, key, client, id, untilMs, operation, ballot, status, reply, nowMs);
}

/** A plain get, the commonest of requests. False: the key is being changed, or must be (it has expired). */
export function getKey(
  site: Site,
  slot: Slot,
  client: number,
  id: number,
  key: ByteString,
  nowMs: number,
): boolean {
  if (slot.changes.size > 0 && slot.changes.has(key)) return false;
  const register = slot.records.get(key);
  const isAbsent = register === undefined || register.tombstone;
  if (!isAbsent && register.expiresAt <= nowMs) return false;
  const status = isAbsent ? statuses.absent : statuses.ok;
  const value = isAbsent ? emptyBytes : register.value;
  if (isAbsent) site.counters.misses++;
  else {
    site.counters.hits++;
    if (site.store.bounded) touchRecord(site.store, register);
  }
  if (slot.quorum === 1) site.environment.reply(client, id, status, value);
  else {
    site.requests++;
    const ballot = register === undefined ? noBallot : register.accepted;
    startRead(site, slot, key, client, id, nowMs + requestMsMax, undefined, ballot, status, value, nowMs);
  }
  return true;
}

/** What the read was asked to do. */
export function operationOf(read: PendingRead): Operation {
  const { operation, client, id, untilMs } = read;
  return operation ?? { ...operationOfRead(client, id, 0), untilMs };
}

function startRead(
  site: Site,
  slot: Slot,
  key: ByteString,
  client: number,
  id: number,
  untilMs: number,
  operation: Operation | undefined,
  ballot: Ballot,
  status: Status,
  reply: ByteString,
  nowMs: number,
): void {
  const own = 1 << slot.place;
  const isOfThisEpoch = ballot > slot.epochStart;
  const needed = isOfThisEpoch || slot.uniform ? slot.quorum : slot.members.length;
  const read: PendingRead = {
    kind: 'read',
    slot,
    epoch: slot.epoch,
    key,
    client,
    id,
    untilMs,
    operation,
    ballot,
    status,
    reply,
    asked: own,
    equal: own,
    equals: 1,
    needed,
    sentAtMs: nowMs,
    tries: 0,
    done: false,
  };
  site.reads.push(read);
  askMembers(site, read, needed - 1);
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
    if (isPast) {
      read.done = true;
      redo(site, slot, operationOf(read));
    } else if (read.needed > slot.quorum) {
      read.done = true;
      return true;
    } else askMembers(site, read, slot.members.length);
    return false;
  }
  if (outcome !== outcomes.held || (read.equal & (1 << place)) !== 0) return false;
  if (ballot !== read.ballot && !(ballot < read.ballot && isPlanted(site.environment, 'readHighest'))) {
    read.done = true;
    if (!isPast) return true;
    redo(site, slot, operationOf(read));
    return false;
  }
  read.equal |= 1 << place;
  if (++read.equals < read.needed || slot.epoch !== read.epoch) return false;
  read.done = true;
  if (read.operation !== undefined) finish(site, read.operation, read.status, read.reply);
  else {
    site.requests--;
    site.environment.reply(read.client, read.id, read.status, read.reply);
  }
  return false;
}

/**
 * Asks the rest when the first are slow, everybody again when all are, and gives up in time. True: all members were needed, and some do
 * not answer, so that the key is to be settled instead.
 */
export function tickRead(site: Site, read: PendingRead, nowMs: number): boolean {
  const { slot } = read;
  if (slot.epoch !== read.epoch || slot.status !== 'active') {
    read.done = true;
    redo(site, slot, operationOf(read));
  } else if (read.untilMs <= nowMs) {
    read.done = true;
    finish(site, operationOf(read), statuses.noQuorum, noQuorum(slot));
  } else {
    const waitedMs = nowMs - read.sentAtMs;
    if (read.tries === 0 ? waitedMs < hedgeMs : waitedMs < resendMs * 2 ** Math.min(4, read.tries))
      return false;
    if (read.needed > slot.quorum) {
      read.done = true;
      return true;
    }
    if (read.tries > 0) read.asked = read.equal;
    read.tries++;
    read.sentAtMs = nowMs;
    askMembers(site, read, slot.members.length);
  }
  return false;
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
  const asked = askAmong(site, read, count, slot.alive);
  if (asked < count) askAmong(site, read, count - asked, ~slot.alive);
}

function askAmong(site: Site, read: PendingRead, count: number, places: number): number {
  const { slot } = read;
  let asked = 0;
  for (let place = 0; place < slot.members.length && asked < count; place++) {
    const bit = 1 << place;
    const id = slot.members[place]?.id;
    if (id === undefined || (places & bit) === 0 || (read.asked & bit) !== 0) continue;
    read.asked |= bit;
    asked++;
    ask(site, id, read, askKinds.read, slot, read.key, noBallot, undefined);
  }
  return asked;
}
