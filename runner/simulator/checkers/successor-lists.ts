/** Well-formed successor lists: no entry twice, entries in ring order (Zave 2017, section 4). */
import { between } from '../../../src/chord/identifier.js';
import { describeMember, type RingChecker } from './ring-view.js';

/** No identifier occurs twice in an extended successor list. */
export const noDuplicates: RingChecker = {
  name: 'NoDuplicates',
  check(ring) {
    for (const member of ring.members.values()) {
      const { successors } = member;
      for (let index = 0; index < successors.length; index++) {
        const id = successors[index];
        if (id !== undefined && (id === member.id || successors.includes(id, index + 1))) {
          return `an entry twice: ${describeMember(member)}`;
        }
      }
    }
    return undefined;
  },
};

/** Of any three consecutive entries of an extended list, the second lies between the others. */
export const orderedSuccessorLists: RingChecker = {
  name: 'OrderedSuccessorLists',
  check(ring) {
    for (const member of ring.members.values()) {
      let before = member.id;
      let [here] = member.successors;
      for (const after of member.successors.slice(1)) {
        if (here === undefined) break;
        if (!between(before, here, after)) return `out of order: ${describeMember(member)}`;
        before = here;
        here = after;
      }
    }
    return undefined;
  },
};
