/**
 * Changes: R5 and R5a of docs/design/replication.md. At most one proposal of a key is in flight at a coordinator; what
 * arrives meanwhile is applied together in the next one. O1 saves the first of the two round trips where it is certain.
 */
import { emptyBytes, trustBytes, type ByteString } from '../../bytes.js';
import type { Identifier } from '../../chord/identifier.js';
import { changes as changingOpcodes, statuses, type Status } from '../../wire/requests.js';
import { isPlanted } from '../environment.js';
import { absentState, operations, type RecordState } from '../operations.js';
import { accept, prepare } from './acceptor.js';
import { ask } from './asking.js';
import { ballotOf, nextRound, noBallot, roundIn, type Ballot, type Epoch } from './ballot.js';
import { countBits } from './bits.js';
import { askKinds, outcomes } from './packed-asks.js';
import { confirmRead } from './reading.js';
import { recentMax, stateOf, type Register, type RegisterState } from './register.js';
import { finish, noQuorum, redo } from './requests.js';
import { raisePending, type Site } from './site.js';
import type { Slot } from './slot.js';
import { resendMs, resendMsMax } from './timing.js';

/** What one client asks of one key, kept until it is answered. */
export interface Operation {
  readonly client: number;
  readonly id: number;
  readonly opcode: number;
  readonly flags: number;
  readonly moves: number;
  readonly value: ByteString;
  readonly number: number;
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
interface Result {
  readonly status: Status;
  readonly reply: ByteString;
}

interface Applied {
  readonly state: RecordState;
  readonly results: readonly Result[];
}

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

/** Operations that may wait for one key. */
const waitingMax = 16_384;

/** Has the operation applied to the key. `settle`: the present state may be half done, and is settled first. */
export function changeKey(
  site: Site,
  slot: Slot,
  key: ByteString,
  operation: Operation,
  nowMs: number,
  settle: boolean,
): void {
  const underWay = slot.changes.get(key);
  if (underWay !== undefined) {
    if (underWay.waiting.length < waitingMax) underWay.waiting.push(operation);
    else finish(site, operation, statuses.busy, trustBytes(`${waitingMax} requests wait for the key`));
    return;
  }
  const change: KeyChange = {
    kind: 'change',
    slot,
    key,
    epoch: slot.epoch,
    operations: [operation],
    waiting: [],
    phase: 'preparing',
    ballot: noBallot,
    answered: 0,
    answers: 0,
    refused: 0,
    bestBallot: noBallot,
    best: undefined,
    proposed: undefined,
    results: [],
    attempts: [],
    sentAtMs: nowMs,
    retryAtMs: Infinity,
    tries: 0,
    done: false,
  };
  slot.changes.set(key, change);
  site.changes.push(change);
  raisePending(site);
  begin(site, change, nowMs, settle);
}

/** Handles one member's answer; one to an earlier ballot or phase is past. */
export function changeAnswered(
  site: Site,
  change: KeyChange,
  place: number,
  asked: Ballot,
  outcome: number,
  ballot: Ballot,
  state: RegisterState | undefined,
  nowMs: number,
): void {
  if (change.done || asked !== change.ballot || change.epoch !== change.slot.epoch) return;
  if (outcome === outcomes.refused) {
    change.slot.highest = Math.max(change.slot.highest, ballot);
    change.refused |= 1 << place;
    const { members, quorum } = change.slot;
    if (countBits(change.refused) > members.length - quorum && change.phase !== 'backingOff')
      backOff(site, change, nowMs);
  } else if (change.slot.status !== 'active' && change.phase !== 'accepting') {
    // Sealed: nothing new is proposed in this epoch. What was accepted before may still be seen to be chosen.
    return;
  } else if (outcome === outcomes.promised && change.phase === 'preparing' && state !== undefined) {
    promisedBy(site, change, place, ballot, state, nowMs);
  } else if (outcome === outcomes.accepted && change.phase === 'accepting') {
    acceptedBy(site, change, place, nowMs);
  }
}

/** Asks again, tries again after a refusal, and gives up in time. */
export function tickChange(site: Site, change: KeyChange, nowMs: number): void {
  const { slot } = change;
  if (change.epoch !== slot.epoch || slot.status !== 'active') {
    if (slot.status === 'active') return reopen(site, change, nowMs);
    if (slot.incoming === undefined && slot.view !== undefined && slot.view.epoch > change.epoch) {
      return end(site, change);
    }
  }
  giveUpLate(site, change, nowMs);
  if (change.done || slot.status !== 'active') return;
  if (change.phase === 'backingOff') {
    if (change.retryAtMs <= nowMs) prepareAnew(site, change, nowMs);
  } else if (nowMs - change.sentAtMs >= Math.min(resendMsMax, resendMs * 2 ** change.tries)) {
    change.tries++;
    change.sentAtMs = nowMs;
    // Who refused will refuse again, and the others may be gone: only a higher ballot helps.
    if (change.refused !== 0) prepareAnew(site, change, nowMs);
    else askMembers(site, change);
  }
}

/** The slot is active in a new epoch: what was not decided in the old one goes on there. */
export function reopen(site: Site, change: KeyChange, nowMs: number): void {
  change.epoch = change.slot.epoch;
  prepareAnew(site, change, nowMs);
}

/** This node cannot finish the change any more: what was sent may have taken effect, what was not did not. */
function end(site: Site, change: KeyChange): void {
  for (const operation of change.operations) {
    if (change.attempts.length > 0 && !isRead(operation))
      finish(site, operation, statuses.unknown, movedAway);
    else redo(site, change.slot, operation);
  }
  for (const operation of change.waiting) redo(site, change.slot, operation);
  forget(change);
}

function begin(site: Site, change: KeyChange, nowMs: number, settle: boolean): void {
  const { slot, key } = change;
  if (slot.status !== 'active') return backOff(site, change, nowMs);
  if (settle) return prepareAnew(site, change, nowMs);
  const register = slot.records.get(key);
  const base = stateOf(register, slot.versionFloor);
  const applied = applyAll(site, change.operations, base, nowMs);
  if (applied.state === base) return confirmInstead(site, change, applied.results, nowMs);
  const ballot = directBallot(site, slot, key, register);
  if (ballot === noBallot) prepareAnew(site, change, nowMs);
  else propose(site, change, ballot, base, applied, nowMs);
}

/** The ballot at which the key may be proposed without preparing it (O1); none when there is no such right. */
function directBallot(site: Site, slot: Slot, key: ByteString, register: Register | undefined): Ballot {
  if (isPlanted(site.environment, 'acceptAbovePromised')) {
    return ballotOf(slot.epoch, roundIn(slot.epoch, slot.highest) + 1, slot.place);
  }
  const { leadBallot } = slot;
  if (register !== undefined) {
    const { next } = register;
    const isMine = next !== noBallot && next === register.promised && next === nextRound(register.accepted);
    if (isMine && next >= slot.promisedAll && next > slot.epochStart) return next;
  }
  if (slot.lead !== 'clean' || slot.promisedAll !== leadBallot) return noBallot;
  if (register !== undefined) {
    return register.accepted < leadBallot && register.promised <= leadBallot ? leadBallot : noBallot;
  }
  return slot.floor < leadBallot && (slot.promises.get(key) ?? noBallot) <= leadBallot
    ? leadBallot
    : noBallot;
}

function prepareAnew(site: Site, change: KeyChange, nowMs: number): void {
  const { slot, key } = change;
  const ballot = ballotOf(slot.epoch, roundIn(slot.epoch, slot.highest) + 1, slot.place);
  const register = slot.records.get(key);
  change.phase = 'preparing';
  change.ballot = ballot;
  change.answered = 0;
  change.answers = 0;
  change.refused = 0;
  change.bestBallot = noBallot;
  change.best = undefined;
  change.sentAtMs = nowMs;
  const exceed = prepare(site, slot, key, register, ballot);
  if (exceed !== noBallot) {
    slot.highest = Math.max(slot.highest, exceed);
    return backOff(site, change, nowMs);
  }
  askMembers(site, change);
  const state = stateOf(register, slot.versionFloor);
  promisedBy(site, change, slot.place, register?.accepted ?? noBallot, state, nowMs);
}

function promisedBy(
  site: Site,
  change: KeyChange,
  place: number,
  accepted: Ballot,
  state: RegisterState,
  nowMs: number,
): void {
  const bit = 1 << place;
  if ((change.answered & bit) !== 0) return;
  change.answered |= bit;
  change.answers++;
  const { best } = change;
  // Of keys without register the greatest version counts, so that versions grow along a lineage (R4).
  const isBetter =
    accepted > change.bestBallot || (accepted === noBallot && state.version > (best?.version ?? -1));
  if (best === undefined || (isBetter && accepted >= change.bestBallot)) {
    change.best = state;
    change.bestBallot = accepted;
  }
  if (change.answers < change.slot.quorum) return;
  proposeAfter(site, change, change.best ?? state, nowMs);
}

/** A quorum has promised: the operations are applied to the highest state accepted among them. */
function proposeAfter(site: Site, change: KeyChange, base: RegisterState, nowMs: number): void {
  const took = change.attempts.find((attempt) => base.recent.includes(attempt.ballot));
  if (took !== undefined && !isPlanted(site.environment, 'noOperationIds')) {
    // An earlier proposal of these operations is part of this state: their results are those computed then.
    propose(site, change, change.ballot, base, { state: base, results: took.results }, nowMs);
  } else if (change.attempts.some((attempt) => attempt.baseVersion < base.version - base.recent.length)) {
    for (const operation of change.operations) {
      if (isRead(operation)) redo(site, change.slot, operation);
      else finish(site, operation, statuses.unknown, overtaken);
    }
    change.operations = [];
    propose(site, change, change.ballot, base, { state: base, results: [] }, nowMs);
  } else {
    const applied = applyAll(site, change.operations, base, nowMs);
    propose(site, change, change.ballot, base, applied, nowMs);
  }
}

/** Sends one state for the ballot: `applied` to `base`, or `base` itself where nothing changes it. */
function propose(
  site: Site,
  change: KeyChange,
  ballot: Ballot,
  base: RegisterState,
  applied: Applied,
  nowMs: number,
): void {
  const { slot, key } = change;
  let state = base;
  if (applied.state !== base) {
    const { value, expiresAt } = applied.state;
    const recent = [...base.recent, ballot].slice(-recentMax);
    state = { value, expiresAt, version: base.version + 1, recent };
    change.attempts.push({ ballot, baseVersion: base.version, results: applied.results });
  }
  change.results = applied.results;
  change.phase = 'accepting';
  change.ballot = ballot;
  change.answered = 0;
  change.answers = 0;
  change.refused = 0;
  change.proposed = state;
  change.sentAtMs = nowMs;
  const exceed = accept(site, slot, key, slot.records.get(key), ballot, state);
  if (exceed !== noBallot) {
    slot.highest = Math.max(slot.highest, exceed);
    return backOff(site, change, nowMs);
  }
  askMembers(site, change);
  acceptedBy(site, change, slot.place, nowMs);
}

/** Nothing would change: reads without effect on registers answer that (R6). */
function confirmInstead(site: Site, change: KeyChange, results: readonly Result[], nowMs: number): void {
  const { slot, key, operations: unchanging } = change;
  const ballot = slot.records.get(key)?.accepted ?? noBallot;
  forget(change);
  unchanging.forEach((operation, index) => {
    const { status, reply } = results[index] ?? missing;
    confirmRead(site, slot, key, operation, ballot, status, reply, nowMs);
  });
}

function acceptedBy(site: Site, change: KeyChange, place: number, nowMs: number): void {
  const bit = 1 << place;
  if ((change.answered & bit) !== 0) return;
  change.answered |= bit;
  if (++change.answers < change.slot.quorum) return;
  const { slot, key, ballot, results } = change;
  const register = slot.records.get(key);
  if (register?.accepted === ballot && register.promised === nextRound(ballot))
    register.next = register.promised;
  change.operations.forEach((operation, index) => {
    const { status, reply } = results[index] ?? missing;
    finish(site, operation, status, reply);
  });
  settled(site, slot, key, change.proposed);
  goOn(site, change, nowMs);
}

/** The next operations of the key: applied together if one of them changes, read together if none does. */
function goOn(site: Site, change: KeyChange, nowMs: number): void {
  const { waiting } = change;
  if (waiting.length === 0) return forget(change);
  change.operations = waiting;
  change.waiting = [];
  change.attempts = [];
  change.tries = 0;
  change.proposed = undefined;
  begin(site, change, nowMs, false);
}

function backOff(site: Site, change: KeyChange, nowMs: number): void {
  change.phase = 'backingOff';
  change.tries++;
  const spreadMs = 2 ** Math.min(9, change.tries);
  change.retryAtMs = nowMs + spreadMs * site.environment.random();
  raisePending(site);
}

function giveUpLate(site: Site, change: KeyChange, nowMs: number): void {
  const { operations: present, slot } = change;
  if (present.every((operation) => operation.untilMs > nowMs)) return;
  const message = noQuorum(slot);
  const isSent = change.attempts.length > 0;
  for (const operation of present) {
    const isUnknown = isSent && !isRead(operation);
    finish(site, operation, isUnknown ? statuses.unknown : statuses.noQuorum, message);
  }
  change.operations = [];
  change.results = [];
  // The key stays undecided: whoever comes next settles it, under a round that these proposals never had.
  const { waiting } = change;
  if (waiting.length === 0) return forget(change);
  change.operations = waiting;
  change.waiting = [];
  change.attempts = [];
  change.tries = 0;
  change.ballot = noBallot;
  if (slot.status === 'active' && change.epoch === slot.epoch) prepareAnew(site, change, nowMs);
  else backOff(site, change, nowMs);
}

/** Asks a member that has become active what it could not answer before: to wait until all are asked again would take longer. */
export function askNewlyActive(site: Site, slot: Slot, peer: Identifier): void {
  if (slot.changes.size === 0) return;
  const place = slot.members.findIndex(({ id }) => id === peer);
  if (place === -1 || place === slot.place) return;
  for (const change of slot.changes.values())
    if (change.phase !== 'backingOff' && change.epoch === slot.epoch) askMember(site, change, place);
}

function askMembers(site: Site, change: KeyChange): void {
  for (let place = 0; place < change.slot.members.length; place++)
    if (place !== change.slot.place) askMember(site, change, place);
}

/** Once more, if it has not answered. */
function askMember(site: Site, change: KeyChange, place: number): void {
  const { slot, key, ballot, phase, proposed } = change;
  const id = slot.members[place]?.id;
  if (id === undefined || (change.answered & (1 << place)) !== 0) return;
  const kind = phase === 'preparing' ? askKinds.prepare : askKinds.accept;
  ask(site, id, change, kind, slot, key, ballot, phase === 'accepting' ? proposed : undefined);
}

/** Reads never end unknown: they may be asked again freely. */
function isRead({ opcode }: Operation): boolean {
  return !changingOpcodes.has(opcode);
}

function forget(change: KeyChange): void {
  change.done = true;
  change.slot.changes.delete(change.key);
}

/** Applies operations one after the other; `state` is the given one, the same object, if none changes anything. */
function applyAll(site: Site, list: readonly Operation[], base: RegisterState, nowMs: number): Applied {
  let state: RecordState = base.value !== undefined && base.expiresAt <= nowMs ? absentState : base;
  const results = list.map((operation): Result => {
    if (operation.opcode === evictOpcode) {
      if (base.version === operation.number && state === base) state = absentState;
      return missing;
    }
    const apply = operations.get(operation.opcode);
    if (apply === undefined) return { status: statuses.error, reply: trustBytes('unknown operation') };
    const outcome = apply(state, operation, nowMs);
    const { value } = outcome.state;
    if (value !== undefined && value.length > site.environment.config.valueBytesMax) {
      return { status: statuses.error, reply: tooLong };
    }
    state = outcome.state;
    return { status: outcome.status, reply: outcome.reply };
  });
  if (state !== base && state.value === undefined && base.value === undefined) state = base;
  return { state, results };
}

/** A value was chosen: those that wait for somebody to load the key get it. */
function settled(site: Site, slot: Slot, key: ByteString, state: RegisterState | undefined): void {
  if (state?.value === undefined || site.reservations.size === 0) return;
  const reservation = site.reservations.get(key);
  if (reservation === undefined) return;
  site.reservations.delete(key);
  for (const { client, id } of reservation.waiting) {
    site.environment.reply(client, id, statuses.ok, state.value);
  }
  raisePending(site);
}

const missing: Result = { status: statuses.absent, reply: emptyBytes };
const movedAway = trustBytes('the partition changed hands: the change may have taken effect');
const overtaken = trustBytes('later changes hide whether this one took effect');
const tooLong = trustBytes('the value would become longer than this ring allows');
