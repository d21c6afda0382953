/** `EqualCopies`: after quiet every record has exactly k equal copies, on its partition's natural group, and nobody is filling. */
import type { ByteString } from '../../../src/bytes.js';
import type { RecordSnapshot } from '../../../actors/node/runtime.js';
import type { Identifier } from '../../../src/chord/identifier.js';
import type { Peer } from '../../../src/peer.js';
import { naturalGroup, partitionIdentifier } from '../../../src/replication/partition.js';
import { compareVersions, describeRecord, type LiveNodes } from './record-versions.js';
import { brief, firstFrom } from './ring-view.js';

/** What keeps the copies from being equal and in place, or undefined. `members` in ring order. */
export function findUnequalCopies(
  nodes: LiveNodes,
  members: readonly Peer[],
  replicas: number,
  partitions: number,
): string | undefined {
  for (const [id, node] of nodes) {
    const [partition] = node.filling();
    if (partition !== undefined) return `${brief(id)} is still filling partition ${partition}`;
  }
  const groups = new Map<number, readonly Identifier[]>();
  const groupOf = (partition: number): readonly Identifier[] => {
    const known = groups.get(partition);
    if (known !== undefined) return known;
    const group = groupOfPartition(partition, members, replicas, partitions);
    groups.set(partition, group);
    return group;
  };
  for (const [key, copies] of gatherCopies(nodes)) {
    const problem = findUnequalCopy(key, copies, groupOf);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** The natural group that the true ring gives a partition, its home first. */
export function groupOfPartition(
  partition: number,
  members: readonly Peer[],
  replicas: number,
  partitions: number,
): readonly Identifier[] {
  const sorted = members.map((peer) => peer.id);
  const home = firstFrom(sorted, partitionIdentifier(partition, partitions)) % Math.max(1, sorted.length);
  const clockwise = [...members.slice(home), ...members.slice(0, home)];
  return naturalGroup(clockwise, replicas).map((peer) => peer.id);
}

function gatherCopies(nodes: LiveNodes): Map<ByteString, Map<Identifier, RecordSnapshot>> {
  const gathered = new Map<ByteString, Map<Identifier, RecordSnapshot>>();
  for (const [id, node] of nodes) {
    for (const copy of node.copies()) {
      const holders = gathered.get(copy.key);
      if (holders === undefined) gathered.set(copy.key, new Map([[id, copy]]));
      else holders.set(id, copy);
    }
  }
  return gathered;
}

function findUnequalCopy(
  key: ByteString,
  copies: ReadonlyMap<Identifier, RecordSnapshot>,
  groupOf: (partition: number) => readonly Identifier[],
): string | undefined {
  const [first] = copies.values();
  if (first === undefined) return undefined;
  const group = groupOf(first.partition);
  for (const holder of copies.keys()) {
    if (!group.includes(holder)) {
      return `"${key}" of partition ${first.partition} is held by ${brief(holder)}, outside of ${group.map(brief).join(' ')}`;
    }
  }
  for (const copy of copies.values()) {
    if (compareVersions(copy.version, first.version) !== 0 || copy.value !== first.value) {
      return `"${key}" differs: ${describeRecord(first)} and ${describeRecord(copy)}`;
    }
  }
  // Members may forget a tombstone at different times.
  if (first.value === undefined || copies.size === group.length) return undefined;
  const missing = group.filter((id) => !copies.has(id)).map(brief);
  return `"${key}" of partition ${first.partition} is missing at ${missing.join(' ')}`;
}
