/** Ballots and epochs as numbers: what they say comes out again, and they compare as (epoch, round, member). */
import { expect } from 'chai';
import fc from 'fast-check';
import {
  ballotOf,
  describeEpoch,
  epochOf,
  firstEpoch,
  lineageOf,
  nextEpoch,
  nextLineage,
  nextRound,
  noBallot,
  roundIn,
  roundsBeforeRenewal,
} from '../../../src/replication/linearizable/ballot.js';

const lastEpoch = 2 ** 25 - 1;
const lastRound = 2 ** 25 - 1;
const epochs = fc.integer({ min: 1, max: lastEpoch });
const rounds = fc.integer({ min: 1, max: lastRound });
const members = fc.integer({ min: 0, max: 7 });

describe('A ballot', () => {
  it('says its epoch and its round', () => {
    fc.assert(
      fc.property(epochs, rounds, members, (epoch, round, member) => {
        const ballot = ballotOf(epoch, round, member);
        expect(Number.isSafeInteger(ballot)).to.equal(true);
        expect(epochOf(ballot)).to.equal(epoch);
        expect(roundIn(epoch, ballot)).to.equal(round);
        expect(roundIn(epoch + 1, ballot)).to.equal(0);
      }),
    );
  });

  it('compares as epoch, round, member', () => {
    const parts = fc.tuple(epochs, rounds, members);
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        const differing = [0, 1, 2].find((place) => one[place] !== other[place]);
        const isLess = differing !== undefined && (one[differing] ?? 0) < (other[differing] ?? 0);
        expect(ballotOf(...one) < ballotOf(...other)).to.equal(isLess);
      }),
    );
  });

  it('exceeds none, and is followed by the same member in the next round', () => {
    expect(ballotOf(firstEpoch, 1, 0)).to.be.greaterThan(noBallot);
    expect(nextRound(ballotOf(5, 7, 3))).to.equal(ballotOf(5, 8, 3));
  });

  it('is exact at its limits, and refused beyond', () => {
    expect(ballotOf(lastEpoch, lastRound, 7)).to.equal(Number.MAX_SAFE_INTEGER);
    expect(() => ballotOf(1, lastRound + 1, 0)).to.throw();
    expect(() => ballotOf(1, 0, 0)).to.throw();
    expect(() => ballotOf(1, 1, 8)).to.throw();
    expect(roundsBeforeRenewal).to.be.lessThan(lastRound);
  });
});

describe('An epoch', () => {
  it('follows another within the lineage, and any in the next lineage exceeds all of it', () => {
    expect(nextEpoch(firstEpoch)).to.equal(2);
    const last = 2 ** 21 - 2;
    expect(nextLineage(7, 0)).to.be.greaterThan(last);
    expect(lineageOf(nextLineage(7, 0))).to.equal(1);
    expect(lineageOf(nextLineage(7, 0.999))).to.equal(1);
    expect(nextLineage(7, 0.999)).to.be.greaterThan(nextLineage(7, 0.5));
    expect(describeEpoch(nextLineage(7, 0))).to.equal('1.1');
    expect(() => nextEpoch(last + 1)).to.throw();
  });

  it('has a lineage of sixteen', () => {
    let epoch = firstEpoch;
    for (let lineage = 1; lineage < 16; lineage++) epoch = nextLineage(epoch, 0.5);
    expect(ballotOf(epoch, 1, 0)).to.be.lessThan(Number.MAX_SAFE_INTEGER);
    expect(() => nextLineage(epoch, 0)).to.throw();
  });
});
