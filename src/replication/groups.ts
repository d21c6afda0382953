/**
 * Who replicates what: a partition's home computes the natural group from its own successors and tells the members, who
 * believe the nearest live node after the partition's first point that claims to be its home.
 */
import { between, type Identifier } from '../chord/identifier.js';
import type { Overlay } from '../overlay.js';
import type { Peer } from '../peer.js';
import { setLed } from '../store.js';
import { tickClock } from './hybrid-clock.js';
import { forgetConfirmations } from './keeping.js';
import type { ToldGroup } from './messages.js';
import { memberList } from './outbox.js';
import { naturalGroup } from './partition.js';
import { raisePending } from './engine-state.js';
import { know, type PartitionState, type Replica } from './replica.js';

/** Takes a new view of the ring: groups of partitions homed here are computed anew, roles everywhere. */
export function takeOverlay(replica: Replica, overlay: Overlay): void {
  const isFirst = replica.overlay === undefined;
  replica.overlay = overlay;
  replica.memberLists.clear();
  if (isFirst && replica.environment.founders.length > 0) foundGroups(replica);
  const groups = new Map<string, readonly Peer[]>();
  const nowMs = replica.environment.clock.nowMs();
  for (const partition of replica.partitions) {
    if (overlay.isHome(partition.identifier) && !believesNearer(replica, partition, replica.self)) {
      const computed = ownGroup(replica, overlay, partition);
      const name = computed.map((peer) => peer.id).join();
      const group = groups.get(name) ?? computed;
      groups.set(name, group);
      claimGroup(replica, partition, group, nowMs);
    } else refreshRole(replica, partition);
  }
  raisePending(replica);
}

/** Believes what a home, or another in its name, says of groups; unless a nearer home is known. */
export function takeToldGroups(replica: Replica, told: readonly ToldGroup[]): void {
  const nowMs = replica.environment.clock.nowMs();
  for (const { home, asOf, members, ranges } of told) {
    if (home === replica.self || replica.overlay?.isDead(home) === true) continue;
    for (let index = 0; index + 1 < ranges.length; index += 2) {
      for (let number = ranges[index] ?? 0; number <= (ranges[index + 1] ?? -1); number++) {
        const partition = replica.partitions[number];
        if (partition === undefined) continue;
        if (believesNearer(replica, partition, home)) {
          if (partition.home === replica.self) replica.toTell.add(home);
          continue;
        }
        if (partition.home === home && asOf < partition.groupAsOf) continue;
        partition.groupAsOf = asOf;
        partition.toldAtMs = nowMs;
        replica.groupAsks.delete(number);
        setGroup(replica, partition, members, home);
      }
    }
  }
}

/** What to tell a peer of the given partitions: equal groups share one entry. Unknown groups are left out. */
export function groupsToTell(partitions: Iterable<PartitionState>): ToldGroup[] {
  const told = new Map<
    string,
    { home: Identifier; asOf: number; members: readonly Peer[]; ranges: number[] }
  >();
  for (const { partition, home, group, groupAsOf } of partitions) {
    if (home === undefined || group.length === 0) continue;
    const name = [home, groupAsOf, ...group.map((peer) => peer.id)].join();
    let entry = told.get(name);
    if (entry === undefined) {
      entry = { home, asOf: groupAsOf, members: group, ranges: [] };
      told.set(name, entry);
    }
    const last = entry.ranges.length - 1;
    if (entry.ranges[last] === partition - 1) entry.ranges[last] = partition;
    else entry.ranges.push(partition, partition);
  }
  return [...told.values()];
}

/** Works out role, leader and other members from group and deaths; what was led elsewhere is redirected by the caller's tick. */
export function refreshRole(replica: Replica, partition: PartitionState): void {
  if (partition.group.length === 0 && !partition.led && partition.others.length === 0) return;
  const { overlay, self } = replica;
  const announced = replica.departure === 'announced';
  const live = partition.group.filter((peer) => overlay?.isDead(peer.id) !== true).map((peer) => peer.id);
  const others = live.filter((id) => id !== self);
  partition.member = live.includes(self);
  partition.readable = partition.member && partition.copy === 'complete' && !announced;
  setLed(replica.store, partition, live[0] === self && !announced);
  if (others.join() === partition.others.join()) {
    partition.others = memberList(replica, partition.others);
    return;
  }
  partition.others = memberList(replica, others);
  partition.unsynced.clear();
  for (const id of others) partition.unsynced.add(id);
  for (const id of partition.equalAt.keys()) if (!others.includes(id)) partition.equalAt.delete(id);
}

