import { expect } from 'chai';
import fc from 'fast-check';
import { trustBytes } from '../../src/bytes.js';
import { ChordOverlay } from '../../src/chord/chord-overlay.js';
import { Directory, sortPeers, successorAmong } from '../../src/chord/directory.js';
import {
  exactFingers,
  fingerStart,
  lastFingerOf,
  nextFinger,
  withFinger,
  withoutFinger,
  type FingerTable,
} from '../../src/chord/finger-table.js';
import type { Identifier } from '../../src/chord/identifier.js';
import {
  askedBy,
  lookupAnswered,
  lookupHopsMax,
  lookupUnanswered,
  startLookup,
} from '../../src/chord/lookup.js';
import { sha1 } from '../../src/chord/sha1.js';
import type { Peer } from '../../src/peer.js';
import { createRandom } from '../../src/random.js';
import { peerAt, peersAt, pointAt } from './small-circle.js';

const nobody: ReadonlySet<Identifier> = new Set();

function randomPeers(count: number, seed: number): readonly Peer[] {
  return sortPeers(
    Array.from({ length: count }, (_, index) => {
      const address = `${seed}/${index}`;
      return { id: sha1(trustBytes(address)), address, host: 'local', incarnation: 1 };
    }),
  );
}

/** Exact tables of every node, with some dead: fingers and lists may point at the dead, as in the moment after. */
function overlaysOf(sorted: readonly Peer[], length: number): Map<Identifier, ChordOverlay> {
  const directory = new Directory(sorted);
  return new Map(
    sorted.map((self, at) => {
      const clockwise = [...sorted.slice(at + 1), ...sorted.slice(0, at)];
      const successors = clockwise.slice(0, length);
      const ring = { self, predecessor: clockwise.at(-1), successors, length };
      const fingers = exactFingers(self.id, sorted, successors[0]?.id ?? self.id);
      return [self.id, new ChordOverlay({ ring, fingers, directory, unreachable: nobody })];
    }),
  );
}

describe('a directory', () => {
  it('tells only news, and each fact once', () => {
    const directory = new Directory(peersAt(2, 4));
    expect(directory.position).to.equal(2);
    expect(directory.learnJoined(peerAt(6))).to.equal(true);
    expect(directory.learnJoined(peerAt(6))).to.equal(false);
    expect(directory.learnDead(peerAt(4))).to.equal(true);
    expect(directory.entriesAfter(2)).to.deep.equal([
      { peer: peerAt(6), dead: false },
      { peer: peerAt(4), dead: true },
    ]);
    expect(directory.entriesAfter(3)).to.deep.equal([{ peer: peerAt(4), dead: true }]);
    expect(directory.entriesAfter(directory.position)).to.deep.equal([]);
    expect(directory.entriesAfter(0).map(({ peer }) => peer.address)).to.deep.equal(['n2', 'n6', 'n4']);
  });

  it('never lets the dead live again, and forgets them after their time', () => {
    const directory = new Directory(peersAt(2, 4));
    directory.learnDead(peerAt(4));
    directory.merge([{ peer: peerAt(4), dead: false }]);
    expect(directory.isDead(pointAt(4))).to.equal(true);
    expect(directory.live).to.deep.equal(peersAt(2));
    for (let age = 0; age < 3; age++) directory.growOlder(3);
    expect(directory.isDead(pointAt(4))).to.equal(true);
    directory.growOlder(3);
    expect(directory.deadIdentifiers()).to.deep.equal([]);
    expect(directory.peerOf(pointAt(4))).to.equal(undefined);
  });

  it('converges whatever the order in which two tell each other', () => {
    const facts = fc.array(fc.record({ at: fc.nat(15), dead: fc.boolean() }), { maxLength: 30 });
    fc.assert(
      fc.property(facts, facts, (mine, yours) => {
        const [a, b] = [new Directory(), new Directory()];
        a.merge(mine.map(({ at, dead }) => ({ peer: peerAt(at), dead })));
        b.merge(yours.map(({ at, dead }) => ({ peer: peerAt(at), dead })));
        b.merge(a.entriesAfter(0));
        a.merge(b.entriesAfter(0));
        expect(a.live).to.deep.equal(b.live);
        expect(a.live).to.deep.equal(sortPeers(a.live));
        expect(new Set(a.deadIdentifiers())).to.deep.equal(new Set(b.deadIdentifiers()));
      }),
    );
  });

  it('lists the live of any arc of a 4-bit circle', () => {
    const members = [1, 2, 7, 11];
    const directory = new Directory(peersAt(...members));
    for (let a = 0; a < 16; a++)
      for (let b = 0; b < 16; b++) {
        const clockwise = Array.from(
          { length: a === b ? 16 : (b - a + 16) % 16 },
          (_, step) => (a + step + 1) % 16,
        );
        const expected = clockwise.filter((at) => members.includes(at)).map((at) => `n${at}`);
        const found = directory.liveInArc(pointAt(a), pointAt(b), 8).map(({ address }) => address);
        expect([...found].sort(), `(${a}, ${b}]`).to.deep.equal([...expected].sort());
      }
  });
});

