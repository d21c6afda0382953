/**
 * Deciding the next view: single-decree Paxos among the members of the present one (V2 to V4 of docs/design/replication.md).
 * Driver and acceptor; the chart of the partition gives the time-outs (`viewDue`).
 */
import type { Identifier } from '../../chord/identifier.js';
import type { Peer } from '../../peer.js';
import { isDead, raisePending } from '../engine-state.js';
import { nextEpoch } from './ballot.js';
import { countAnswer } from './bits.js';
import { learnView } from './learning.js';
import { slotOf, type Slot } from './slot.js';
import { claimFlushes } from './whole-partitions.js';
import type { AcceptView, PrepareView, ViewAccepted, ViewPromised, ViewRefused } from './messages.js';
import { seal, setPhase } from './phases.js';
import { seemsAlive, type Site } from './site.js';
import { changesMax, driveAllMs, driveEveryMs, warmForMs, warmingMax } from './timing.js';
import type { View } from './view.js';

export interface Driving {
  /** Who is to be a member, and whether the records go. */
  readonly target: readonly Peer[];
  readonly wipes: boolean;
  ballot: number;
  /** The highest ballot heard of in refusals. */
  exceed: number;
  /** Members, by place, that promised or accepted. */
  answered: number;
  answers: number;
  bestBallot: number;
  best: View | undefined;
  view: View | undefined;
  tries: number;
}

/** A driver that gets no further gives up, unless it is sealed: then somebody must finish. */
const triesMax = 40;
const placesPerRound = 8;

/** Whether one more change may begin: not while many newcomers copy, and not all at once after a death. */
export function mayStartDriving(site: Site, nowMs: number): boolean {
  return nowMs >= site.driveAtMs && countUnderWay(site).warming < warmingMax;
}

/** Has newcomers copy the partition; the view is proposed when they have. Only while active and steady. */
export function startDriving(site: Site, slot: Slot, target: readonly Peer[], wipes: boolean): void {
  const waiting = Math.max(1, site.concerned.size);
  const newcomers = newcomersOf(site, slot, target);
  if (!wipes || newcomers.length > 0)
    site.driveAtMs = site.environment.clock.nowMs() + Math.min(driveEveryMs, driveAllMs / waiting);
  slot.driving = createDriving(target, wipes);
  setPhase(site, slot, 'warming');
  askToWarmUp(site, slot, newcomers);
  proposeNext(site);
}

/** Proposes views whose newcomers have copied the partition, a few at a time. Ends every entry into the site. */
export function proposeNext(site: Site): void {
  if (site.betweenViews.size === 0) return;
  let { changing } = countUnderWay(site);
  for (const slot of site.betweenViews) {
    if (changing >= changesMax) return;
    const { driving } = slot;
    if (slot.phase !== 'warming' || driving === undefined || slot.status !== 'active') continue;
    if (newcomersOf(site, slot, driving.target).length > 0) continue;
    changing++;
    prepareView(site, slot, driving);
  }
}

/** View changes of this node's partitions that have not timed out: these may wait for somebody who is gone, and hold up nobody. */
function countUnderWay(site: Site): { readonly warming: number; readonly changing: number } {
  let [warming, changing] = [0, 0];
  for (const { phase, tries } of site.betweenViews) {
    if (tries > 0) continue;
    if (phase === 'warming') warming++;
    else changing++;
  }
  return { warming, changing };
}

/** A newcomer has copied the partition. */
export function warmedUp(site: Site, slot: Slot, from: Identifier): void {
  slot.warm.set(from, site.environment.clock.nowMs());
}

