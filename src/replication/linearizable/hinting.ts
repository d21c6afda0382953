/**
 * Hints: who should replicate what. A partition's home compares the natural group with the newest view it knows; a member that
 * is told of a difference drives the change, in its turn (V1 of docs/design/replication.md). Hints may be wrong or late.
 */
import type { Identifier } from '../../chord/identifier.js';
import type { Peer } from '../../peer.js';
import { isDead, raisePending } from '../engine-state.js';
import { partitionIdentifier } from '../partition.js';
import { roundIn, roundsBeforeRenewal } from './ballot.js';
import { mayStartDriving, newcomersOf, proposeNext, startDriving } from './deciding.js';
import { tellLeaving } from './departing.js';
import type { Suggest } from './messages.js';
import { compareLed } from './repairing.js';
import { seemsAlive, type Site } from './site.js';
import { slotOf, type Slot } from './slot.js';
import { askForNewer, askForViews, neighbours, spreadViews } from './spreading.js';
import { driveDelayMs, hintMs, hintSoonMs, shortSettleMs, viewSettleMs } from './timing.js';
import { isSameList, placeIn, type View } from './view.js';
import { naturalMembers, wanted } from './wanted.js';

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
  const next = target ?? slot.members;
  // A client waits for a wipe, for which nobody copies anything but who is to become a member.
  const isFree = wipes && newcomersOf(site, slot, next).length === 0;
  if (nowMs >= concern.dueAtMs && (isFree || mayStartDriving(site, nowMs))) {
    site.concerned.delete(slot);
    startDriving(site, slot, next, wipes);
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
