/** Watches for partitions that cannot serve, because too many members of their view are gone: shown in logs and statistics. */
import type { WithoutQuorum } from '../../admin.js';
import type { Peer } from '../../peer.js';
import { describeEpoch } from './ballot.js';
import { seemsAlive, type Site } from './site.js';
import type { Slot } from './slot.js';
import { lossShownMs } from './timing.js';
import { neededOf, placeIn, quorumOf } from './view.js';

/** Since when a partition has no quorum in this node's opinion. */
export interface Loss {
  readonly sinceMs: number;
  /** It has lasted: views that change look like this for a moment. */
  readonly isShown: boolean;
  readonly what: WithoutQuorum;
}

const namedMax = 8;

/** To be called as often as hints are due. */
export function watchQuorums(site: Site, nowMs: number): void {
  const lost: WithoutQuorum[] = [];
  const back: number[] = [];
  for (const slot of site.known) {
    const before = site.losses.get(slot);
    const what = lossOf(site, slot);
    if (what === undefined) {
      if (before === undefined) continue;
      site.losses.delete(slot);
      if (before.isShown) back.push(slot.partition);
      continue;
    }
    const sinceMs = Math.min(before?.sinceMs ?? nowMs, nowMs);
    const isShown = nowMs - sinceMs >= lossShownMs;
    site.losses.set(slot, { sinceMs, isShown, what });
    if (isShown && before?.isShown !== true) lost.push(what);
  }
  const { log } = site.environment;
  if (lost.length > 0)
    log?.('warn', 'partitions have no quorum and wait for their members, or to be recovered with loss', {
      partitions: lost.length,
      first: lost.slice(0, namedMax),
    });
  if (back.length > 0)
    log?.('info', 'partitions have a quorum again', {
      partitions: back.length,
      first: back.slice(0, namedMax),
    });
}

/** What this node, as a member or home, knows to be without a quorum. */
export function partitionsWithoutQuorum(site: Site): WithoutQuorum[] {
  return [...site.losses.values()].filter(({ isShown }) => isShown).map(({ what }) => what);
}

function lossOf(site: Site, slot: Slot): WithoutQuorum | undefined {
  const { partition, view, incoming } = slot;
  const isHome = site.overlay?.isHome(slot.identifier) === true;
  if (view === undefined)
    return isHome ? { partition, epoch: 'unknown', members: [], waitsFor: [] } : undefined;
  const { members, previous, epoch } = view;
  const alive = countAlive(site, members);
  // Who takes no part may know an old view: only a home that finds nobody left of it speaks.
  if (placeIn(view, site.self) === -1 && (!isHome || alive > 0)) return undefined;
  const misses = (peers: readonly Peer[]): WithoutQuorum => ({
    partition,
    epoch: describeEpoch(epoch),
    members: addressesOf(members),
    waitsFor: addressesOf(peers.filter(({ id }) => !seemsAlive(site, id))),
  });
  if (alive < quorumOf(members)) return misses(members);
  const hasCopy = [...slot.activated].some((id) => seemsAlive(site, id));
  const isStuck = incoming?.view === view && !hasCopy && countAlive(site, previous) < neededOf(view);
  return isStuck ? misses(previous) : undefined;
}

function countAlive(site: Site, peers: readonly Peer[]): number {
  return peers.filter(({ id }) => seemsAlive(site, id)).length;
}

function addressesOf(peers: readonly Peer[]): string[] {
  return peers.map(({ address }) => address);
}
