/** Batches as strings: what is packed is what is unpacked, whatever its size, and whatever was packed before. */
import { expect } from 'chai';
import fc from 'fast-check';
import { trustBytes } from '../../src/bytes.js';
import { packBatch, unpackBatch } from '../../src/io/packing.js';

const words = fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { maxLength: 200 });
const numbers = fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 20 });
const text = fc
  .array(fc.integer({ min: 0, max: 255 }))
  .map((codes) => trustBytes(String.fromCharCode(...codes)));

describe('Packed batches', () => {
  it('come out as they went in', () => {
    fc.assert(
      fc.property(words, fc.option(numbers), text, (head, doubles, bytes) => {
        const batch =
          doubles === null
            ? { head, text: bytes }
            : { head, text: bytes, numbers: Float64Array.from(doubles) };
        expect(unpackBatch(packBatch(batch))).to.deep.equal(batch);
      }),
    );
  });

  it('are one character a byte, so that texts stay Latin-1 on both sides', () => {
    const packed = packBatch({ head: [-1, 2 ** 31 - 1, 255], text: trustBytes('\u00ff') });
    expect(packed).to.match(/^[\u0000-\u00ff]*$/);
    expect(packed).to.have.length(8 + 3 * 4 + 1);
  });

  it('may be larger than any before, and leave nothing behind for the next', () => {
    const large = Array.from({ length: 100_000 }, (_, index) => index - 50_000);
    const packed = packBatch({ head: large, text: trustBytes('large'), numbers: Float64Array.of(0.5) });
    expect(unpackBatch(packBatch({ head: [7], text: trustBytes('small') }))).to.deep.equal({
      head: [7],
      text: 'small',
    });
    expect(unpackBatch(packed)).to.deep.equal({
      head: large,
      text: 'large',
      numbers: Float64Array.of(0.5),
    });
  });

  it('carry the text of an error that is not Latin-1', () => {
    const batch = { head: [1, 6, 3], text: trustBytes('\u20ac!\u2026') };
    expect(unpackBatch(packBatch(batch))).to.deep.equal(batch);
  });
});
