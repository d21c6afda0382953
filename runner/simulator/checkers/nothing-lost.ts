/**
 * `NothingLost`: no acknowledged change is lost while faults stay within what the eventual mode promises: "a crash loses
 * at most writes that were acknowledged and had not left the node" (replication.md, section 2, rule 7).
 *
 * Per key the ledger keeps a floor: the greatest version that was acknowledged. Some live node must hold it or a newer
 * one, always. Only a crash may lower the floor, to the newest version that a survivor holds: what the dead alone held had
 * not left it, or has been lost with all that it had gone to. A departure never lowers it. With k = 1 a crash lowers
 * the floors of all the dead node's records, which is what k = 1 promises.
 */
import type { ByteString } from '../../../src/bytes.js';
import type { NodeInspection, RecordSnapshot } from '../../../actors/node/runtime.js';
import { compareVersions, describeRecord, newestCopy, type LiveNodes } from './record-versions.js';

export interface AcknowledgementLedger {
  /** The node is about to tell a client that its change of the key is done. Answers what is wrong, if anything. */
  acknowledged(node: NodeInspection, key: ByteString): string | undefined;
  /** A node crashed; `survivors` does not contain it any more. */
  crashed(dead: NodeInspection, survivors: LiveNodes): void;
  /** A node left, having handed over. Answers what only it held, if anything. */
  left(gone: NodeInspection, remaining: LiveNodes): string | undefined;
  /** Answers the first acknowledged change that nobody holds any more, or undefined. */
  findLost(nodes: LiveNodes): string | undefined;
  /** Floors lowered by crashes so far: changes that the mode may lose, and lost. */
  readonly allowedLosses: number;
}

export function createAcknowledgementLedger(): AcknowledgementLedger {
  const floors = new Map<ByteString, RecordSnapshot>();
  let allowedLosses = 0;

  const findLostKey = (key: ByteString, floor: RecordSnapshot, nodes: LiveNodes): string | undefined => {
    const newest = newestCopy(nodes, key);
    if (newest !== undefined && compareVersions(newest.version, floor.version) >= 0) return undefined;
    // A tombstone may be forgotten once its time is over; then nobody may hold anything older either.
    if (newest === undefined && floor.value === undefined) return undefined;
    const rest =
      newest === undefined ? 'nobody holds the key' : `the newest copy is ${describeRecord(newest)}`;
    return `"${key}": acknowledged ${describeRecord(floor)}, but ${rest}`;
  };
  return {
    acknowledged(node, key) {
      const copy = node.copyOf(key);
      if (copy === undefined) return `"${key}" was acknowledged by a node that does not hold it`;
      const floor = floors.get(key);
      if (floor === undefined || compareVersions(copy.version, floor.version) > 0) floors.set(key, copy);
      return undefined;
    },
    crashed(dead, survivors) {
      for (const copy of dead.copies()) {
        const floor = floors.get(copy.key);
        if (floor === undefined) continue;
        const newest = newestCopy(survivors, copy.key);
        if (newest !== undefined && compareVersions(newest.version, floor.version) >= 0) continue;
        allowedLosses++;
        if (newest === undefined) floors.delete(copy.key);
        else floors.set(copy.key, newest);
      }
    },
    left(gone, remaining) {
      for (const copy of gone.copies()) {
        const floor = floors.get(copy.key);
        if (floor === undefined) continue;
        const lost = findLostKey(copy.key, floor, remaining);
        if (lost !== undefined) return lost;
      }
      return undefined;
    },
    findLost(nodes) {
      for (const [key, floor] of floors) {
        const lost = findLostKey(key, floor, nodes);
        if (lost !== undefined) return lost;
      }
      return undefined;
    },
    get allowedLosses() {
      return allowedLosses;
    },
  };
}
