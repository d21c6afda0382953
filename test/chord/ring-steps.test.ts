import { expect } from 'chai';
import { between } from '../../src/chord/identifier.js';
import {
  adoptPredecessor,
  betterPredecessor,
  candidateAnswered,
  closerMember,
  isPlaceFor,
  joinAfter,
  judgeNotify,
  smallRing,
  successorAnswered,
  successorDied,
  type RingState,
} from '../../src/chord/ring.js';
import { adopt, drop, identifiersOf } from '../../src/chord/successor-list.js';
import type { Peer } from '../../src/peer.js';
import { peerAt, peersAt, pointAt } from './small-circle.js';

const nobody = (): boolean => false;
const only =
  (...dead: readonly number[]) =>
  (id: string): boolean =>
    dead.some((index) => pointAt(index) === id);
const ringAt = (
  self: number,
  predecessor: number | undefined,
  ...successors: readonly number[]
): RingState => ({
  self: peerAt(self),
  predecessor: predecessor === undefined ? undefined : peerAt(predecessor),
  successors: peersAt(...successors),
  length: 3,
});
const addresses = (peers: readonly Peer[]): string => peers.map(({ address }) => address).join(' ');

describe('a successor list', () => {
  it('adopts the first successor and its list without the last', () => {
    expect(addresses(adopt(pointAt(0), peerAt(2), peersAt(4, 6, 8), 3, nobody))).to.equal('n2 n4 n6');
  });

  it('keeps all of a list that has placeholders', () => {
    expect(addresses(adopt(pointAt(0), peerAt(2), peersAt(4, 6), 3, nobody))).to.equal('n2 n4 n6');
    expect(addresses(adopt(pointAt(0), peerAt(2), peersAt(4), 3, nobody))).to.equal('n2 n4');
  });

  it('leaves out the certainly dead and ends before it comes round to its owner', () => {
    expect(addresses(adopt(pointAt(0), peerAt(2), peersAt(4, 6, 8), 3, only(4)))).to.equal('n2 n6 n8');
    expect(addresses(adopt(pointAt(0), peerAt(2), peersAt(4, 0, 2), 3, nobody))).to.equal('n2 n4');
  });

  it('has placeholders just after its last entry, which skip nobody', () => {
    const ids = identifiersOf(pointAt(0), peersAt(15), 3);
    expect(ids).to.deep.equal([pointAt(15), `f${'0'.repeat(38)}1`, `f${'0'.repeat(38)}2`]);
    expect(identifiersOf(pointAt(4), [], 1)).to.deep.equal([`4${'0'.repeat(38)}1`]);
  });

  it('is the same object when nobody is dropped', () => {
    const list = peersAt(2, 4);
    expect(drop(list, pointAt(6))).to.equal(list);
    expect(addresses(drop(list, pointAt(2)))).to.equal('n4');
  });
});

describe('stabilize, step 2', () => {
  it('takes the successor’s predecessor for a candidate exactly when it lies between the two', () => {
    for (let predecessor = 0; predecessor < 16; predecessor++) {
      const answer = { self: peerAt(6), predecessor: peerAt(predecessor), successors: peersAt(8, 10, 12) };
      const { ring, candidate } = successorAnswered(ringAt(2, 0, 6, 8), answer, nobody, nobody);
      const isBetter = predecessor > 2 && predecessor < 6;
      expect(candidate?.address, `predecessor n${predecessor}`).to.equal(
        isBetter ? `n${predecessor}` : undefined,
      );
      // Never adopt a pointer to a node that has not just answered.
      expect(addresses(ring.successors)).to.equal('n6 n8 n10');
    }
  });

  it('is the same ring, object for object, when nothing changed', () => {
    const ring = ringAt(2, 0, 6, 8, 10);
    const answer = { self: peerAt(6), predecessor: peerAt(2), successors: peersAt(8, 10, 12) };
    expect(successorAnswered(ring, answer, nobody, nobody).ring).to.equal(ring);
  });

  it('does not take a dead predecessor for a candidate', () => {
    const answer = { self: peerAt(6), predecessor: peerAt(4), successors: peersAt(8, 10, 12) };
    expect(successorAnswered(ringAt(2, 0, 6), answer, only(4), only(4)).candidate).to.equal(undefined);
  });

  it('drops the dead, and keeps those that may come back when nobody else is left', () => {
    const ring = ringAt(0, 14, 2, 4, 6);
    expect(addresses(successorDied(ring, only(2), only(2)).successors)).to.equal('n4 n6');
    expect(addresses(successorDied(ring, only(2, 4), nobody).successors)).to.equal('n6');
    expect(addresses(successorDied(ring, only(2, 4, 6), only(4)).successors)).to.equal('n2 n6');
    expect(successorDied(ring, only(4), only(4))).to.equal(ring);
  });
});

