/** Versions and copies as checkers compare them (replication.md, section 2). */
import type { NodeInspection, RecordSnapshot, VersionSnapshot } from '../../../actors/node/runtime.js';
import type { Identifier } from '../../../src/chord/identifier.js';

/** Every live node's inside, in no promised order. */
export type LiveNodes = ReadonlyMap<Identifier, NodeInspection>;

/** Negative when `left` is older, 0 when they are the same version. */
export function compareVersions(left: VersionSnapshot, right: VersionSnapshot): number {
  if (left.clock !== right.clock) return left.clock - right.clock;
  if (left.node === right.node) return 0;
  return left.node < right.node ? -1 : 1;
}

/** The copy with the greatest version that any of the nodes holds. */
export function newestCopy(nodes: LiveNodes, key: RecordSnapshot['key']): RecordSnapshot | undefined {
  let newest: RecordSnapshot | undefined;
  for (const node of nodes.values()) {
    const copy = node.copyOf(key);
    if (copy !== undefined && (newest === undefined || compareVersions(copy.version, newest.version) > 0)) {
      newest = copy;
    }
  }
  return newest;
}

/** A record for a report: its version, and its value's beginning. */
export function describeRecord(record: RecordSnapshot): string {
  const { clock, node } = record.version;
  const value = record.value === undefined ? 'tombstone' : `"${record.value.slice(0, 40)}"`;
  return `${value} of version ${clock}@${node.slice(0, 8)}`;
}
