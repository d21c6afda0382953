/** The checker against trying every order of small histories, under all rules. */
import { expect } from 'chai';
import fc from 'fast-check';
import { buildBlocks } from '../../runner/check/blocks.js';
import { checkKey, explains } from '../../runner/check/check-key.js';
import { defaultCheckLimits, type CheckRules } from '../../runner/check/limits.js';
import { isOptional, type ObservedOperation } from '../../runner/check/observed.js';
import { searchOrder } from '../../runner/check/search.js';
import { orderByZones } from '../../runner/check/zones.js';
import { accumulatingHistories, registerHistories, someOrderExplains } from './histories.js';

const everyRules: readonly CheckRules[] = [false, true].flatMap((cache) =>
  [false, true].map((preloaded) => ({ cache, preloaded })),
);
const runs = Number(process.env['CHECK_RUNS'] ?? 1_500);

const budget = () => ({ stepsLeft: 1_000_000 });

/** The verdict is that of trying every order, and an order given is one. */
function agrees(operations: readonly ObservedOperation[], rules: CheckRules): void {
  const good = someOrderExplains(operations, rules);
  const verdict = checkKey(operations, rules, defaultCheckLimits, budget());
  expect(verdict.type).to.equal(good ? 'ok' : 'illegal');
  if (verdict.type !== 'ok') return;
  expect(explains(verdict.order, rules)).to.equal(true);
  const left = operations.filter((operation) => !verdict.order.includes(operation));
  expect(left.every(isOptional)).to.equal(true);
}

describe('the checker and trying every order agree', function () {
  this.timeout(20_000);

  for (const rules of everyRules) {
    const name = `${rules.cache ? 'a cache' : 'a store'}${rules.preloaded ? ' with records from before' : ''}`;

    it(`on histories of unique values of ${name}`, () => {
      fc.assert(
        fc.property(registerHistories(true), (operations) => agrees(operations, rules)),
        { numRuns: runs },
      );
    });

    it(`on histories of repeated values of ${name}`, () => {
      fc.assert(
        fc.property(registerHistories(false), (operations) => agrees(operations, rules)),
        { numRuns: runs },
      );
    });

    // A value from before may equal one written later, which zones do not see: search decides there.
    if (rules.preloaded) continue;
    it(`on zones and search of ${name}, wherever zones decide`, () => {
      let decided = 0;
      fc.assert(
        fc.property(registerHistories(true), (operations) => {
          const blocks = buildBlocks(operations, rules);
          if (blocks.type === 'notUnique') return;
          const zones = blocks.type === 'illegal' ? blocks : orderByZones(blocks, rules);
          if (zones.type === 'order' && !explains(zones.order, rules)) return;
          decided++;
          const searched = searchOrder(operations, rules, defaultCheckLimits, budget());
          expect(searched.type).to.equal(zones.type === 'order' ? 'legal' : 'illegal');
        }),
        { numRuns: runs },
      );
      expect(decided).to.be.above(runs * 0.8);
    });
  }

  for (const cache of [false, true]) {
    it(`on appends and increments of a ${cache ? 'cache' : 'store'}`, () => {
      fc.assert(
        fc.property(accumulatingHistories, (operations) => agrees(operations, { cache, preloaded: false })),
        { numRuns: runs },
      );
    });
  }
});