describe('a finger table', () => {
  it('agrees with brute force over all 160 starts', () => {
    for (const [count, seed] of [
      [2, 1],
      [3, 2],
      [9, 3],
      [60, 4],
    ] as const) {
      const sorted = randomPeers(count, seed);
      for (const self of sorted.slice(0, 5)) {
        const successor = successorAmong(sorted, fingerStart(self.id, 0));
        const fingers = exactFingers(self.id, sorted, successor?.id ?? self.id);
        expectExact(fingers, self, sorted);
      }
    }
  });

  it('becomes exact when each finger that is due is looked up once, from any earlier table', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), fc.nat(1000), (count, seed) => {
        const sorted = randomPeers(count, seed);
        const stale = randomPeers(count, seed + 5_000);
        const [self] = sorted;
        if (self === undefined) return;
        const successor = successorAmong(sorted, fingerStart(self.id, 0)) ?? self;
        let fingers: FingerTable = [];
        for (const peer of stale)
          fingers = withFinger(fingers, self.id, lastFingerOf(self.id, peer.id), peer);
        let index = nextFinger(self.id, successor.id, 0);
        while (index !== undefined && index < 160) {
          const peer = successorAmong(sorted, fingerStart(self.id, index)) ?? self;
          fingers = withFinger(fingers, self.id, index, peer);
          const last = lastFingerOf(self.id, peer.id);
          if (last < index || nextFinger(self.id, successor.id, last + 1) !== last + 1) break;
          index = last + 1;
        }
        expectExact(
          fingers.filter((row) => row.last > lastFingerOf(self.id, successor.id)),
          self,
          sorted,
        );
      }),
      { numRuns: 60 },
    );
  });

  it('is the same object when a refresh confirms it, and forgets a peer in all its rows', () => {
    const fingers = withFinger(withFinger([], pointAt(0), 156, peerAt(2)), pointAt(0), 158, peerAt(5));
    expect(withFinger(fingers, pointAt(0), 158, peerAt(5))).to.equal(fingers);
    expect(withoutFinger(fingers, pointAt(9))).to.equal(fingers);
    expect(withoutFinger(fingers, pointAt(2)).map(({ peer }) => peer.address)).to.deep.equal(['n5']);
  });
});

