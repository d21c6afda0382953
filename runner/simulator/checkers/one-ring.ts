/** The shape of the ring that best successors draw: one cycle, in order, all others attached to it (Zave 2017, section 4). */
import {
  bestSuccessor,
  brief,
  describeMember,
  type MemberView,
  type RingChecker,
  type RingView,
} from './ring-view.js';
import { between, type Identifier } from '../../../src/chord/identifier.js';

/** What following best successors from every member leads to. */
export interface RingShape {
  /** Each cycle once, in walking order. */
  readonly cycles: readonly (readonly Identifier[])[];
  /** Members from which no cycle is reached. */
  readonly lost: readonly Identifier[];
}

/** Some cycle of best successors exists. */
export const atLeastOneRing: RingChecker = {
  name: 'AtLeastOneRing',
  check: (ring) =>
    ringShape(ring).cycles.length === 0 ? `no cycle among ${ring.sorted.length} members` : undefined,
};

/** No two cycles of best successors exist. */
export const atMostOneRing: RingChecker = {
  name: 'AtMostOneRing',
  check(ring) {
    const { cycles } = ringShape(ring);
    if (cycles.length <= 1) return undefined;
    return `${cycles.length} rings: ${cycles.map((cycle) => cycle.map(brief).join('>')).join(' and ')}`;
  },
};

/** Following best successors around a cycle goes round the circle once. */
export const orderedRing: RingChecker = {
  name: 'OrderedRing',
  check(ring) {
    for (const cycle of ringShape(ring).cycles) {
      const problem = firstOutOfOrder(cycle);
      if (problem !== undefined) return problem;
    }
    return undefined;
  },
};

/** From every member the ring can be reached through best successors. */
export const connectedAppendages: RingChecker = {
  name: 'ConnectedAppendages',
  check(ring) {
    const [id] = ringShape(ring).lost;
    const member = id === undefined ? undefined : ring.members.get(id);
    return member === undefined ? undefined : `not connected to a ring: ${describeMember(member)}`;
  },
};

/** O(members). */
export function ringShape(ring: RingView): RingShape {
  const cycles: Identifier[][] = [];
  const lost: Identifier[] = [];
  const finished = new Map<Identifier, boolean>();
  for (const start of ring.sorted) {
    const path: Identifier[] = [];
    const onPath = new Set<Identifier>();
    let member: MemberView | undefined = ring.members.get(start);
    while (member !== undefined && !finished.has(member.id) && !onPath.has(member.id)) {
      path.push(member.id);
      onPath.add(member.id);
      const successor: Identifier | undefined = bestSuccessor(ring, member);
      member = successor === undefined ? undefined : ring.members.get(successor);
    }
    const isNewCycle = member !== undefined && onPath.has(member.id);
    if (isNewCycle && member !== undefined) cycles.push(path.slice(path.indexOf(member.id)));
    const isConnected = isNewCycle || (member !== undefined && finished.get(member.id) === true);
    for (const id of path) {
      finished.set(id, isConnected);
      if (!isConnected) lost.push(id);
    }
  }
  return { cycles, lost };
}

/** A cycle is in order when no member of it lies between another and that one's best successor. */
function firstOutOfOrder(cycle: readonly Identifier[]): string | undefined {
  const origin = cycle[0];
  if (origin === undefined) return undefined;
  for (let index = 1; index + 1 < cycle.length; index++) {
    const here = cycle[index];
    const next = cycle[index + 1];
    if (here === undefined || next === undefined) continue;
    if (!between(here, next, origin)) {
      return `out of order at ${brief(here)}>${brief(next)}: ${cycle.map(brief).join('>')}`;
    }
  }
  return undefined;
}
