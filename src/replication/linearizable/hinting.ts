/**
 * Hints: who should replicate what. A partition's home compares the natural group with the newest view it knows; a member that
 * is told of a difference drives the change, in its turn (V1 of docs/design/replication.md). Hints may be wrong or late.
 */
import type { Identifier } from '../../chord/identifier.js';
import type { Peer } from '../../peer.js';
import { naturalGroup, partitionIdentifier } from '../partition.js';
import { roundIn, roundsBeforeRenewal } from './ballot.js';
import { mayStartDriving, proposeNext, startDriving } from './deciding.js';
import type { GetViews, Suggest, Views, WarmUp } from './messages.js';
import { compareLed } from './repairing.js';
import { isDead, raisePending, seemsAlive, type Site } from './site.js';
import { slotOf, type Slot } from './slot.js';
import {
  driveDelayMs,
  hintMs,
  hintSoonMs,
  shortSettleMs,
  shrinkAfterMs,
  suggestionMs,
  transfersMax,
  viewSettleMs,
} from './timing.js';
import { isSameList, placeIn, quorumOf, type View } from './view.js';
import { warmUp } from './warming.js';

/** Looks at all that this node is home or member of. To be called when the ring changes, and every `hintMs`. */
export function hint(site: Site, nowMs: number): void {
  const { overlay } = site;
  site.hintsDueAtMs = nowMs + hintMs * (0.75 + site.environment.random() / 2);
  if (overlay === undefined) return;
  const unknown: number[] = [];
  const suggestions = new Map<Identifier, Suggest['suggestions'][number][]>();
  const { partitions } = site.environment.config;
  for (let partition = 0; partition < partitions; partition++) {
    if (!overlay.isHome(partitionIdentifier(partition, partitions))) continue;
    const slot = slotOf(site, partition);
    if (slot === undefined) continue;
    site.known.add(slot);
    if (slot.view === undefined) unknown.push(partition);
    else if (slot.status !== 'active') suggest(site, slot, slot.view, suggestions);
  }
  for (const [peer, list] of suggestions) {
    site.environment.send(peer, { type: 'suggest', from: site.self, suggestions: list });
  }
  if (unknown.length > 0) askForViews(site, neighbours(site), unknown);
  spreadViews(site);
  askForNewer(site);
  compareLed(site);
  if (site.departure !== 'none') tellLeaving(site);
  for (const slot of site.known) reconsider(site, slot, nowMs);
}

/** After a death, leaders are to take over first; and the ring that closes behind it changes several times. */
export function hintSoon(site: Site, nowMs: number): void {
  site.hintsDueAtMs = Math.min(site.hintsDueAtMs, nowMs + hintSoonMs);
  raisePending(site);
}

/** Drives a change of the partition's view if one is wanted and this node's turn has come. */
export function reconsider(site: Site, slot: Slot, nowMs: number): void {
  if (slot.status !== 'active') {
    site.concerned.delete(slot);
    return;
  }
  if (slot.phase !== 'steady') return;
  const target = wanted(site, slot, nowMs);
  const wipes = slot.flushes.length > 0;
  const renews = roundIn(slot.epoch, slot.highest) > roundsBeforeRenewal;
  const isSame = target === undefined || isSameList(target, slot.members);
  if (isSame && !wipes && !renews) {
    site.concerned.delete(slot);
    return;
  }
  let concern = site.concerned.get(slot);
  const names = (target ?? slot.members).map(({ id }) => id).join();
  if (concern === undefined || concern.names !== names) {
    concern = { names, sinceMs: nowMs, dueAtMs: nowMs };
    site.concerned.set(slot, concern);
  }
  const isUrgent = wipes || renews || slot.members.some(({ id }) => isDead(site, id) || site.leaving.has(id));
  const alive = slot.members.filter(({ id }) => seemsAlive(site, id));
  const turn = Math.max(
    0,
    alive.findIndex(({ id }) => id === site.self),
  );
  const settleMs = isShort(site, slot, target) ? shortSettleMs : isUrgent ? 0 : viewSettleMs;
  concern.dueAtMs = concern.sinceMs + settleMs + turn * driveDelayMs;
  if (nowMs >= concern.dueAtMs && mayStartDriving(site, nowMs)) {
    site.concerned.delete(slot);
    startDriving(site, slot, target ?? slot.members, wipes);
  } else raisePending(site);
}

/**
 * Whether the view would lose members without others in their place, though the home has not said so: what it suggested is older than
 * the news of who leaves. At once, it would leave two members of three, of which one may be dead without anybody's knowledge yet.
 */
function isShort(site: Site, slot: Slot, target: readonly Peer[] | undefined): boolean {
  if (target === undefined || site.overlay?.isHome(slot.identifier) === true) return false;
  return target.length < Math.min(slot.members.length, site.environment.config.replicas);
}

