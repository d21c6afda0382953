import { expect } from 'chai';
import fc from 'fast-check';
import { createHistogram, merge, percentile, record, summarize } from '../src/histogram.js';

describe('histogram', () => {
  it('answers every percentile within 3 % of the exact one', () => {
    const values = fc.array(fc.integer({ min: 0, max: 0x7fffffff }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (micros, share) => {
        const histogram = createHistogram();
        for (const value of micros) record(histogram, value);
        const sorted = [...micros].sort((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? 0;
        const answered = percentile(histogram, share);
        expect(answered).to.be.at.least(exact);
        expect(answered).to.be.at.most(exact * 1.033 + 1);
      }),
    );
  });

  it('merged from two equals one of all', () => {
    const [left, right, all] = [createHistogram(), createHistogram(), createHistogram()];
    for (let value = 1; value < 5_000; value += 7) {
      record(value % 2 === 0 ? left : right, value);
      record(all, value);
    }
    merge(left, right);
    expect(summarize(left)).to.deep.equal(summarize(all));
  });
});
