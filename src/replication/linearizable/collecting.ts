/**
 * Collecting tombstones (R8 of docs/design/replication.md): one that every member holds at the same ballot is dropped
 * everywhere, the leader's own last, so that it is found again when a message is lost.
 */
import type { ByteString } from '../../bytes.js';
import { raisePending } from '../engine-state.js';
import { isPlanted } from '../environment.js';
import { drop } from './acceptor.js';
import { ask } from './asking.js';
import { noBallot, type Ballot, type Epoch } from './ballot.js';
import { countBits } from './bits.js';
import { changeKey } from './changing.js';
import { askKinds, outcomes } from './packed-asks.js';
import { operationOfRead } from './reading.js';
import { nobody } from './requests.js';
import type { Site } from './site.js';
import type { Slot } from './slot.js';
import { collectMs, resendMs } from './timing.js';

export interface Collection {
  readonly kind: 'collection';
  readonly slot: Slot;
  readonly epoch: Epoch;
  readonly key: ByteString;
  readonly ballot: Ballot;
  phase: 'confirming' | 'dropping';
  /** Members, by place, that answered in this phase. */
  answered: number;
  sentAtMs: number;
  tries: number;
}

/** Tombstones that one partition collects at a time. */
const collectedAtOnce = 256;
const triesMax = 5;

/** Looks for tombstones of a led partition now and then, and asks again for what was not answered. */
export function collectTombstones(site: Site, slot: Slot, nowMs: number): void {
  if (!slot.led || slot.status !== 'active') {
    slot.collections.clear();
    return;
  }
  for (const collection of slot.collections.values()) {
    if (nowMs - collection.sentAtMs < resendMs * 2 ** collection.tries) continue;
    if (collection.epoch !== slot.epoch || ++collection.tries > triesMax)
      slot.collections.delete(collection.key);
    else askRest(site, collection, nowMs);
  }
  if (slot.collections.size > 0) raisePending(site);
  if (slot.tombstones === 0 || nowMs - slot.collectedAtMs < collectMs) return;
  slot.collectedAtMs = nowMs;
  for (const register of slot.records.values()) {
    if (slot.collections.size >= collectedAtOnce) break;
    if (!register.tombstone || slot.changes.has(register.key) || slot.collections.has(register.key)) continue;
    const collection: Collection = {
      kind: 'collection',
      slot,
      epoch: slot.epoch,
      key: register.key,
      ballot: register.accepted,
      phase: 'confirming',
      answered: 1 << slot.place,
      sentAtMs: nowMs,
      tries: 0,
    };
    slot.collections.set(register.key, collection);
    askRest(site, collection, nowMs);
    advance(site, collection, nowMs);
  }
}

export function collectionAnswered(
  site: Site,
  collection: Collection,
  place: number,
  asked: number,
  outcome: number,
  ballot: Ballot,
  nowMs: number,
): void {
  const { slot, key } = collection;
  if (slot.collections.get(key) !== collection || slot.epoch !== collection.epoch) return;
  const isConfirming = collection.phase === 'confirming';
  if (isConfirming !== (asked === askKinds.read)) return;
  if (
    isConfirming ? outcome === outcomes.held && ballot === collection.ballot : outcome === outcomes.dropped
  ) {
    collection.answered |= 1 << place;
    advance(site, collection, nowMs);
    return;
  }
  slot.collections.delete(key);
  // A member that missed the delete gets it with the identity.
  if (outcome === outcomes.held && slot.status === 'active' && slot.led) {
    site.requests++;
    changeKey(site, slot, key, operationOfRead(nobody, 0, nowMs), nowMs, true);
  }
}

function advance(site: Site, collection: Collection, nowMs: number): void {
  const { slot, key, ballot } = collection;
  const enough = isPlanted(site.environment, 'dropWithoutAll') ? slot.quorum : slot.members.length;
  if (countBits(collection.answered) < enough) return;
  if (collection.phase === 'confirming') {
    collection.phase = 'dropping';
    collection.answered = 1 << slot.place;
    collection.tries = 0;
    askRest(site, collection, nowMs);
    if (countBits(collection.answered) < enough) return;
  }
  slot.collections.delete(key);
  const register = slot.records.get(key);
  if (register !== undefined && !slot.changes.has(key)) drop(site, slot, register, ballot);
}

function askRest(site: Site, collection: Collection, nowMs: number): void {
  const { slot, key, ballot, phase, answered } = collection;
  collection.sentAtMs = nowMs;
  for (const [place, { id }] of slot.members.entries()) {
    if ((answered & (1 << place)) !== 0) continue;
    if (phase === 'confirming') ask(site, id, collection, askKinds.read, slot, key, noBallot, undefined);
    else ask(site, id, collection, askKinds.drop, slot, key, ballot, undefined);
  }
}
