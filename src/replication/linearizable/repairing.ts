/**
 * Repairing: a member that missed a change (lost message, pause) gets it from the leader when the partition is quiet. What it is
 * sent it accepts like any late accept (R3), so that nothing here can be unsafe.
 */
import type { ByteString } from '../../bytes.js';
import type { Identifier } from '../../chord/identifier.js';
import { accept } from './acceptor.js';
import { noBallot } from './ballot.js';
import { changeKey } from './changing.js';
import { ask, askPage, createIncoming, isWhole, type Incoming } from './incoming.js';
import type { CompareRegisters, Fetched, RegistersEqual, SettleKeys } from './messages.js';
import { unpackRegisters } from './packed-registers.js';
import { becomeUniform } from './leading.js';
import { operationOfRead } from './reading.js';
import { bucketOfHash, digestBuckets } from './registers-digest.js';
import { nobody } from './requests.js';
import { seemsAlive, type Site } from './site.js';
import type { Slot } from './slot.js';
import { phaseMs } from './timing.js';

/** A repair that is not answered for so long is given up: the next comparison begins another. */
const abandonedMs = 10 * phaseMs;
/** Keys that one repair has settled; the next comparison goes on. */
const settledAtOnce = 256;

/** Of quiet partitions whose members were found equal, the share that is compared again in each round. */
const comparedAgain = 1 / 16;

/**
 * Has the members of led partitions compare, when a partition has come to rest, until each was found equal. By lot they compare again, not
 * all partitions at once: a member that the leader cannot see may have led meanwhile, or taken a late proposal of another.
 */
export function compareLed(site: Site): void {
  const asked = new Map<Identifier, CompareRegisters['partitions'][number][]>();
  for (const slot of site.known) {
    if (!slot.led || slot.changes.size > 0) continue;
    if (slot.settledAt !== slot.highest) {
      slot.settledAt = slot.highest;
      slot.equalMembers.clear();
      continue;
    }
    if (slot.equalMembers.size > 0 && site.environment.random() < comparedAgain) slot.equalMembers.clear();
    const behind = slot.members.filter(
      ({ id }) => id !== site.self && !slot.equalMembers.has(id) && seemsAlive(site, id),
    );
    if (behind.length === 0) continue;
    const [low = 0, high = 0] = digestBuckets(slot.records.values(), 1);
    for (const { id } of behind) {
      const partitions = asked.get(id) ?? [];
      partitions.push({ partition: slot.partition, epoch: slot.epoch, low, high });
      asked.set(id, partitions);
    }
  }
  for (const [id, partitions] of asked) {
    site.environment.send(id, { type: 'compareRegisters', from: site.self, partitions });
  }
}

/** Who was out of sight for a while may have changed what others did not hear of, or missed what they changed. */
export function doubtEqual(site: Site, id: Identifier): void {
  for (const slot of site.known) slot.equalMembers.delete(id);
}

export function answerCompare(site: Site, message: CompareRegisters): void {
  const equal: RegistersEqual['partitions'][number][] = [];
  for (const { partition, epoch, low, high } of message.partitions) {
    const slot = site.slots[partition];
    if (slot === undefined || slot.status !== 'active' || slot.epoch !== epoch) continue;
    const [ownLow = 0, ownHigh = 0] = digestBuckets(slot.records.values(), 1);
    if (ownLow === low && ownHigh === high) equal.push({ partition, epoch });
    else if (slot.repairing === undefined) {
      slot.repairing = createIncoming(site, slot, undefined, epoch);
      ask(site, slot, slot.repairing, message.from);
    }
  }
  if (equal.length > 0)
    site.environment.send(message.from, { type: 'registersEqual', from: site.self, partitions: equal });
}

/** Unless something has changed meanwhile: then the partition comes to rest, and is compared, again. */
export function handleEqual(site: Site, message: RegistersEqual): void {
  for (const { partition, epoch } of message.partitions) {
    const slot = site.slots[partition];
    if (slot?.epoch !== epoch || slot.status !== 'active' || slot.settledAt !== slot.highest) continue;
    slot.equalMembers.add(message.from);
    if (slot.equalMembers.size === slot.members.length - 1) becomeUniform(site, slot);
  }
}

/** Takes a page of what was missed. False: the answer is not to a repair. */
export function handleRepair(site: Site, message: Fetched): boolean {
  const slot = site.slots[message.partition];
  const repairing = slot?.repairing;
  const source = repairing?.sources.get(message.from);
  if (slot === undefined || repairing === undefined || source?.requestId !== message.requestId) return false;
  if (message.kind !== 'copy' || slot.status !== 'active' || slot.epoch !== message.epoch) {
    slot.repairing = undefined;
    return true;
  }
  const keys = takeStates(site, slot, repairing, message);
  if (keys.length > 0) {
    const { partition, epoch } = slot;
    site.environment.send(message.from, { type: 'settleKeys', from: site.self, partition, epoch, keys });
  }
  repairing.sinceMs = site.environment.clock.nowMs();
  source.nextBucket = message.nextBucket;
  if (isWhole(repairing, source)) slot.repairing = undefined;
  else askPage(site, slot, repairing, message.from, source);
  return true;
}

/** The leader's side: an identity change makes all members equal. */
export function settleKeys(site: Site, message: SettleKeys, nowMs: number): void {
  const slot = site.slots[message.partition];
  if (slot === undefined || !slot.led || slot.epoch !== message.epoch) return;
  for (const key of message.keys.slice(0, settledAtOnce)) {
    site.requests++;
    changeKey(site, slot, key, operationOfRead(nobody, 0, nowMs), nowMs, true);
  }
}

export function tickRepair(site: Site, slot: Slot, nowMs: number): void {
  if (slot.repairing !== undefined && nowMs - slot.repairing.sinceMs > abandonedMs)
    slot.repairing = undefined;
}

/** Accepts what may be accepted; returns the keys that differ all the same. */
function takeStates(site: Site, slot: Slot, repairing: Incoming, message: Fetched): ByteString[] {
  const states = unpackRegisters(message.registers, (text) => site.environment.detach(text));
  const theirs = new Set<string>();
  const keys: ByteString[] = [];
  for (const state of states) {
    theirs.add(state.key);
    const register = slot.records.get(state.key);
    const refused = accept(site, slot, state.key, register, state.accepted, state) !== noBallot;
    if (refused && register?.accepted !== state.accepted) keys.push(state.key);
  }
  const buckets = repairing.buckets;
  const different = new Set(message.different);
  for (const { key, keyHash } of slot.records.values()) {
    if (different.has(bucketOfHash(keyHash, buckets)) && !theirs.has(key)) keys.push(key);
  }
  return keys.slice(0, settledAtOnce);
}
