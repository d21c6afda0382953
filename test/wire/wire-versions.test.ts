/** Which version two hosts speak. */
import { expect } from 'chai';
import fc from 'fast-check';
import { commonVersion, wireVersions } from '../../src/wire/wire-versions.js';

describe('Wire versions', () => {
  it('are the highest that both hosts speak, or none', () => {
    expect(commonVersion({ low: 1, high: 2 }, { low: 1, high: 1 })).to.equal(1);
    expect(commonVersion({ low: 1, high: 2 }, { low: 2, high: 5 })).to.equal(2);
    expect(commonVersion({ low: 1, high: 2 }, { low: 3, high: 5 })).to.equal(undefined);
    expect(commonVersion({ low: 3, high: 5 }, { low: 1, high: 2 })).to.equal(undefined);
    expect(commonVersion(wireVersions, wireVersions)).to.equal(wireVersions.high);
  });

  it('come out the same on both sides', () => {
    const ranges = fc.tuple(fc.nat(9), fc.nat(9)).map(([low, more]) => ({ low, high: low + more }));
    fc.assert(
      fc.property(ranges, ranges, (a, b) => {
        const version = commonVersion(a, b);
        expect(version).to.equal(commonVersion(b, a));
        if (version !== undefined) {
          expect(version).to.be.within(a.low, a.high);
          expect(version).to.be.within(b.low, b.high);
        }
      }),
    );
  });
});