describe('stabilize, step 3', () => {
  it('adopts a candidate that answered, and its list', () => {
    const answer = { self: peerAt(4), predecessor: peerAt(2), successors: peersAt(6, 8, 10) };
    expect(addresses(candidateAnswered(ringAt(2, 0, 6, 8, 10), answer, nobody).successors)).to.equal(
      'n4 n6 n8',
    );
  });
});

describe('rectify, step 4', () => {
  it('adopts a notifier between predecessor and itself and asks the predecessor otherwise, on all arcs', () => {
    for (let self = 0; self < 16; self++)
      for (let predecessor = 0; predecessor < 16; predecessor++)
        for (let notifier = 0; notifier < 16; notifier++) {
          const judged = judgeNotify(ringAt(self, predecessor), peerAt(notifier), nobody);
          const isBetter = between(pointAt(predecessor), pointAt(notifier), pointAt(self));
          const expected =
            notifier === self || notifier === predecessor ? 'keep' : isBetter ? 'adopt' : 'ask';
          expect(judged, `n${notifier} notifies n${self} with predecessor n${predecessor}`).to.equal(
            expected,
          );
        }
  });

  it('adopts any notifier when the predecessor is unknown or dead', () => {
    expect(judgeNotify(ringAt(8, undefined), peerAt(9), nobody)).to.equal('adopt');
    expect(judgeNotify(ringAt(8, 6), peerAt(2), only(6))).to.equal('adopt');
    expect(adoptPredecessor(ringAt(8, 6), peerAt(2)).predecessor?.address).to.equal('n2');
  });

  it('keeps the better of two notifiers that wait', () => {
    expect(betterPredecessor(pointAt(8), undefined, peerAt(2)).address).to.equal('n2');
    expect(betterPredecessor(pointAt(8), peerAt(2), peerAt(5)).address).to.equal('n5');
    expect(betterPredecessor(pointAt(8), peerAt(5), peerAt(2)).address).to.equal('n5');
  });
});

describe('join, step 1', () => {
  it('finds its place after a member exactly when it lies before that member’s successor', () => {
    const member = { self: peerAt(4), predecessor: peerAt(2), successors: peersAt(8, 10, 12) };
    for (let joiner = 0; joiner < 16; joiner++) {
      expect(isPlaceFor(pointAt(joiner), member)).to.equal(joiner > 4 && joiner < 8);
    }
    expect(isPlaceFor(pointAt(1), { ...member, successors: [] }), 'the only node').to.equal(true);
  });

  it('goes on from a member that is not its place to the one closest before it that the member names', () => {
    const member = { self: peerAt(4), predecessor: peerAt(2), successors: peersAt(6, 8, 10) };
    const closer = (joiner: number) => closerMember(pointAt(joiner), member, only(8))?.address;
    expect([7, 9, 11, 3, 5].map(closer)).to.deep.equal(['n6', 'n6', 'n10', 'n2', undefined]);
  });

  it('takes over the member’s list, and the member for predecessor', () => {
    const member = { self: peerAt(4), predecessor: peerAt(2), successors: peersAt(8, 10, 12) };
    const ring = joinAfter(peerAt(6), member, 3, nobody);
    expect(addresses(ring.successors)).to.equal('n8 n10 n12');
    expect(ring.predecessor?.address).to.equal('n4');
  });

  it('joins the only node', () => {
    const ring = joinAfter(peerAt(6), { self: peerAt(4), predecessor: null, successors: [] }, 3, nobody);
    expect(addresses(ring.successors)).to.equal('n4');
  });
});

describe('a small ring', () => {
  it('is read from those who live: no placeholder, and the predecessor is the last of all', () => {
    const live = peersAt(2, 5, 11);
    expect(addresses(smallRing(peerAt(5), live, 4).successors)).to.equal('n11 n2');
    expect(smallRing(peerAt(2), live, 4).predecessor?.address).to.equal('n11');
    expect(smallRing(peerAt(7), peersAt(7), 4)).to.deep.equal({ ...ringAt(7, undefined), length: 4 });
  });
});