/** The phase has lasted its time. */
export function decidingDue(site: Site, slot: Slot): void {
  const { phase, driving } = slot;
  if (phase === 'sealed') {
    slot.driving = createDriving(slot.nextView?.members ?? slot.members, false);
    prepareView(site, slot, slot.driving);
  } else if (driving === undefined) setPhase(site, slot, slot.status === 'sealed' ? 'sealed' : 'steady');
  else if (slot.status === 'active' && (++driving.tries > triesMax || isOutdated(site, driving))) {
    slot.driving = undefined;
    setPhase(site, slot, 'steady');
    site.hintsDueAtMs = 0;
    raisePending(site);
  } else if (slot.status !== 'active') prepareView(site, slot, driving);
  else {
    // Newcomers that have answered lately need not again; of the others some may be cut off by now.
    const newcomers = newcomersOf(site, slot, driving.target);
    if (newcomers.length === 0 && phase !== 'warming') return prepareView(site, slot, driving);
    setPhase(site, slot, 'warming');
    askToWarmUp(site, slot, newcomers);
  }
}

export function answerPrepareView(site: Site, message: PrepareView): void {
  const { partition, epoch, ballot, from } = message;
  const slot = slotOf(site, partition);
  if (slot === undefined || !isVoter(slot, epoch)) return tellView(site, slot, from, epoch);
  if (ballot < slot.nextPromised) return refuse(site, slot, from, epoch, ballot);
  slot.nextPromised = ballot;
  const { nextAccepted: accepted, nextView } = slot;
  const value = nextView ?? null;
  site.environment.send(from, {
    type: 'viewPromised',
    from: site.self,
    partition,
    epoch,
    ballot,
    accepted,
    value,
  });
}

export function answerAcceptView(site: Site, message: AcceptView): void {
  const { ballot, view, from } = message;
  const { partition, previousEpoch: epoch } = view;
  const slot = slotOf(site, partition);
  if (slot === undefined || !isVoter(slot, epoch)) return tellView(site, slot, from, epoch);
  if (ballot < slot.nextPromised) return refuse(site, slot, from, epoch, ballot);
  acceptView(site, slot, ballot, view);
  site.environment.send(from, { type: 'viewAccepted', from: site.self, partition, epoch, ballot });
}

export function handleViewPromised(site: Site, message: ViewPromised): void {
  const slot = site.slots[message.partition];
  if (slot === undefined || slot.phase !== 'preparing' || slot.epoch !== message.epoch) return;
  promised(site, slot, message.from, message.ballot, message.accepted, message.value ?? undefined);
}

export function handleViewAccepted(site: Site, message: ViewAccepted): void {
  const slot = site.slots[message.partition];
  if (slot === undefined || slot.phase !== 'accepting' || slot.epoch !== message.epoch) return;
  accepted(site, slot, message.from, message.ballot);
}

export function handleViewRefused(site: Site, message: ViewRefused): void {
  const slot = site.slots[message.partition];
  const driving = slot?.driving;
  if (driving === undefined || driving.ballot !== message.ballot || slot?.epoch !== message.epoch) return;
  driving.exceed = Math.max(driving.exceed, message.promised);
}

function prepareView(site: Site, slot: Slot, driving: Driving): void {
  const above = Math.max(slot.nextPromised, driving.exceed, driving.ballot);
  driving.ballot = (Math.floor(above / placesPerRound) + 1) * placesPerRound + slot.place;
  driving.answered = 0;
  driving.answers = 0;
  driving.bestBallot = 0;
  driving.best = undefined;
  slot.nextPromised = driving.ballot;
  setPhase(site, slot, 'preparing');
  const { partition, epoch } = slot;
  const { ballot } = driving;
  for (const id of others(site, slot)) {
    site.environment.send(id, { type: 'prepareView', from: site.self, partition, epoch, ballot });
  }
  promised(site, slot, site.self, ballot, slot.nextAccepted, slot.nextView);
}

function promised(
  site: Site,
  slot: Slot,
  from: Identifier,
  ballot: number,
  acceptedBallot: number,
  value: View | undefined,
): void {
  const driving = answeredBy(slot, from, ballot);
  if (driving === undefined) return;
  if (value !== undefined && acceptedBallot > driving.bestBallot) {
    driving.bestBallot = acceptedBallot;
    driving.best = value;
  }
  // A promise to another driver, given meanwhile, forbids this node to accept its own view.
  if (driving.answers < slot.quorum || slot.nextPromised > ballot) return;
  const view = driving.best ?? viewAfter(slot, driving);
  if (view.wipes && driving.best === undefined) claimFlushes(slot, view.epoch);
  driving.view = view;
  driving.answered = 0;
  driving.answers = 0;
  setPhase(site, slot, 'accepting');
  acceptView(site, slot, ballot, view);
  for (const id of others(site, slot)) {
    site.environment.send(id, { type: 'acceptView', from: site.self, ballot, view });
  }
  accepted(site, slot, site.self, ballot);
}

