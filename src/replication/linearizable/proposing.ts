/**
 * Proposing: the two rounds of R5, from the first ballot to a quorum's acceptance, and on to the operations that waited meanwhile.
 * O1 saves the first of the two round trips where it is certain.
 */
import { trustBytes, type ByteString } from '../../bytes.js';
import { statuses } from '../../wire/requests.js';
import { raisePending } from '../engine-state.js';
import { isPlanted } from '../environment.js';
import { accept, prepare } from './acceptor.js';
import { applyAll, missing, type Applied } from './applying.js';
import { ask } from './asking.js';
import { nextRound, noBallot, type Ballot } from './ballot.js';
import { countAnswer } from './bits.js';
import { beginRound, forget, isRead, takeWaiting, type KeyChange, type Result } from './key-change.js';
import { askKinds } from './packed-asks.js';
import { confirmRead } from './reading.js';
import { stateOf, withRecent, type Register, type RegisterState } from './register.js';
import { finish, redo } from './requests.js';
import { settled } from './reserving.js';
import type { Site } from './site.js';
import { ballotAbove, type Slot } from './slot.js';

/** Proposes the present operations, at once where O1 allows it; those that change nothing are confirmed instead. */
export function begin(site: Site, change: KeyChange, nowMs: number, settle: boolean): void {
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
  if (isPlanted(site.environment, 'acceptAbovePromised')) return ballotAbove(slot);
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

/** Asks the members to promise a ballot above all that were seen here. */
export function prepareAnew(site: Site, change: KeyChange, nowMs: number): void {
  const { slot, key } = change;
  const ballot = ballotAbove(slot);
  const register = slot.records.get(key);
  change.bestBallot = noBallot;
  change.best = undefined;
  beginRound(change, 'preparing', ballot, nowMs);
  const exceed = prepare(site, slot, key, register, ballot);
  if (exceed !== noBallot) return outbid(site, change, exceed, nowMs);
  askMembers(site, change);
  const state = stateOf(register, slot.versionFloor);
  promisedBy(site, change, slot.place, register?.accepted ?? noBallot, state, nowMs);
}

/** Takes the promise of one member, and proposes when a quorum has given theirs. */
export function promisedBy(
  site: Site,
  change: KeyChange,
  place: number,
  accepted: Ballot,
  state: RegisterState,
  nowMs: number,
): void {
  if (!countAnswer(change, place)) return;
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
    state = { value, expiresAt, version: base.version + 1, recent: withRecent(base.recent, ballot) };
    const attempt = { ballot, baseVersion: base.version, results: applied.results };
    change.attempts = [...change.attempts, attempt];
  }
  change.results = applied.results;
  change.proposed = state;
  beginRound(change, 'accepting', ballot, nowMs);
  const exceed = accept(site, slot, key, slot.records.get(key), ballot, state);
  if (exceed !== noBallot) return outbid(site, change, exceed, nowMs);
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

/** Takes the acceptance of one member; of a quorum, the proposal is chosen and the clients are answered. */
export function acceptedBy(site: Site, change: KeyChange, place: number, nowMs: number): void {
  if (!countAnswer(change, place) || change.answers < change.slot.quorum) return;
  const { key, ballot, results } = change;
  const register = change.slot.records.get(key);
  if (register?.accepted === ballot && register.promised === nextRound(ballot))
    register.next = register.promised;
  change.operations.forEach((operation, index) => {
    const { status, reply } = results[index] ?? missing;
    finish(site, operation, status, reply);
  });
  settled(site, key, change.proposed);
  goOn(site, change, nowMs);
}

/** The next operations of the key: applied together if one of them changes, read together if none does. */
function goOn(site: Site, change: KeyChange, nowMs: number): void {
  if (!takeWaiting(change)) return;
  change.proposed = undefined;
  begin(site, change, nowMs, false);
}

/** This node itself has promised more: the key is tried again above that. */
function outbid(site: Site, change: KeyChange, exceed: Ballot, nowMs: number): void {
  change.slot.highest = Math.max(change.slot.highest, exceed);
  backOff(site, change, nowMs);
}

/** Tries again after a time that is drawn and grows, so that proposers get out of each other's way. */
export function backOff(site: Site, change: KeyChange, nowMs: number): void {
  change.phase = 'backingOff';
  change.tries++;
  const spreadMs = 2 ** Math.min(9, change.tries);
  change.retryAtMs = nowMs + spreadMs * site.environment.random();
  raisePending(site);
}

export function askMembers(site: Site, change: KeyChange): void {
  for (let place = 0; place < change.slot.members.length; place++)
    if (place !== change.slot.place) askMember(site, change, place);
}

/** Once more, if it has not answered. */
export function askMember(site: Site, change: KeyChange, place: number): void {
  const { slot, key, ballot, phase, proposed } = change;
  const id = slot.members[place]?.id;
  if (id === undefined || (change.answered & (1 << place)) !== 0) return;
  const kind = phase === 'preparing' ? askKinds.prepare : askKinds.accept;
  ask(site, id, change, kind, slot, key, ballot, phase === 'accepting' ? proposed : undefined);
}

const overtaken = trustBytes('later changes hide whether this one took effect');
