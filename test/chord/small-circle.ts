/** A 4-bit circle laid on the 160-bit one: for tests that try everything. */
import { trustIdentifier, type Identifier } from '../../src/chord/identifier.js';
import type { Peer } from '../../src/peer.js';

/** The sixteen points, evenly spread: point i is i x 2^156. */
export const points: readonly Identifier[] = Array.from({ length: 16 }, (_, index) => pointAt(index));

export function pointAt(index: number): Identifier {
  return trustIdentifier(((index + 16) % 16).toString(16) + '0'.repeat(39));
}

export function peerAt(index: number): Peer {
  return { id: pointAt(index), address: `n${(index + 16) % 16}`, host: 'local', incarnation: 1 };
}

export function peersAt(...indexes: readonly number[]): readonly Peer[] {
  return indexes.map(peerAt);
}

/** A step-by-step walk from a: what `between` must agree with. */
export function walkBetween(a: number, x: number, b: number): boolean {
  for (let step = 1; step < 16; step++) {
    const here = (a + step) % 16;
    if (here === b % 16 && a !== b) return false;
    if (here === x % 16) return true;
  }
  return false;
}
