/** Partitions: the circle cut into P = 2^p equal arcs; a key's partition is the first p bits of its identifier (architecture.md). */
import { trustIdentifier, type Identifier } from '../chord/identifier.js';
import type { Peer } from '../peer.js';
import { hexWord } from '../words.js';

/** The partition of a key whose identifier starts with the given 32 bits. `partitions` is a power of two. */
export function partitionOfFirstWord(firstWord: number, partitions: number): number {
  // Shifting by 32 shifts by nothing.
  return partitions === 1 ? 0 : (firstWord >>> 0) >>> (32 - Math.round(Math.log2(partitions)));
}

/** A partition's identifier: the first point of its arc. */
export function partitionIdentifier(partition: number, partitions: number): Identifier {
  let known = identifiersBySize.get(partitions);
  if (known === undefined) {
    known = Array.from({ length: partitions }, (_, index) => firstPoint(index, partitions));
    identifiersBySize.set(partitions, known);
  }
  return known[partition] ?? firstPoint(partition, partitions);
}

/** Every node of a process needs the same ones. */
const identifiersBySize = new Map<number, readonly Identifier[]>();

function firstPoint(partition: number, partitions: number): Identifier {
  const bits = Math.round(Math.log2(partitions));
  const firstWord = bits === 0 ? 0 : partition * 2 ** (32 - bits);
  return trustIdentifier(hexWord(firstWord) + '0'.repeat(32));
}

/**
 * The natural group of a partition: from its home clockwise, first one node per host until hosts run out, then
 * further nodes, to k. `clockwise` starts with the home.
 */
export function naturalGroup(clockwise: readonly Peer[], replicas: number): readonly Peer[] {
  const group: Peer[] = [];
  const hosts = new Set<string>();
  for (const peer of clockwise) {
    if (group.length === replicas) return group;
    if (hosts.has(peer.host)) continue;
    hosts.add(peer.host);
    group.push(peer);
  }
  for (const peer of clockwise) {
    if (group.length === replicas) break;
    if (!group.includes(peer)) group.push(peer);
  }
  return group;
}
