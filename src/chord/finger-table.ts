/**
 * Finger tables (Stoica et al. 2001, section 4.3): finger i is the successor of n + 2^i, for i = 0 to 159. Neighbouring
 * fingers mostly name the same peer, so only distinct peers are stored, each with the run of fingers that it serves:
 *
 *   finger   0 .. 155   156   157 .. 158   159
 *   peer     successor   a        b         c        (the successor's own run is not stored: it is in the ring)
 */
import type { Peer } from '../peer.js';
import { successorAmong } from './directory.js';
import { clockwiseOf, distance, identifierBits, type Identifier } from './identifier.js';

/** One peer and the fingers, `first` to `last` (0 to 159), that it serves. */
export interface FingerRow {
  readonly first: number;
  readonly last: number;
  readonly peer: Peer;
}

/** In order of `first`; runs do not overlap; an immutable value. */
export type FingerTable = readonly FingerRow[];

/** Where finger `index` starts: n + 2^index. */
export function fingerStart(self: Identifier, index: number): Identifier {
  return clockwiseOf(self, 1n << BigInt(index));
}

/** The highest finger whose start the peer is at or after: floor(log2(distance)); -1 for the node itself. */
export function lastFingerOf(self: Identifier, peer: Identifier): number {
  const steps = distance(self, peer);
  return steps === 0n ? -1 : steps.toString(2).length - 1;
}

/** The first finger at or after `from` that the successor does not serve; undefined when it serves all, wrapping to the lowest such. */
export function nextFinger(self: Identifier, successor: Identifier, from: number): number | undefined {
  const lowest = lastFingerOf(self, successor) + 1;
  if (lowest >= identifierBits) return undefined;
  return from > lowest && from < identifierBits ? from : lowest;
}

/** The table after finger `index` was found to be `peer`: the peer serves all fingers from there whose start is not past it. */
export function withFinger(fingers: FingerTable, self: Identifier, index: number, peer: Peer): FingerTable {
  const last = lastFingerOf(self, peer.id);
  // The successor of a start before the peer but found at the node itself: no finger there.
  if (last < index) return withoutRun(fingers, index, identifierBits - 1);
  const before = fingers.find((row) => row.peer.id === peer.id && row.first <= index);
  if (before !== undefined && before.last === last) return fingers;
  const rest = withoutRun(fingers, index, last).filter((row) => row.peer.id !== peer.id);
  const row: FingerRow = { first: Math.min(before?.first ?? index, index), last, peer };
  const at = rest.findIndex((other) => other.first > row.first);
  return at === -1 ? [...rest, row] : [...rest.slice(0, at), row, ...rest.slice(at)];
}

/** The table without what the successor serves: a new successor takes over fingers that no lookup asks for any more. */
export function beyondSuccessor(fingers: FingerTable, self: Identifier, successor: Identifier): FingerTable {
  const last = lastFingerOf(self, successor);
  return fingers.some((row) => row.first <= last) ? withoutRun(fingers, 0, last) : fingers;
}

/** The table without a peer; the same table when it has no row. */
export function withoutFinger(fingers: FingerTable, id: Identifier): FingerTable {
  return fingers.some((row) => row.peer.id === id) ? fingers.filter((row) => row.peer.id !== id) : fingers;
}

/** The exact fingers of a node among known peers sorted by identifier (itself included): O(log^2 N). */
export function exactFingers(self: Identifier, sorted: readonly Peer[], successor: Identifier): FingerTable {
  const rows: FingerRow[] = [];
  for (let index = lastFingerOf(self, successor) + 1; index > 0 && index < identifierBits;) {
    const peer = successorAmong(sorted, fingerStart(self, index));
    if (peer === undefined || peer.id === self) break;
    const last = lastFingerOf(self, peer.id);
    rows.push({ first: index, last, peer });
    index = last + 1;
  }
  return rows;
}

function withoutRun(fingers: FingerTable, first: number, last: number): FingerTable {
  return fingers.flatMap((row) => {
    if (row.last < first || row.first > last) return [row];
    const left = row.first < first ? [{ ...row, last: first - 1 }] : [];
    const right = row.last > last ? [{ ...row, first: last + 1 }] : [];
    return [...left, ...right];
  });
}
