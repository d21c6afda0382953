/** Zave's inductive invariant: OneLiveSuccessor and SufficientPrincipals, from which the others follow (Zave 2017, section 5). */
import { ringShape } from './one-ring.js';
import { bestSuccessor, brief, describeMember, principals, type RingChecker } from './ring-view.js';

/** Every member has a live entry in its successor list. */
export const oneLiveSuccessor: RingChecker = {
  name: 'OneLiveSuccessor',
  check(ring) {
    for (const member of ring.members.values()) {
      if (bestSuccessor(ring, member) === undefined) {
        return `no live successor: ${describeMember(member)}`;
      }
    }
    return undefined;
  },
};

/** At least r + 1 members are principals: skipped by no adjacent pair of any extended successor list. */
export const sufficientPrincipals: RingChecker = {
  name: 'SufficientPrincipals',
  check(ring) {
    const found = principals(ring);
    if (found.size > ring.successors) return undefined;
    const names = [...found].map(brief).join(' ');
    return `${found.size} principals of ${ring.sorted.length} members, ${ring.successors + 1} needed: ${names}`;
  },
};

/** Every principal is on the ring of best successors, not on an appendage. */
export const principalsInRing: RingChecker = {
  name: 'PrincipalsInRing',
  check(ring) {
    const inRing = new Set(ringShape(ring).cycles.flat());
    for (const id of principals(ring)) {
      if (!inRing.has(id)) return `principal ${brief(id)} is not in the ring`;
    }
    return undefined;
  },
};