describe('a lookup', () => {
  it('reaches the right home from everywhere, in about half of log2 N questions', () => {
    const sorted = randomPeers(256, 7);
    const overlays = overlaysOf(sorted, 8);
    const random = createRandom(3);
    let questions = 0;
    for (let round = 0; round < 2_000; round++) {
      const target = sha1(trustBytes(`key ${round}`));
      const start = sorted[Math.floor(random() * sorted.length)];
      const { home, asked } = run(overlays, start, target, nobody);
      expect(home).to.equal(successorAmong(sorted, target)?.id);
      questions += asked;
    }
    // Half of log2(256) = 4; lists of 8 save the better part of a hop.
    expect(questions / 2_000).to.be.within(3.0, 3.6);
  });

  it('goes round silent nodes as long as lists hold', () => {
    const sorted = randomPeers(128, 11);
    const overlays = overlaysOf(sorted, 20);
    for (const [fraction, seed] of [
      [0.1, 1],
      [0.3, 2],
      [0.5, 3],
    ] as const) {
      const random = createRandom(seed);
      const dead = new Set(sorted.filter(() => random() < fraction).map(({ id }) => id));
      const living = sorted.filter(({ id }) => !dead.has(id));
      for (let round = 0; round < 200; round++) {
        const target = sha1(trustBytes(`key ${round}`));
        const start = living[Math.floor(random() * living.length)];
        // The home's own list still starts with the dead: whoever finds a silent home looks up once more, avoiding it.
        expect(run(overlays, start, target, dead).home, `${fraction}`).to.equal(
          successorAmong(living, target)?.id,
        );
      }
    }
  });

  it('fails after a bounded number of questions when nobody answers', () => {
    const sorted = randomPeers(400, 5);
    const far = sorted.slice(1);
    let lookup = startLookup(pointAt(0), () => ({ kind: 'hop', via: 'contact', peers: far }));
    while (askedBy(lookup) !== undefined) lookup = lookupUnanswered(lookup);
    expect(lookup.state.type).to.equal('failed');
    expect(lookup.asked).to.equal(lookupHopsMax);
  });

  it('records each hop with the table row that led to it', () => {
    const overlays = overlaysOf(peersAt(0, 3, 6, 9, 12), 2);
    const lookup = runLookup(overlays, peerAt(0), pointAt(11), nobody);
    expect(lookup.hops.map(({ peer, via }) => `${peer.address} by ${via}`)).to.deep.equal([
      'n9 by finger 160',
    ]);
    expect(lookup.state).to.include({ type: 'found', via: 'successor 1' });
  });
});

function run(
  overlays: Map<Identifier, ChordOverlay>,
  start: Peer | undefined,
  target: Identifier,
  dead: ReadonlySet<Identifier>,
) {
  const avoid = new Set<Identifier>();
  let asked = 0;
  for (let attempt = 0; attempt < 30; attempt++) {
    const lookup = runLookup(overlays, start ?? peerAt(0), target, dead, avoid);
    asked += lookup.asked;
    if (lookup.state.type !== 'found') return { home: undefined, asked };
    const home = lookup.state.home[0]?.id;
    if (home === undefined || !dead.has(home)) return { home, asked };
    avoid.add(home);
  }
  return { home: undefined, asked };
}

function runLookup(
  overlays: Map<Identifier, ChordOverlay>,
  start: Peer,
  target: Identifier,
  dead: ReadonlySet<Identifier>,
  avoid: ReadonlySet<Identifier> = nobody,
) {
  const own = overlays.get(start.id);
  if (own === undefined) throw new Error('the start is no node');
  let lookup = startLookup(target, (silent) =>
    own.nextHops(target, new Set([...avoid, ...silent]), Infinity),
  );
  for (let asked = askedBy(lookup); asked !== undefined; asked = askedBy(lookup)) {
    const answer = overlays.get(asked.id)?.nextHops(target, new Set([...avoid, ...lookup.avoid]));
    lookup =
      dead.has(asked.id) || answer === undefined ? lookupUnanswered(lookup) : lookupAnswered(lookup, answer);
  }
  return lookup;
}

function expectExact(fingers: FingerTable, self: Peer, sorted: readonly Peer[]): void {
  const successor = successorAmong(sorted, fingerStart(self.id, 0));
  for (let index = 0; index < 160; index++) {
    const exact = successorAmong(sorted, fingerStart(self.id, index));
    const row = fingers.find(({ first, last }) => first <= index && index <= last);
    const found =
      row?.peer.id ?? (index <= lastFingerOf(self.id, successor?.id ?? self.id) ? successor?.id : self.id);
    expect(found, `finger ${index} of ${self.address}`).to.equal(exact?.id);
  }
  const peers = fingers.map(({ peer }) => peer.id);
  expect(new Set(peers).size, 'each peer once').to.equal(peers.length);
}