/** Sets a group as its home says it; whoever is new in it starts filling, whoever is not in it any more stays a holder. */
function setGroup(
  replica: Replica,
  partition: PartitionState,
  group: readonly Peer[],
  home: Identifier,
): void {
  const before = partition.group;
  const wasMember = partition.member;
  const isTeller = home === replica.self || partition.home === replica.self;
  const isSame =
    before.length === group.length && before.every((peer, index) => peer.id === group[index]?.id);
  partition.home = home;
  if (isSame) return;
  know(replica, partition);
  partition.group = group;
  refreshRole(replica, partition);
  partition.peerCopies.clear();
  if (isTeller) for (const peer of [...before, ...group]) replica.toTell.add(peer.id);
  if (partition.member && partition.copy === 'none') {
    partition.copy = 'filling';
    partition.fillingSinceMs = replica.environment.clock.nowMs();
  } else if (!partition.member && partition.copy === 'filling') partition.copy = 'none';
  if (wasMember !== partition.member) forgetConfirmations(replica, partition);
  raisePending(replica);
}

function claimGroup(
  replica: Replica,
  partition: PartitionState,
  group: readonly Peer[],
  nowMs: number,
): void {
  const before = partition.group;
  partition.toldAtMs = nowMs;
  replica.groupAsks.delete(partition.partition);
  setGroup(replica, partition, group, replica.self);
  if (partition.group !== before || partition.groupAsOf === 0) {
    partition.groupAsOf = tickClock(replica.hybridClock, nowMs);
  }
  refreshRole(replica, partition);
}

/** Whether another live home is known that is nearer to the partition, clockwise, than the claimant. */
function believesNearer(replica: Replica, partition: PartitionState, claimant: Identifier): boolean {
  const { home, identifier } = partition;
  if (home === undefined || home === claimant) return false;
  const isHome = home === replica.self ? replica.overlay?.isHome(identifier) : !replica.overlay?.isDead(home);
  return isHome === true && isNearer(identifier, home, claimant);
}

/** Whether a comes before b on the way clockwise from the point. */
function isNearer(point: Identifier, a: Identifier, b: Identifier): boolean {
  return a !== b && b !== point && (a === point || between(point, a, b));
}

/** The natural group by the own pointers; without this node when it is about to leave. */
function ownGroup(replica: Replica, overlay: Overlay, partition: PartitionState): readonly Peer[] {
  const { config } = replica.environment;
  const clockwise = overlay.homeOf(partition.identifier) ?? [overlay.self, ...overlay.successors];
  if (replica.departure === 'none') return naturalGroup(clockwise, config.replicas);
  const staying = clockwise.filter((peer) => peer.id !== replica.self);
  return naturalGroup(staying.length === 0 ? clockwise : staying, config.replicas);
}

/** Founders know all groups of the first ring, and hold, each of its own, all that there is: nothing. */
function foundGroups(replica: Replica): void {
  const { founders, config, clock } = replica.environment;
  const ring = [...founders].sort((a, b) => (a.id < b.id ? -1 : 1));
  const nowMs = clock.nowMs();
  const isOneHost = ring.every(({ host }) => host === ring[0]?.host);
  // Of nodes of one host, the k after a point are its group: who is not among them need not look on.
  const reach = isOneHost ? Math.min(config.replicas, ring.length) : ring.length;
  const groups = new Map<number, readonly Peer[]>();
  let first = 0;
  for (const partition of replica.partitions) {
    // Partitions and nodes are both in ring order, so the home only moves on; after the last node it is the first.
    while (first < ring.length && (ring[first]?.id ?? '') < partition.identifier) first++;
    const home = first === ring.length ? 0 : first;
    let group = groups.get(home);
    if (group === undefined) {
      const clockwise = Array.from({ length: reach }, (_, step) => ring[(home + step) % ring.length]);
      group = naturalGroup(
        clockwise.filter((peer) => peer !== undefined),
        config.replicas,
      );
      groups.set(home, group);
    }
    if (!group.some((peer) => peer.id === replica.self)) continue;
    know(replica, partition);
    partition.group = group;
    partition.home = ring[home]?.id;
    partition.toldAtMs = nowMs;
    partition.copy = 'complete';
    refreshRole(replica, partition);
    partition.unsynced.clear();
    for (const id of partition.others) partition.equalAt.set(id, 0);
  }
}
