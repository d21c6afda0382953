/** `Ideal`: what the ring must become once churn ends (Zave 2017, section 4; Stoica et al. 2001, section 4.3 for fingers). */
import { trustIdentifier, type Identifier } from '../../../src/chord/identifier.js';
import { brief, describeMember, successorOf, type MemberView, type RingView } from './ring-view.js';

/**
 * What keeps the ring from being ideal, or undefined: every member's predecessor is the member before it, its list
 * names the r members after it (all others, in a smaller ring). Holds below r + 1 members too.
 */
export function findNotIdeal(ring: RingView): string | undefined {
  const size = ring.sorted.length;
  for (const [index, id] of ring.sorted.entries()) {
    const member = ring.members.get(id);
    if (member === undefined) return `${brief(id)} is unknown`;
    const previous = ring.sorted[(index + size - 1) % size];
    if (size > 1 && member.predecessor !== previous) {
      return `predecessor should be ${brief(previous)}: ${describeMember(member)}`;
    }
    const expected = Math.min(ring.successors, size - 1);
    if (size > 1 && member.successors.length !== expected) {
      return `${expected} successors expected: ${describeMember(member)}`;
    }
    for (let step = 1; step <= expected; step++) {
      if (member.successors[step - 1] !== ring.sorted[(index + step) % size]) {
        return `successor ${step} should be ${brief(ring.sorted[(index + step) % size])}: ${describeMember(member)}`;
      }
    }
  }
  return undefined;
}

/**
 * The first wrong row of a finger table, or undefined. `fingers`: the first row of each peer that serves several, as
 * nodes store them; rows that the successor serves may be left out.
 */
export function findWrongFinger(
  ring: RingView,
  member: MemberView,
  fingers: ReadonlyMap<number, Identifier>,
): string | undefined {
  const wrong = (row: number, found: string | undefined, expected: string): string =>
    `finger ${row} of ${brief(member.id)} is ${brief(found)}, should be ${brief(expected)}`;
  const next = successorOf(ring.sorted, addPowerOfTwo(member.id, 0));
  let previous = next;
  for (let row = 0; row < 160; row++) {
    const expected = successorOf(ring.sorted, addPowerOfTwo(member.id, row));
    const found = fingers.get(row);
    const isFirst = expected !== previous && expected !== member.id;
    if (found === undefined ? isFirst : found !== expected) return wrong(row, found, expected);
    previous = expected;
  }
  return undefined;
}

/** The point 2^row after the identifier, on the circle of 160 bits. */
export function addPowerOfTwo(id: Identifier, row: number): Identifier {
  const sum = (BigInt(`0x${id}`) + (1n << BigInt(row))) & ((1n << 160n) - 1n);
  return trustIdentifier(sum.toString(16).padStart(40, '0'));
}
