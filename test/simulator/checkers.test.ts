import { expect } from 'chai';
import { addPowerOfTwo, findNotIdeal, findWrongFinger } from '../../runner/simulator/checkers/ideal.js';
import { createReadChecker } from '../../runner/simulator/checkers/reads.js';
import {
  createRingView,
  principals,
  type MemberView,
  type RingView,
} from '../../runner/simulator/checkers/ring-view.js';
import { stepCheckers } from '../../runner/simulator/ring-monitor.js';
import { between, trustIdentifier, type Identifier } from '../../src/chord/identifier.js';
import { createRandom } from '../../src/random.js';

/** The n-th of a small circle of 16 positions. */
function at(position: number): Identifier {
  return trustIdentifier(((position + 160) % 16).toString(16).repeat(40));
}

function memberAt(position: number, successors: readonly number[], predecessor = position - 1): MemberView {
  return { id: at(position), predecessor: at(predecessor), successors: successors.map(at) };
}

/** Members at 0, 2, 4 ... with exact lists of r = 2; some replaced. */
function ringOf(size: number, ...replaced: MemberView[]): RingView {
  const members = Array.from({ length: size }, (_, index) => {
    const position = (steps: number): number => ((index + steps + size) % size) * 2;
    return memberAt(index * 2, [position(1), position(2)], position(-1));
  });
  const byId = new Map([...members, ...replaced].map((member) => [member.id, member]));
  return createRingView(byId.values(), 2);
}

function broken(ring: RingView): string[] {
  return stepCheckers.filter((checker) => checker.check(ring) !== undefined).map((checker) => checker.name);
}

describe('ring checkers', () => {
  it('find nothing wrong with an ideal ring', () => {
    expect(broken(ringOf(5))).to.deep.equal([]);
    expect(findNotIdeal(ringOf(5))).to.equal(undefined);
  });

  it('accept a joiner that nobody points to yet, which is not ideal', () => {
    const ring = ringOf(5, memberAt(1, [2, 4], 0));
    expect(broken(ring)).to.deep.equal([]);
    expect(findNotIdeal(ring)).to.match(/successor 1 should be 11111111/);
  });

  it('name OneLiveSuccessor when a list holds only the dead', () => {
    expect(broken(ringOf(5, memberAt(2, [3, 5])))).to.include('OneLiveSuccessor');
    expect(broken(ringOf(5, memberAt(2, [3, 5])))).to.include('ConnectedAppendages');
  });

  it('name AtMostOneRing when best successors draw two cycles', () => {
    const ring = ringOf(6, memberAt(4, [0, 2]), memberAt(10, [6, 8]));
    expect(broken(ring)).to.include('AtMostOneRing');
  });

  it('name OrderedRing when the ring goes round the circle twice', () => {
    const ring = ringOf(
      5,
      memberAt(0, [4, 6]),
      memberAt(4, [8, 2]),
      memberAt(8, [2, 4]),
      memberAt(2, [6, 8]),
      memberAt(6, [0, 2]),
    );
    expect(broken(ring)).to.include('OrderedRing');
    expect(broken(ring)).not.to.include('AtMostOneRing');
  });

  it('name NoDuplicates and OrderedSuccessorLists when a list repeats or goes back', () => {
    expect(broken(ringOf(5, memberAt(0, [2, 2])))).to.include('NoDuplicates');
    expect(broken(ringOf(5, memberAt(0, [4, 2])))).to.include('OrderedSuccessorLists');
  });

  it('name SufficientPrincipals when lists skip too many', () => {
    const ring = ringOf(5, memberAt(0, [4, 8]), memberAt(6, [0, 4]));
    expect([...principals(ring)]).to.deep.equal([at(0), at(4)].sort());
    expect(broken(ring)).to.deep.equal(['SufficientPrincipals']);
  });

  it('count as principals exactly the members that no pair skips, as the definition says it', () => {
    const random = createRandom(5);
    for (let round = 0; round < 300; round++) {
      const positions = Array.from({ length: 16 }, (_, position) => position).filter(() => random() < 0.5);
      if (positions.length === 0) continue;
      const members = positions.map((position) =>
        memberAt(position, [Math.floor(random() * 16), Math.floor(random() * 16)]),
      );
      const ring = createRingView(members, 2, [[at(3), at(9)]]);
      const lists = [...members.map(({ id, successors }) => [id, ...successors]), [at(3), at(9)]];
      const isSkipped = (id: Identifier): boolean =>
        lists.some((list) => list.slice(1).some((right, index) => between(list[index] ?? right, id, right)));
      expect([...principals(ring)]).to.deep.equal(ring.sorted.filter((id) => !isSkipped(id)));
    }
  });

  it('tell a wrong finger from a right one, also across zero', () => {
    const ring = ringOf(5);
    const member = memberAt(8, [0, 2]);
    const half = addPowerOfTwo(at(8), 159);
    expect(half).to.equal(trustIdentifier('0' + '8'.repeat(39)));
    expect(findWrongFinger(ring, member, new Map([[159, at(2)]]))).to.equal(undefined);
    expect(findWrongFinger(ring, member, new Map([[159, at(4)]]))).to.match(/should be 22222222/);
  });
});

describe('read checker', () => {
  it('accepts what was written and refuses what nobody wrote, and torn values', () => {
    const reads = createReadChecker(false);
    reads.changeBegins('k', '1.1');
    expect(reads.read('k', '1.1;', 0)).to.equal(undefined);
    expect(reads.read('k', undefined, 0)).to.equal(undefined);
    expect(reads.read('k', '1.2;', 0)).to.match(/^ValuesWereWritten/);
    expect(reads.read('k', '1.1', 0)).to.match(/^ValuesWereWritten/);
    expect(reads.read('other', '1.1;', 0)).to.match(/^ValuesWereWritten/);
  });

  it('wants a settled key to be read as it was left', () => {
    const reads = createReadChecker(true);
    reads.changeBegins('k', '1.1');
    reads.changeEnds('k', '1.1;', true, 1_000);
    expect(reads.read('k', undefined, 5_000)).to.equal(undefined);
    expect(reads.read('k', '1.1;', 12_000)).to.equal(undefined);
    expect(reads.read('k', undefined, 12_000)).to.match(/^SettledReads/);
  });
});
