/**
 * Leading: who coordinates a partition, and the claim to all its keys at once (O1 b of docs/design/replication.md). The first
 * member that seems alive leads; two that think so at once harm nothing but speed.
 */
import type { Identifier } from '../../chord/identifier.js';
import { setLed } from '../../store.js';
import { raisePending } from '../engine-state.js';
import { isPlanted } from '../environment.js';
import { noBallot } from './ballot.js';
import { countBits } from './bits.js';
import type { PrepareAll, PreparedAll, Uniform } from './messages.js';
import { digestBuckets } from './registers-digest.js';
import { seemsAlive, type Site } from './site.js';
import { ballotAbove, slotOf, type Slot } from './slot.js';
import { collectMs, resendMs } from './timing.js';
import type { View } from './view.js';

/** Repetitions of a claim; then each key pays for its own first round. */
const claimTriesMax = 4;

export function isLeading(site: Site, slot: Slot): boolean {
  if (slot.status !== 'active' || site.departure === 'announced') return false;
  // Of the members that seem alive the first: the lowest bit is this node's.
  return (slot.alive & -slot.alive) === 1 << slot.place;
}

/** Claims the partition when this node has come to lead it, and lets it go when it has not. */
export function refreshLead(site: Site, slot: Slot, nowMs: number): void {
  slot.alive = 0;
  for (const [place, { id }] of slot.members.entries()) if (seemsAlive(site, id)) slot.alive |= 1 << place;
  const leads = isLeading(site, slot);
  setLed(site.store, slot, leads);
  if (!leads) slot.lead = 'none';
  else if (slot.lead === 'none') claim(site, slot, nowMs);
}

/** Sends a claim again that was not answered, or lost to a higher ballot. */
export function tickLead(site: Site, slot: Slot, nowMs: number): boolean {
  if (slot.status !== 'active') return false;
  // A collected tombstone has raised the floor above the claim: new keys would pay a round trip each.
  const isSpent = slot.lead === 'clean' && slot.floor >= slot.leadBallot && slot.changes.size === 0;
  if (isSpent && nowMs - slot.leadSentAtMs >= collectMs) claim(site, slot, nowMs);
  if (slot.lead !== 'asking') return false;
  if (nowMs - slot.leadSentAtMs < 2 * resendMs * 2 ** slot.leadTries) return true;
  // Refused, a claim is made anew; unanswered, it is repeated, for a higher one would be refused by what this node itself prepares.
  if (slot.highest > slot.leadBallot && slot.leadTries === 0 && slot.changes.size === 0)
    claim(site, slot, nowMs);
  else if (++slot.leadTries > claimTriesMax) slot.lead = 'unclean';
  else {
    slot.leadSentAtMs = nowMs;
    askForClaim(site, slot);
  }
  return true;
}

/** The acceptor's side: promises every key at once, unless some key was promised or accepted as high. */
export function answerPrepareAll(site: Site, message: PrepareAll): void {
  const views: View[] = [];
  const blindly = isPlanted(site.environment, 'prepareAllBlindly');
  const partitions = message.partitions.map(
    ({ partition, epoch, ballot, low, high }): PreparedAll['partitions'][number] => {
      const slot = slotOf(site, partition);
      const answer = { partition, epoch, ballot, exceed: noBallot, equal: false };
      if (slot === undefined || slot.status !== 'active' || slot.epoch !== epoch) {
        if (slot?.view !== undefined && slot.view.epoch > epoch) views.push(slot.view);
        return { ...answer, outcome: 'wrongView' };
      }
      // A repetition, nothing having been promised since, is promised again.
      const isRepeated = slot.promisedAll === ballot && slot.highest === ballot;
      if (slot.highest >= ballot && !isRepeated && !blindly)
        return { ...answer, outcome: 'refused', exceed: slot.highest };
      slot.promisedAll = Math.max(slot.promisedAll, ballot);
      slot.highest = Math.max(slot.highest, ballot);
      // Below what is promised for all keys now.
      slot.promises.clear();
      const digest = digestBuckets(slot.records.values(), 1);
      return { ...answer, outcome: 'promised', equal: blindly || (digest[0] === low && digest[1] === high) };
    },
  );
  const { from, requestId } = message;
  site.environment.send(from, { type: 'preparedAll', from: site.self, requestId, partitions, views });
}

