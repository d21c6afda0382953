/** A seeded generator (sfc32), so that equal seeds give equal runs in every engine. */
import type { Random } from './ports.js';

/** Uniform in [0, 1), period about 2^128; `seed` is any integer or text. */
export function createRandom(seed: number | string): Random {
  let [a, b, c, d] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 1];
  for (const character of String(seed)) {
    a = Math.imul(a ^ character.charCodeAt(0), 0x01000193);
    b = (b + a) | 0;
  }
  const next = (): number => {
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 0x1_0000_0000;
  };
  for (let warmUp = 0; warmUp < 15; warmUp++) next();
  return next;
}
