/** What a site shows of itself: counters for administration, a digest for snapshots, all registers for checkers. */
import type { NodeStats } from '../../admin.js';
import type { ByteString } from '../../bytes.js';
import type { Peer } from '../../peer.js';
import { hexWord } from '../../words.js';
import type { CopySnapshot } from '../engine.js';
import { isDead } from '../engine-state.js';
import { countShelves, findRecord } from '../shelf-counts.js';
import { partitionsWithoutQuorum } from './quorum-watch.js';
import { digestBuckets } from './registers-digest.js';
import type { Register } from './register.js';
import type { Site } from './site.js';

/** Costs a look at every partition held. */
export function siteStats(site: Site): NodeStats {
  return {
    ...site.counters,
    ...countShelves(site.known, site.environment.clock.nowMs()),
    recordsBelowReplicas: countBelowReplicas(site),
    clockSkewed: 0,
    partitionsWithoutQuorum: partitionsWithoutQuorum(site),
  };
}

/** Equal for equal registers: 16 hexadecimal characters over all partitions held. */
export function siteDigest(site: Site): string {
  let low = 0;
  let high = 0;
  for (const { records } of site.known) {
    const [sum = 0, other = 0] = digestBuckets(records.values(), 1);
    low = (low + sum) % 0x1_0000_0000;
    high = (high + other) % 0x1_0000_0000;
  }
  return hexWord(high) + hexWord(low);
}

export function* copiesOf(site: Site): Generator<CopySnapshot> {
  for (const { records } of site.known) for (const register of records.values()) yield snapshotOf(register);
}

export function copyOf(site: Site, key: ByteString): CopySnapshot | undefined {
  const register = findRecord(site.known, key);
  return register === undefined ? undefined : snapshotOf(register);
}

/** Members of all views that this node has to do with. */
export function peersOf(site: Site): Iterable<Peer> {
  const peers = new Map<Peer['id'], Peer>();
  for (const { view } of site.known) for (const peer of view?.members ?? []) peers.set(peer.id, peer);
  return peers.values();
}

/** Live records led of which a member is dead or not active yet. */
function countBelowReplicas(site: Site): number {
  const { replicas } = site.environment.config;
  let below = 0;
  for (const { led, live, members, activated } of site.known) {
    if (!led) continue;
    const alive = members.filter(({ id }) => !isDead(site, id) && activated.has(id)).length;
    if (alive < replicas) below += live;
  }
  return below;
}

function snapshotOf(register: Register): CopySnapshot {
  const { shelf, key, tombstone, value, accepted } = register;
  const { partition } = shelf;
  return { partition, key, value: tombstone ? undefined : value, version: { clock: accepted, node: '' } };
}
