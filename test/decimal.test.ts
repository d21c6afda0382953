import { expect } from 'chai';
import fc from 'fast-check';
import { addDecimals } from '../src/decimal.js';

describe('decimal addition', () => {
  const sums: readonly (readonly [a: string, b: string, sum: string | undefined])[] = [
    ['0.1', '0.2', '0.3'],
    ['10.50', '0.1', '10.6'],
    ['5.0e3', '2.0E2', '5200'],
    ['-1.5', '1.5', '0'],
    ['+.5', '1.', '1.5'],
    ['1e-17', '0', '0.00000000000000001'],
    ['4e-18', '0', '0'],
    ['-5e-18', '0', '-0.00000000000000001'],
    ['9007199254740993', '0.25', '9007199254740993.25'],
    ['1e308', '1', `1${'0'.repeat(307)}1`],
    ['1e309', '1', undefined],
    ['', '1', undefined],
    ['.', '1', undefined],
    ['1', ' 1', undefined],
    ['1', 'inf', undefined],
    ['1', '0x10', undefined],
    ['1'.repeat(401), '1', undefined],
  ];
  for (const [a, b, sum] of sums) {
    it(`of ${a.slice(0, 20)} and ${b} is ${String(sum).slice(0, 20)}`, () => {
      expect(addDecimals(a, b)).to.equal(sum);
      expect(addDecimals(b, a)).to.equal(sum);
    });
  }

  it('undoes itself', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(17), fc.integer(), fc.nat(17), (a, aPlaces, b, bPlaces) => {
        const sum = addDecimals(`${a}e-${aPlaces}`, `${b}e-${bPlaces}`);
        expect(addDecimals(sum ?? '', `${-b}e-${bPlaces}`)).to.equal(addDecimals(`${a}e-${aPlaces}`, '0'));
      }),
    );
  });
});