/** Drives what waited for others to be done. */
export function driveNext(site: Site, nowMs: number): void {
  proposeNext(site);
  if (site.concerned.size === 0 || !mayStartDriving(site, nowMs)) return;
  for (const [slot, { dueAtMs }] of [...site.concerned]) {
    if (nowMs < dueAtMs) continue;
    reconsider(site, slot, nowMs);
    if (!mayStartDriving(site, nowMs)) return;
  }
}

/** The home's word on partitions that this node is a member of. */
export function handleSuggest(site: Site, message: Suggest, nowMs: number): void {
  const newer: View[] = [];
  for (const { partition, epoch, group } of message.suggestions) {
    const slot = slotOf(site, partition);
    if (slot?.view === undefined) continue;
    if (slot.view.epoch > epoch) newer.push(slot.view);
    const { suggested } = slot;
    const isSame = suggested !== undefined && isSameList(suggested.group, group);
    slot.suggested = { group, sinceMs: isSame ? suggested.sinceMs : nowMs, heardAtMs: nowMs };
    reconsider(site, slot, nowMs);
  }
  if (newer.length > 0) site.environment.send(message.from, { type: 'views', from: site.self, views: newer });
}

/** Who tells of a view that is active here need not tell again. */
export function confirmActive(site: Site, message: Views): void {
  for (const { partition, epoch } of message.views) {
    const slot = site.slots[partition];
    if (slot?.status === 'active' && slot.epoch === epoch)
      site.environment.send(message.from, { type: 'activated', from: site.self, partition, epoch });
  }
}

export function answerGetViews(site: Site, message: GetViews): void {
  const views: View[] = [];
  for (const partition of message.partitions) {
    const slot = slotOf(site, partition);
    if (slot?.view === undefined) continue;
    views.push(slot.view);
    const { epoch } = slot.view;
    if (slot.status === 'active' && slot.epoch === epoch)
      site.environment.send(message.from, { type: 'activated', from: site.self, partition, epoch });
  }
  if (views.length > 0) site.environment.send(message.from, { type: 'views', from: site.self, views });
}

/** A driver asks this node to copy a partition in advance. The view has been learnt before. */
export function handleWarmUp(site: Site, message: WarmUp): void {
  const { view, from } = message;
  const { partition, epoch } = view;
  const slot = slotOf(site, partition);
  if (slot?.view === undefined || placeIn(view, site.self) !== -1) return;
  // Nobody else may be left of the driver's view to tell it.
  if (slot.view.epoch > epoch)
    return site.environment.send(from, { type: 'views', from: site.self, views: [slot.view] });
  if (slot.status === 'active' || slot.status === 'sealed') return;
  if (slot.status === 'warm' && slot.epoch === epoch) {
    site.environment.send(from, { type: 'warmedUp', from: site.self, partition, epoch });
    return;
  }
  let transfers = 0;
  for (const other of site.known) if (other !== slot && other.warming !== undefined) transfers++;
  // The driver asks again: by then others are done.
  if (transfers < transfersMax) warmUp(site, slot, view, from);
}

export function handleWantsToLeave(site: Site, from: Identifier): void {
  if (site.leaving.has(from)) return;
  site.leaving.add(from);
  site.hintsDueAtMs = 0;
  raisePending(site);
}

/** Tells everybody who might drive a change or be a home. */
export function tellLeaving(site: Site): void {
  const told = new Set(neighbours(site));
  for (const slot of site.known) {
    if (slot.view !== undefined && slot.status !== 'none')
      for (const { id } of slot.view.members) told.add(id);
  }
  told.delete(site.self);
  for (const id of told) site.environment.send(id, { type: 'wantsToLeave', from: site.self });
}

/** Who should be members after the present view; undefined when nothing is known to speak for a change. */
function wanted(site: Site, slot: Slot, nowMs: number): readonly Peer[] | undefined {
  const { members } = slot;
  const { replicas } = site.environment.config;
  const stays = ({ id }: Peer): boolean => !isDead(site, id) && !site.leaving.has(id);
  // Without a word from the home there is no saying who comes instead of those that go.
  const group = (naturalMembers(site, slot) ?? suggestedMembers(slot, nowMs))?.filter(stays);
  if (group === undefined) return undefined;
  const has = (list: readonly Peer[], peer: Peer): boolean => list.some(({ id }) => id === peer.id);
  for (const member of members) {
    if (group.length < replicas && stays(member) && !has(group, member)) group.push(member);
  }
  // A view is not made shorter because somebody died just now: a replacement may turn up.
  const shrinks = members.some(({ id }) => site.leaving.has(id));
  for (const member of members) {
    if (shrinks || group.length >= Math.min(replicas, members.length) || !isDead(site, member.id)) continue;
    if (nowMs - deadSinceMs(site, member.id, nowMs) < shrinkAfterMs) group.push(member);
  }
  const target = keepingQuorum(members, group, stays);
  // Another order of the same, some of them dead, is worth no change: there will be one when somebody can come instead.
  const isReordered = target.length === members.length && members.every((member) => has(target, member));
  if (isReordered && target.some(({ id }) => isDead(site, id))) return undefined;
  return target.filter(stays).length >= quorumOf(target) ? target : undefined;
}

