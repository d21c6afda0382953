/**
 * Placement: which identifiers nodes get (chord.md, "Placement"). `hash` is the paper's (Stoica et al. 2001, section 4):
 * eight nodes may differ tenfold in load. `balanced` takes the best of O(log N) hashes: they differ about twofold.
 */
import { bytesFromText } from '../bytes.js';
import type { Placement } from '../config.js';
import type { Peer } from '../peer.js';
import { distance, type Identifier } from './identifier.js';
import { sha1 } from './sha1.js';

/** A node that has no identifier yet. */
export type Unplaced = Omit<Peer, 'id'>;

/** Hashes tried per doubling of the ring; more give evener arcs and cost a SHA-1 each. */
const samplesPerBit = 8;

/** The node with its identifier, among those that exist already, in any order. */
export function placeNode(node: Unplaced, existing: readonly Identifier[], placement: Placement): Peer {
  return placeAmong(node, [...existing].sort(), placement);
}

/** N founders placed at once, one after the other, in the order given: O(N log N) hashes. */
export function placeNodes(nodes: readonly Unplaced[], placement: Placement): readonly Peer[] {
  const sorted: Identifier[] = [];
  return nodes.map((node) => {
    const peer = placeAmong(node, sorted, placement);
    sorted.splice(firstNotBefore(sorted, peer.id), 0, peer.id);
    return peer;
  });
}

function placeAmong(node: Unplaced, sorted: readonly Identifier[], placement: Placement): Peer {
  return { ...node, id: placement === 'hash' ? hashedIdentifier(node) : balancedIdentifier(node, sorted) };
}

/** SHA-1 of `address#incarnation`: a restarted node has another identifier. */
export function hashedIdentifier(node: Unplaced): Identifier {
  return sha1(bytesFromText(`${node.address}#${node.incarnation}`));
}

/** Of the hashes of `address#incarnation/i`, the one that splits the widest arc: whose smaller part is greatest. */
function balancedIdentifier(node: Unplaced, sorted: readonly Identifier[]): Identifier {
  const samples = samplesPerBit * Math.ceil(Math.log2(sorted.length + 2));
  let best = hashedIdentifier(node);
  let bestPart = smallerPart(best, sorted);
  for (let index = 0; index < samples; index++) {
    const sample = sha1(bytesFromText(`${node.address}#${node.incarnation}/${index}`));
    const part = smallerPart(sample, sorted);
    if (part <= bestPart) continue;
    best = sample;
    bestPart = part;
  }
  return best;
}

/** The smaller of the two parts into which a point splits the arc that it falls in; 0 when it is the first of all. */
function smallerPart(point: Identifier, sorted: readonly Identifier[]): bigint {
  const after = firstNotBefore(sorted, point);
  const next = sorted[after] ?? sorted[0];
  const previous = sorted.at(after - 1);
  if (next === undefined || previous === undefined) return 0n;
  const [left, right] = [distance(previous, point), distance(point, next)];
  return left < right ? left : right;
}

function firstNotBefore(sorted: readonly Identifier[], point: Identifier): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const id = sorted[middle];
    if (id !== undefined && id < point) low = middle + 1;
    else high = middle;
  }
  return low;
}
