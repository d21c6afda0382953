/**
 * Changes: R5 and R5a of docs/design/replication.md. At most one proposal of a key is in flight at a coordinator; what
 * arrives meanwhile is applied together in the next one.
 */
import { trustBytes, type ByteString } from '../../bytes.js';
import type { Identifier } from '../../chord/identifier.js';
import { statuses } from '../../wire/requests.js';
import { raisePending } from '../engine-state.js';
import { noBallot, type Ballot } from './ballot.js';
import { countBits } from './bits.js';
import { forget, isRead, takeWaiting, type KeyChange, type Operation } from './key-change.js';
import { outcomes } from './packed-asks.js';
import { acceptedBy, askMember, askMembers, backOff, begin, prepareAnew, promisedBy } from './proposing.js';
import type { RegisterState } from './register.js';
import { finish, noQuorum, redo } from './requests.js';
import type { Site } from './site.js';
import type { Slot } from './slot.js';
import { resendMs, resendMsMax } from './timing.js';

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

/** Asks a member that has become active what it could not answer before: to wait until all are asked again would take longer. */
export function askNewlyActive(site: Site, slot: Slot, peer: Identifier): void {
  if (slot.changes.size === 0) return;
  const place = slot.members.findIndex(({ id }) => id === peer);
  if (place === -1 || place === slot.place) return;
  for (const change of slot.changes.values())
    if (change.phase !== 'backingOff' && change.epoch === slot.epoch) askMember(site, change, place);
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
  if (!takeWaiting(change)) return;
  change.ballot = noBallot;
  if (slot.status === 'active' && change.epoch === slot.epoch) prepareAnew(site, change, nowMs);
  else backOff(site, change, nowMs);
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

const movedAway = trustBytes('the partition changed hands: the change may have taken effect');