function accepted(site: Site, slot: Slot, from: Identifier, ballot: number): void {
  const driving = answeredBy(slot, from, ballot);
  if (driving?.view === undefined || driving.answers < slot.quorum) return;
  const { view } = driving;
  const concerned = new Set([...view.members, ...view.previous].map(({ id }) => id));
  concerned.delete(site.self);
  for (const id of concerned) site.environment.send(id, { type: 'views', from: site.self, views: [view] });
  learnView(site, view);
}

/** The change that this node drives, if this is a member's first answer to its present ballot. */
function answeredBy(slot: Slot, from: Identifier, ballot: number): Driving | undefined {
  const { driving, members } = slot;
  const place = members.findIndex(({ id }) => id === from);
  if (place === -1 || driving?.ballot !== ballot || !countAnswer(driving, place)) return undefined;
  return driving;
}

function acceptView(site: Site, slot: Slot, ballot: number, view: View): void {
  seal(site, slot);
  slot.nextPromised = ballot;
  slot.nextAccepted = ballot;
  slot.nextView = view;
  if (slot.driving?.ballot !== ballot) {
    slot.driving = undefined;
    setPhase(site, slot, 'sealed');
  }
}

function viewAfter(slot: Slot, { target, wipes }: Driving): View {
  const { partition, epoch, members } = slot;
  return {
    partition,
    epoch: nextEpoch(epoch),
    members: target,
    previousEpoch: epoch,
    previous: members,
    wipes,
  };
}

/** V2: only replicas that are, or were, active in the epoch vote on what follows it, until they know. */
function isVoter(slot: Slot, epoch: number): boolean {
  const wasActive = slot.status === 'active' || slot.status === 'sealed';
  return wasActive && slot.epoch === epoch && slot.view?.epoch === epoch;
}

function refuse(site: Site, slot: Slot, to: Identifier, epoch: number, ballot: number): void {
  const { partition, nextPromised } = slot;
  const from = site.self;
  site.environment.send(to, { type: 'viewRefused', from, partition, epoch, ballot, promised: nextPromised });
}

function tellView(site: Site, slot: Slot | undefined, to: Identifier, epoch: number): void {
  if (slot?.view === undefined || slot.view.epoch <= epoch) return;
  site.environment.send(to, { type: 'views', from: site.self, views: [slot.view] });
}

function askToWarmUp(site: Site, slot: Slot, newcomers: readonly Peer[]): void {
  const { view } = slot;
  if (view === undefined) return;
  for (const { id } of newcomers) site.environment.send(id, { type: 'warmUp', from: site.self, view });
}

/** Those that have not copied the partition, or not said so lately: who is cut off must not become a member. */
export function newcomersOf(site: Site, slot: Slot, target: readonly Peer[]): readonly Peer[] {
  const sinceMs = site.environment.clock.nowMs() - warmForMs;
  return target.filter(
    ({ id }) =>
      (slot.warm.get(id) ?? -Infinity) < sinceMs && slot.members.every((member) => member.id !== id),
  );
}

/** Somebody who was to be a member has died or wants to leave. */
function isOutdated(site: Site, { target }: Driving): boolean {
  return target.some(({ id }) => isDead(site, id) || site.leaving.has(id) || !seemsAlive(site, id));
}

function others(site: Site, slot: Slot): Identifier[] {
  return slot.members.filter(({ id }) => id !== site.self).map(({ id }) => id);
}

function createDriving(target: readonly Peer[], wipes: boolean): Driving {
  return {
    target,
    wipes,
    ballot: 0,
    exceed: 0,
    answered: 0,
    answers: 0,
    bestBallot: 0,
    best: undefined,
    view: undefined,
    tries: 0,
  };
}
