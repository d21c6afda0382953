/** The acceptor of a node's registers: R1 to R4 and R8 of docs/design/replication.md, without a thought for who asks. */
import { emptyBytes, type ByteString } from '../../bytes.js';
import { addRecord, bytesOf, changeRecord, removeRecord } from '../../store.js';
import { isPlanted } from '../environment.js';
import { nextRound, noBallot, type Ballot } from './ballot.js';
import type { RegisterAsks } from './messages.js';
import {
  askKinds,
  createWriter,
  finishWriter,
  outcomes,
  visitAsks,
  writeBallot,
  writeOutcome,
  writePromise,
} from './packed-asks.js';
import { createRegister, stateOf, type Register, type RegisterState } from './register.js';
import { detach, type Site } from './site.js';
import { slotOf, type Slot } from './slot.js';
import type { View } from './view.js';

/** Answers a batch of asks; what is asked in another epoch is answered with the newest view known. */
export function answerAsks(site: Site, message: RegisterAsks): void {
  const writer = createWriter();
  const views = new Set<View>();
  const anyEpoch = isPlanted(site.environment, 'anyEpoch');
  visitAsks(message.asks, (kind, partition, key, epoch, ballot, state) => {
    const slot = slotOf(site, partition);
    if (slot === undefined || slot.status !== 'active' || (slot.epoch !== epoch && !anyEpoch)) {
      if (slot?.view !== undefined && slot.view.epoch > epoch) views.add(slot.view);
      writeOutcome(writer, outcomes.wrongView);
      return;
    }
    const register = slot.records.get(key);
    if (kind === askKinds.read) {
      writeBallot(writer, outcomes.held, register?.accepted ?? noBallot);
    } else if (kind === askKinds.prepare) {
      const exceed = prepare(site, slot, key, register, ballot);
      if (exceed === noBallot)
        writePromise(writer, register?.accepted ?? noBallot, stateOf(register, slot.versionFloor));
      else writeBallot(writer, outcomes.refused, exceed);
    } else if (kind === askKinds.accept && state !== undefined) {
      if (state.value !== undefined) state.value = detach(site, state.value);
      const exceed = accept(site, slot, key, register, ballot, state);
      if (exceed === noBallot) writeOutcome(writer, outcomes.accepted);
      else writeBallot(writer, outcomes.refused, exceed);
    } else if (kind === askKinds.drop) {
      if (drop(site, slot, register, ballot)) writeOutcome(writer, outcomes.dropped);
      else writeBallot(writer, outcomes.refused, ballot);
    } else writeOutcome(writer, outcomes.wrongView);
  });
  const { requestId, from } = message;
  const answers = finishWriter(writer);
  site.environment.send(from, {
    type: 'registerAnswers',
    from: site.self,
    requestId,
    answers,
    views: [...views],
  });
}

/** R2. Returns the ballot to exceed, or none when promised. A coordinator that asks again under the same ballot is promised again. */
export function prepare(
  site: Site,
  slot: Slot,
  key: ByteString,
  register: Register | undefined,
  ballot: Ballot,
): Ballot {
  const promised = register?.promised ?? slot.promises.get(key) ?? noBallot;
  const accepted = register?.accepted ?? noBallot;
  const floor = register === undefined ? slot.floor : noBallot;
  const again = ballot === promised && ballot > accepted;
  if ((!again && ballot <= promised) || ballot <= slot.promisedAll || ballot < accepted || ballot <= floor) {
    return Math.max(promised, slot.promisedAll, accepted, floor);
  }
  if (register === undefined) slot.promises.set(again ? key : detach(site, key), ballot);
  else register.promised = ballot;
  slot.highest = Math.max(slot.highest, ballot);
  return noBallot;
}

/**
 * R3, and O1 (a): whoever is accepted has thereby prepared its next round. Returns the ballot to exceed, or none when
 * accepted; a repetition of what was accepted is accepted again.
 */
export function accept(
  site: Site,
  slot: Slot,
  key: ByteString,
  register: Register | undefined,
  ballot: Ballot,
  state: RegisterState,
): Ballot {
  const promised = register?.promised ?? slot.promises.get(key) ?? noBallot;
  const accepted = register?.accepted ?? noBallot;
  if (accepted === ballot) return noBallot;
  const floor = register === undefined ? slot.floor : noBallot;
  if (ballot < promised || ballot < slot.promisedAll || ballot < accepted || ballot <= floor) {
    return Math.max(promised, slot.promisedAll, accepted, floor);
  }
  const next = nextRound(ballot);
  const written = store(site, slot, key, register, ballot, state);
  written.promised = next;
  written.next = noBallot;
  slot.highest = Math.max(slot.highest, next);
  return noBallot;
}

/** R8: removes a tombstone that all members accepted at the ballot. Returns false when something else is held. */
export function drop(site: Site, slot: Slot, register: Register | undefined, ballot: Ballot): boolean {
  if (register === undefined) return slot.floor >= ballot;
  const isUntouched = register.accepted === ballot && register.promised <= nextRound(ballot);
  if (!isUntouched || !register.tombstone) return false;
  if (!isPlanted(site.environment, 'dropWithoutFloor')) {
    // Higher than the rule asks: what was promised beyond the tombstone is not forgotten with it.
    slot.floor = Math.max(slot.floor, register.promised);
    slot.versionFloor = Math.max(slot.versionFloor, register.version);
  }
  remove(site, slot, register);
  return true;
}

/** Puts a state into a slot's register, as accepted at the ballot. The only way in. */
export function store(
  site: Site,
  slot: Slot,
  key: ByteString,
  register: Register | undefined,
  ballot: Ballot,
  state: RegisterState,
): Register {
  const value = state.value === undefined ? emptyBytes : state.value;
  const isTombstone = state.value === undefined;
  let held = register;
  if (held === undefined) {
    const kept = detach(site, key);
    held = createRegister(slot, kept);
    held.promised = slot.promises.get(key) ?? noBallot;
    slot.promises.delete(key);
    held.value = value;
    held.expiresAt = state.expiresAt;
    held.tombstone = isTombstone;
    addRecord(site.store, held);
  } else {
    if (held.tombstone) site.tombstoneBytes -= bytesOf(held.key, emptyBytes);
    changeRecord(site.store, held, value, state.expiresAt, isTombstone);
  }
  if (isTombstone) site.tombstoneBytes += bytesOf(held.key, emptyBytes);
  held.accepted = ballot;
  held.version = state.version;
  held.recent = state.recent;
  return held;
}

export function remove(site: Site, slot: Slot, register: Register): void {
  if (register.tombstone) site.tombstoneBytes -= bytesOf(register.key, emptyBytes);
  removeRecord(site.store, register);
  slot.promises.delete(register.key);
}
