/** Sentences of the papers, as tests of the pure functions that they speak of. */
import { expect } from 'chai';
import { trustBytes } from '../src/bytes.js';
import { ChordOverlay } from '../src/chord/chord-overlay.js';
import { Directory, sortPeers, successorAmong } from '../src/chord/directory.js';
import { exactFingers, fingerStart } from '../src/chord/finger-table.js';
import { between, type Identifier } from '../src/chord/identifier.js';
import { askedBy, lookupAnswered, lookupUnanswered, startLookup } from '../src/chord/lookup.js';
import { isPlaceFor, judgeNotify, successorAnswered, successorDied } from '../src/chord/ring.js';
import { identifiersOf } from '../src/chord/successor-list.js';
import { sha1 } from '../src/chord/sha1.js';
import { createRandom } from '../src/random.js';
import { peerAt, peersAt, pointAt, points } from './chord/small-circle.js';

const nobody = (): boolean => false;

describe('Zave 2017, "Reasoning about identifier spaces: how to make Chord correct"', () => {
  it('section 3: between[a, x, a] holds for every x other than a', () => {
    for (const a of points) expect(points.filter((x) => !between(a, x, a))).to.deep.equal([a]);
  });

  it('section 4: the list of a dead successor’s owner keeps its length; the new last entry skips nobody', () => {
    const ring = { self: peerAt(0), predecessor: peerAt(14), successors: peersAt(2, 4, 6), length: 3 };
    const isDead = (id: Identifier): boolean => id === pointAt(2);
    const after = successorDied(ring, isDead, isDead);
    const entries = identifiersOf(pointAt(0), after.successors, 3);
    expect(entries).to.have.length(3);
    const [, last, placeholder] = entries;
    for (const x of points) expect(between(last ?? x, x, placeholder ?? x)).to.equal(false);
  });

  it('section 5: a candidate successor is not adopted before it has been asked', () => {
    const ring = { self: peerAt(0), predecessor: peerAt(14), successors: peersAt(4, 6, 8), length: 3 };
    const answer = { self: peerAt(4), predecessor: peerAt(2), successors: peersAt(6, 8, 10) };
    const { ring: after, candidate } = successorAnswered(ring, answer, nobody, nobody);
    expect(candidate).to.deep.equal(peerAt(2));
    expect(after.successors).to.deep.equal(peersAt(4, 6, 8));
  });

  it('section 5: rectify adopts a notifier without a question only when it is the better predecessor', () => {
    const ring = { self: peerAt(8), predecessor: peerAt(4), successors: peersAt(10), length: 3 };
    expect(judgeNotify(ring, peerAt(6), nobody)).to.equal('adopt');
    expect(judgeNotify(ring, peerAt(2), nobody)).to.equal('ask');
  });

  it('section 5: a joiner joins only behind a member whose successor lies beyond it', () => {
    const member = { self: peerAt(4), predecessor: peerAt(2), successors: peersAt(6, 8) };
    expect(isPlaceFor(pointAt(5), member)).to.equal(true);
    expect(isPlaceFor(pointAt(7), member)).to.equal(false);
  });
});

describe('Stoica et al., "Chord: a scalable peer-to-peer lookup protocol" (ToN 2003)', () => {
  /** Mean questions and mean time-outs of lookups over exact tables; the dead are kept in them. */
  function paths(count: number, length: number, failed: number, lookups: number) {
    const random = createRandom(`${count} ${length} ${failed}`);
    const sorted = sortPeers(
      Array.from({ length: count }, (_, index) => {
        const address = `paper/${index}`;
        return { id: sha1(trustBytes(address)), address, host: 'local', incarnation: 1 };
      }),
    );
    const directory = new Directory(sorted);
    const overlays = new Map(
      sorted.map((self, at) => {
        const successors = Array.from({ length }, (_, step) => sorted[(at + step + 1) % count] ?? self);
        const fingers = exactFingers(self.id, sorted, successors[0]?.id ?? self.id);
        const ring = { self, predecessor: sorted.at(at - 1), successors, length };
        return [self.id, new ChordOverlay({ ring, fingers, directory, unreachable: new Set() })];
      }),
    );
    const dead = new Set(sorted.filter(() => random() < failed).map(({ id }) => id));
    const living = sorted.filter(({ id }) => !dead.has(id));
    let [hops, timeouts, succeeded] = [0, 0, 0];
    for (let round = 0; round < lookups; round++) {
      const target = sha1(trustBytes(`key ${round}`));
      const start = overlays.get(living[Math.floor(random() * living.length)]?.id ?? target);
      // The home itself, being asked for the record, may prove dead: then the lookup goes on, avoiding it.
      const silent = new Set<Identifier>();
      for (let isFound = false; !isFound && start !== undefined;) {
        let lookup = startLookup(target, (avoid) =>
          start.nextHops(target, new Set([...silent, ...avoid]), Infinity),
        );
        for (let asked = askedBy(lookup); asked !== undefined; asked = askedBy(lookup)) {
          const answer = overlays.get(asked.id)?.nextHops(target, new Set([...silent, ...lookup.avoid]));
          const isSilent = dead.has(asked.id) || answer === undefined;
          lookup = isSilent ? lookupUnanswered(lookup) : lookupAnswered(lookup, answer);
        }
        if (lookup.state.type !== 'found') break;
        const home = lookup.state.home[0]?.id ?? target;
        lookup.avoid.forEach((id) => silent.add(id));
        isFound = !dead.has(home);
        if (!isFound) silent.add(home);
        else {
          hops += lookup.hops.length;
          timeouts += silent.size;
          if (home === successorAmong(living, target)?.id) succeeded++;
        }
      }
    }
    return { hops: hops / lookups, timeouts: timeouts / lookups, succeeded: succeeded / lookups };
  }

  it('section IV: finger i of node n is the first node that succeeds n by at least 2^(i-1)', () => {
    const sorted = peersAt(0, 3, 7, 8, 13);
    const fingers = exactFingers(pointAt(3), sorted, pointAt(7));
    for (const { first, peer } of fingers)
      expect(successorAmong(sorted, fingerStart(pointAt(3), first))).to.equal(peer);
    // n3 + 1, + 2, + 4 lead to its successor n7; n3 + 8 to n13.
    expect(fingers.map(({ peer }) => peer.address)).to.deep.equal(['n13']);
  });

  // Figure 10: "the average path length is about 1/2 log2 N".
  for (const [count, mean] of [
    [128, 3.39],
    [1024, 4.89],
  ] as const) {
    it(`figure 10: the mean path among ${count} nodes is ${mean}, within 0.15`, () => {
      expect(paths(count, 1, 0, 2_000).hops).to.be.closeTo(mean, 0.15);
    });
  }

  // Table II: 1,000 nodes with lists of 20, after simultaneous failures, before any stabilization: "none of the lookups fail".
  for (const failed of [0.1, 0.5]) {
    it(`table II: every lookup succeeds after ${failed * 100} % of 1,000 nodes fail`, () => {
      expect(paths(1_000, 20, failed, 300).succeeded).to.equal(1);
    });
  }

  it('table II: the mean path among 1,000 nodes with lists of 20 is 3.84', () => {
    expect(paths(1_000, 20, 0, 2_000).hops).to.be.closeTo(3.84, 0.25);
  });
});
