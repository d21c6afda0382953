/** Who should be members of a partition's next view (V1 of docs/design/replication.md), as far as this node can say. */
import type { Identifier } from '../../chord/identifier.js';
import type { Peer } from '../../peer.js';
import { isDead } from '../engine-state.js';
import { naturalGroup } from '../partition.js';
import type { Site } from './site.js';
import type { Slot } from './slot.js';
import { shrinkAfterMs, suggestionMs } from './timing.js';
import { quorumOf } from './view.js';

/** Who should be members after the present view; undefined when nothing is known to speak for a change. */
export function wanted(site: Site, slot: Slot, nowMs: number): readonly Peer[] | undefined {
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

/** By the own pointers, when this node is the home. */
export function naturalMembers(site: Site, slot: Slot): Peer[] | undefined {
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

/** When this node first looked at the member and found it dead. */
function deadSinceMs(site: Site, id: Identifier, nowMs: number): number {
  const sinceMs = Math.min(site.deadSinceMs.get(id) ?? nowMs, nowMs);
  site.deadSinceMs.set(id, sinceMs);
  return sinceMs;
}
