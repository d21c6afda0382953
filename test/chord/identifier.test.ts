import { expect } from 'chai';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { trustBytes } from '../../src/bytes.js';
import {
  between,
  clockwiseOf,
  distance,
  identifierOfNumber,
  isInArc,
  numberOfIdentifier,
  parseIdentifier,
} from '../../src/chord/identifier.js';
import { placeNodes } from '../../src/chord/placement.js';
import { sha1, sha1FirstWord } from '../../src/chord/sha1.js';
import { pointAt, points, walkBetween } from './small-circle.js';

describe('identifiers', () => {
  it('lie between two others as a walk around a 4-bit circle finds them, for all arcs and points', () => {
    for (let a = 0; a < 16; a++)
      for (let x = 0; x < 16; x++)
        for (let b = 0; b < 16; b++) {
          const name = `between(${a}, ${x}, ${b})`;
          expect(between(pointAt(a), pointAt(x), pointAt(b)), name).to.equal(walkBetween(a, x, b));
          const inArc = x === b || walkBetween(a, x, b);
          expect(isInArc(pointAt(a), pointAt(x), pointAt(b)), name).to.equal(inArc);
        }
  });

  it('lie between equal ends unless they are the end', () => {
    for (const a of points) for (const x of points) expect(between(a, x, a)).to.equal(x !== a);
  });

  it('move clockwise and back, round the zero', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: (1n << 160n) - 1n }),
        fc.bigInt({ min: 0n, max: (1n << 160n) - 1n }),
        (at, steps) => {
          const start = identifierOfNumber(at);
          const end = clockwiseOf(start, steps);
          expect(numberOfIdentifier(end)).to.equal((at + steps) % (1n << 160n));
          expect(distance(start, end)).to.equal(steps);
          expect(clockwiseOf(end, -steps)).to.equal(start);
          expect(parseIdentifier(end)).to.equal(end);
        },
      ),
    );
  });
});

describe('SHA-1', () => {
  it("equals Node's own for every length from 0 to 300", () => {
    for (let length = 0; length <= 300; length++) {
      const bytes = Buffer.from(Array.from({ length }, (_, index) => (index * 131 + length * 17) & 255));
      const expected = createHash('sha1').update(bytes).digest('hex');
      const text = trustBytes(bytes.toString('latin1'));
      expect(sha1(text), `length ${length}`).to.equal(expected);
      expect(sha1FirstWord(text), `length ${length}`).to.equal(parseInt(expected.slice(0, 8), 16));
    }
  });

  it("equals Node's own for random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (array) => {
        const text = trustBytes(Buffer.from(array).toString('latin1'));
        expect(sha1(text)).to.equal(createHash('sha1').update(array).digest('hex'));
      }),
    );
  });
});

describe('placement', () => {
  const unplaced = (count: number, base: string) =>
    Array.from({ length: count }, (_, index) => ({
      address: `${base}/${index}`,
      host: base,
      incarnation: 7,
    }));
  const spread = (ids: readonly bigint[]): number => {
    const sorted = [...ids].sort((a, b) => (a < b ? -1 : 1));
    const arcs = sorted.map((id, index) => BigInt.asUintN(160, id - (sorted.at(index - 1) ?? 0n)));
    const widest = arcs.reduce((a, b) => (a > b ? a : b));
    const narrowest = arcs.reduce((a, b) => (a < b ? a : b));
    return Number((widest * 100n) / narrowest) / 100;
  };

  it('is the hash of address and incarnation, as in the paper', () => {
    const [peer] = placeNodes(unplaced(1, 'local'), 'hash');
    expect(peer?.id).to.equal(createHash('sha1').update('local/0#7').digest('hex'));
  });

  it('gives arcs that differ much less when balanced', () => {
    const ratios = (placement: 'hash' | 'balanced') =>
      Array.from({ length: 20 }, (_, ring) =>
        spread(placeNodes(unplaced(8, `host${ring}`), placement).map(({ id }) => numberOfIdentifier(id))),
      ).sort((a, b) => a - b);
    expect(ratios('balanced')[10], 'median of widest / narrowest').to.be.below(3.5);
    expect(ratios('hash')[10]).to.be.above(8);
  });
});
