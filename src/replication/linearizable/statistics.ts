/** What a site shows of itself: counters for administration, a digest for snapshots, all registers for checkers. */
import type { NodeStats } from '../../admin.js';
import type { ByteString } from '../../bytes.js';
import type { Peer } from '../../peer.js';
import type { CopySnapshot } from '../engine.js';
import { partitionsWithoutQuorum } from './quorum-watch.js';
import { digestBuckets } from './registers-digest.js';
import type { Register } from './register.js';
import { isDead, type Site } from './site.js';
import { countLed } from './whole-partitions.js';

/** Costs a look at every partition held. */
export function siteStats(site: Site): NodeStats {
  let held = 0;
  let led = 0;
  let bytes = 0;
  let tombstones = 0;
  let below = 0;
  for (const slot of site.known) {
    held += slot.live;
    bytes += slot.bytes;
    tombstones += slot.tombstones;
    if (!slot.led) continue;
    led += slot.live;
    const alive = slot.members.filter(({ id }) => !isDead(site, id) && slot.activated.has(id)).length;
    if (alive < site.environment.config.replicas) below += slot.live;
  }
  const records = countLed(site, site.environment.clock.nowMs());
  const { counters } = site;
  return {
    ...counters,
    records,
    copies: held - led,
    bytes,
    tombstones,
    recordsBelowReplicas: below,
    clockSkewed: 0,
    partitionsWithoutQuorum: partitionsWithoutQuorum(site),
  };
}

export function ledBy(site: Site): { readonly partitions: number; readonly records: number } {
  let partitions = 0;
  let records = 0;
  for (const slot of site.known) {
    if (!slot.led) continue;
    partitions++;
    records += slot.live;
  }
  return { partitions, records };
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
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}

export function* copiesOf(site: Site): Generator<CopySnapshot> {
  for (const { records } of site.known) for (const register of records.values()) yield snapshotOf(register);
}

export function copyOf(site: Site, key: ByteString): CopySnapshot | undefined {
  for (const { records } of site.known) {
    const register = records.get(key);
    if (register !== undefined) return snapshotOf(register);
  }
  return undefined;
}

/** Members of all views that this node has to do with. */
export function peersOf(site: Site): Iterable<Peer> {
  const peers = new Map<Peer['id'], Peer>();
  for (const { view } of site.known) for (const peer of view?.members ?? []) peers.set(peer.id, peer);
  return peers.values();
}

function snapshotOf(register: Register): CopySnapshot {
  const { shelf, key, tombstone, value, accepted } = register;
  const { partition } = shelf;
  return { partition, key, value: tombstone ? undefined : value, version: { clock: accepted, node: '' } };
}