export function handlePreparedAll(site: Site, message: PreparedAll, nowMs: number): void {
  for (const { partition, epoch, ballot, outcome, exceed, equal } of message.partitions) {
    const slot = site.slots[partition];
    if (slot === undefined || slot.epoch !== epoch || slot.status !== 'active') continue;
    slot.highest = Math.max(slot.highest, exceed);
    if (slot.lead === 'none' || slot.leadBallot !== ballot) continue;
    const bit = 1 << slot.members.findIndex((peer) => peer.id === message.from);
    if (outcome === 'promised' && equal) confirm(site, slot, bit);
    else if (slot.lead !== 'asking') continue;
    // A member that is behind, or that promised more to another: every key then pays for its own first round.
    else if (outcome === 'refused') {
      if (slot.changes.size > 0) slot.lead = 'unclean';
      else
        slot.leadSentAtMs = Math.min(slot.leadSentAtMs, nowMs - resendMs * (1 + site.environment.random()));
    } else if (outcome === 'promised') {
      slot.leadUnequal |= bit;
      if (countBits(slot.leadUnequal) > slot.members.length - slot.quorum) slot.lead = 'unclean';
    }
  }
}

/** A member of the view has become active after the claim was made: it is asked, too. */
export function claimFrom(site: Site, slot: Slot, peer: Identifier): void {
  if (slot.lead === 'none' || slot.uniform || slot.promisedAll !== slot.leadBallot) return;
  const [low = 0, high = 0] = digestBuckets(slot.records.values(), 1);
  queueClaim(site, peer, slot, low, high);
}

/** All members hold the same: whatever a quorum holds of earlier epochs was chosen. The others are told, for each may come to lead. */
export function becomeUniform(site: Site, slot: Slot): void {
  if (slot.uniform) return;
  slot.uniform = true;
  const { partition, epoch } = slot;
  for (const { id } of slot.members) {
    if (id === site.self) continue;
    const told = site.asking.uniform.get(id) ?? [];
    told.push({ partition, epoch });
    site.asking.uniform.set(id, told);
  }
}

export function handleUniform(site: Site, message: Uniform): void {
  for (const { partition, epoch } of message.partitions) {
    const slot = site.slots[partition];
    if (slot?.status === 'active' && slot.epoch === epoch) slot.uniform = true;
  }
}

function confirm(site: Site, slot: Slot, bit: number): void {
  slot.leadAnswers |= bit;
  const members = countBits(slot.leadAnswers);
  if (slot.lead === 'asking' && members >= slot.quorum) slot.lead = 'clean';
  if (members === slot.members.length) becomeUniform(site, slot);
}

function claim(site: Site, slot: Slot, nowMs: number): void {
  slot.leadBallot = ballotAbove(slot);
  slot.highest = slot.leadBallot;
  slot.promisedAll = slot.leadBallot;
  slot.leadAnswers = 0;
  slot.leadUnequal = 0;
  slot.promises.clear();
  slot.leadSentAtMs = nowMs;
  slot.leadTries = 0;
  slot.lead = 'asking';
  askForClaim(site, slot);
  confirm(site, slot, 1 << slot.place);
  raisePending(site);
}

/** Asks the members that have not answered. */
function askForClaim(site: Site, slot: Slot): void {
  const [low = 0, high = 0] = digestBuckets(slot.records.values(), 1);
  for (const [place, { id }] of slot.members.entries()) {
    const hasAnswered = ((slot.leadAnswers | slot.leadUnequal) & (1 << place)) !== 0;
    if (id !== site.self && !hasAnswered) queueClaim(site, id, slot, low, high);
  }
}

function queueClaim(site: Site, peer: Identifier, slot: Slot, low: number, high: number): void {
  const { partition, epoch, leadBallot } = slot;
  const claims = site.asking.claims.get(peer) ?? [];
  claims.push({ partition, epoch, ballot: leadBallot, low, high });
  site.asking.claims.set(peer, claims);
}