/** When this node first looked at the member and found it dead. */
function deadSinceMs(site: Site, id: Identifier, nowMs: number): number {
  const sinceMs = Math.min(site.deadSinceMs.get(id) ?? nowMs, nowMs);
  site.deadSinceMs.set(id, sinceMs);
  return sinceMs;
}

/** The target, or the nearest list to it in which a quorum of the present members goes on. */
function keepingQuorum(
  members: readonly Peer[],
  target: readonly Peer[],
  stays: (peer: Peer) => boolean,
): readonly Peer[] {
  const isMember = (peer: Peer): boolean => members.some(({ id }) => id === peer.id);
  const quorum = quorumOf(members);
  const leavers = members.filter((peer) => stays(peer) && target.every(({ id }) => id !== peer.id));
  const list = [...target];
  while (list.filter(isMember).length < quorum && leavers.length > 0) {
    const newcomer = list.findLastIndex((peer) => !isMember(peer));
    const kept = leavers.shift();
    if (newcomer === -1 || kept === undefined) break;
    list.splice(newcomer, 1, kept);
  }
  return list;
}

/** By the own pointers, when this node is the home. */
function naturalMembers(site: Site, slot: Slot): Peer[] | undefined {
  const { overlay } = site;
  if (overlay?.isHome(slot.identifier) !== true) return undefined;
  const clockwise = overlay.homeOf(slot.identifier) ?? [overlay.self, ...overlay.successors];
  const staying = clockwise.filter(({ id }) => !site.leaving.has(id));
  return [...naturalGroup(staying, site.environment.config.replicas)];
}

function suggestedMembers(slot: Slot, nowMs: number): Peer[] | undefined {
  const { suggested } = slot;
  if (suggested === undefined || nowMs - suggested.heardAtMs > suggestionMs) return undefined;
  return [...suggested.group];
}

function suggest(
  site: Site,
  slot: Slot,
  view: View,
  suggestions: Map<Identifier, Suggest['suggestions'][number][]>,
): void {
  const group = naturalMembers(site, slot);
  if (group === undefined || group.length === 0) return;
  const isSettled = isSameList(group, view.members);
  if (isSettled && slot.incoming === undefined && placeIn(view, site.self) !== -1) return;
  const { partition } = slot;
  for (const { id } of view.members) {
    if (id === site.self || isDead(site, id)) continue;
    const list = suggestions.get(id) ?? [];
    list.push({ partition, epoch: view.epoch, group });
    suggestions.set(id, list);
  }
}

/**
 * Tells members that have not said they are active of their view, until they do: messages get lost, and who decided the view may be
 * dead. Former members wait for the answers, so that their registers can go (V7).
 */
function spreadViews(site: Site): void {
  const told = new Map<Identifier, View[]>();
  for (const { status, view, activated } of site.known) {
    if (view === undefined || (status !== 'sealed' && status !== 'active')) continue;
    for (const { id } of view.members) {
      if (id === site.self || activated.has(id) || isDead(site, id)) continue;
      const views = told.get(id) ?? [];
      views.push(view);
      told.set(id, views);
    }
  }
  for (const [peer, views] of told) site.environment.send(peer, { type: 'views', from: site.self, views });
}

/**
 * Who knows only a view that it takes no part in, that it wants to leave, or of which nobody else is left, asks what came after it: its
 * members may all have left, and then nobody tells. A home must know whom to speak to, a former member whether its registers may go.
 */
function askForNewer(site: Site): void {
  const asked = new Map<Identifier, number[]>();
  for (const { partition, status, phase, view, members } of site.known) {
    // One member alone decides; of several, a later view may have been decided while this one was out of sight.
    if (view === undefined || (status === 'active' && members.length === 1)) continue;
    const alive = view.members.filter(({ id }) => id !== site.self && seemsAlive(site, id));
    const isFormer = status === 'sealed' && placeIn(view, site.self) === -1;
    // Who was cut off while it was replaced waits to be, though it has been: the others have forgotten it.
    const waitsToLeave = site.departure !== 'none' && status === 'active' && phase === 'steady';
    if (alive.length > 0 && !isFormer && !waitsToLeave) continue;
    for (const id of alive.length > 0 ? alive.map((peer) => peer.id) : neighbours(site)) {
      const list = asked.get(id) ?? [];
      list.push(partition);
      asked.set(id, list);
    }
  }
  for (const [peer, partitions] of asked) askForViews(site, [peer], partitions);
}

function askForViews(site: Site, peers: Iterable<Identifier>, partitions: readonly number[]): void {
  for (const id of peers) site.environment.send(id, { type: 'getViews', from: site.self, partitions });
}

function neighbours(site: Site): Set<Identifier> {
  const { overlay } = site;
  const ids = new Set<Identifier>();
  for (const { id } of overlay?.successors ?? []) ids.add(id);
  if (overlay?.predecessor !== undefined) ids.add(overlay.predecessor.id);
  ids.delete(site.self);
  return ids;
}
