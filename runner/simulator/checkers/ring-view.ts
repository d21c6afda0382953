/** The ring as an all-knowing observer sees it: every live member with its pointers (Zave 2017, section 4). */
import type { Identifier } from '../../../src/chord/identifier.js';

/** A live member's pointers. */
export interface MemberView {
  readonly id: Identifier;
  readonly predecessor: Identifier | undefined;
  /** Entries may name the dead, and may be placeholders. */
  readonly successors: readonly Identifier[];
}

export interface RingView {
  readonly members: ReadonlyMap<Identifier, MemberView>;
  /** The members' identifiers, ascending. */
  readonly sorted: readonly Identifier[];
  /** Length of successor lists (r). */
  readonly successors: number;
  /** Lists under way in messages, each with its sender first: they count as lists (chord.md, "Invariants"). */
  readonly listsUnderWay: readonly (readonly Identifier[])[];
}

/** One named invariant of a ring. */
export interface RingChecker {
  readonly name: string;
  /** What is wrong, or undefined when the invariant holds. */
  readonly check: (ring: RingView) => string | undefined;
}

export function createRingView(
  members: Iterable<MemberView>,
  successors: number,
  listsUnderWay: readonly (readonly Identifier[])[] = [],
): RingView {
  const sorted = [...members].sort((left, right) => (left.id < right.id ? -1 : 1));
  return {
    members: new Map(sorted.map((member) => [member.id, member])),
    sorted: sorted.map((member) => member.id),
    successors,
    listsUnderWay,
  };
}

/** The first entry of the member's list that is alive, if any. */
export function bestSuccessor(ring: RingView, member: MemberView): Identifier | undefined {
  return member.successors.find((id) => ring.members.has(id));
}

/** Members that no adjacent pair of any extended list skips. O(members x r x log members). */
export function principals(ring: RingView): ReadonlySet<Identifier> {
  const size = ring.sorted.length;
  // skips[i] counts, as differences, the pairs that skip the i-th member.
  const skips = new Int32Array(size + 1);
  const add = (first: number, past: number): void => {
    if (first >= past) return;
    skips[first] = (skips[first] ?? 0) + 1;
    skips[past] = (skips[past] ?? 0) - 1;
  };
  const skipPair = (left: Identifier, right: Identifier): void => {
    const first = firstAfter(ring.sorted, left);
    const past = firstFrom(ring.sorted, right);
    if (left < right) add(first, past);
    else {
      add(first, size);
      add(0, past);
    }
  };
  for (const member of ring.members.values()) eachPair(member.id, member.successors, skipPair);
  for (const list of ring.listsUnderWay) {
    const [first, ...rest] = list;
    if (first !== undefined) eachPair(first, rest, skipPair);
  }
  const found = new Set<Identifier>();
  let covering = 0;
  ring.sorted.forEach((id, index) => {
    covering += skips[index] ?? 0;
    if (covering === 0) found.add(id);
  });
  return found;
}

/** The member that follows the point clockwise, itself included; the ring must not be empty. */
export function successorOf(sorted: readonly Identifier[], point: Identifier): Identifier {
  const found = sorted[firstFrom(sorted, point)] ?? sorted[0];
  if (found === undefined) throw new Error('an empty ring has no successors');
  return found;
}

/** Index of the first identifier that is not less than the point. */
export function firstFrom(sorted: readonly Identifier[], point: Identifier): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const candidate = sorted[middle];
    if (candidate !== undefined && candidate < point) low = middle + 1;
    else high = middle;
  }
  return low;
}

function firstAfter(sorted: readonly Identifier[], point: Identifier): number {
  const index = firstFrom(sorted, point);
  return sorted[index] === point ? index + 1 : index;
}

/** A member and its pointers, for a report. */
export function describeMember(member: MemberView): string {
  const list = member.successors.map(brief).join(' ');
  return `${brief(member.id)} (predecessor ${brief(member.predecessor)}, successors ${list})`;
}

/** The first eight characters of an identifier, enough to tell nodes apart in a report. */
export function brief(id: string | undefined): string {
  return id === undefined ? 'none' : id.slice(0, 8);
}

function eachPair(
  first: Identifier,
  rest: readonly Identifier[],
  visit: (left: Identifier, right: Identifier) => void,
): void {
  let left = first;
  for (const right of rest) {
    visit(left, right);
    left = right;
  }
}
