/** Key choosers: in range, and as skewed as they say. */
import { expect } from 'chai';
import { createRandom } from '../../src/random.js';
import {
  scrambledZipfianChooser,
  uniformChooser,
  zipfianChooser,
  type KeyChooser,
} from '../../runner/workload/key-choosers.js';

function counts(choose: KeyChooser, items: number, draws: number): number[] {
  const drawn = new Array<number>(items).fill(0);
  for (let draw = 0; draw < draws; draw++) {
    const item = choose();
    drawn[item] = (drawn[item] ?? 0) + 1;
  }
  expect(Object.keys(drawn), 'an item out of range').to.have.length(items);
  return drawn;
}

describe('key choosers', () => {
  it('uniform draws every item about equally', () => {
    for (const count of counts(uniformChooser(10, createRandom(1)), 10, 10_000)) {
      expect(count).to.be.within(800, 1_200);
    }
  });

  it('zipfian draws the first of 1,000 items as often as its law says', () => {
    const drawn = counts(zipfianChooser(1_000, createRandom(2)), 1_000, 50_000);
    let zeta = 0;
    for (let rank = 1; rank <= 1_000; rank++) zeta += 1 / rank ** 0.99;
    expect(drawn[0]).to.be.within((0.9 * 50_000) / zeta, (1.1 * 50_000) / zeta);
    expect(drawn[0]).to.be.greaterThan(drawn[9] ?? 0);
  });

  it('scrambled zipfian is as skewed, with the popular items apart', () => {
    const drawn = counts(scrambledZipfianChooser(1_000, createRandom(3)), 1_000, 50_000);
    const popular = drawn.map((count, item) => ({ count, item })).sort((a, b) => b.count - a.count);
    expect(popular[0]?.count).to.be.greaterThan(5_000);
    expect(Math.abs((popular[0]?.item ?? 0) - (popular[1]?.item ?? 0))).to.be.greaterThan(1);
  });

  it('of one item draw it', () => {
    expect(counts(zipfianChooser(1, createRandom(4)), 1, 10)).to.deep.equal([10]);
  });
});
