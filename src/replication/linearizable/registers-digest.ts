/** Digests of registers: two sums of hashes of (key, accepted ballot), by bucket of the key's hash. Equal sums are taken for equal registers. */
import { mixWord } from '../../words.js';
import type { Register } from './register.js';

export const bucketsMax = 1_024;

/** Buckets in which a partition of so many registers is compared: a power of two, a few registers each. */
export function bucketsFor(registers: number): number {
  let buckets = 1;
  while (buckets < bucketsMax && buckets * 8 < registers) buckets *= 2;
  return buckets;
}

export function bucketOfHash(keyHash: number, buckets: number): number {
  return keyHash % buckets;
}

/** `[low, high]` of each bucket. Costs a look at every register. */
export function digestBuckets(registers: Iterable<Register>, buckets: number): Float64Array {
  const sums = new Float64Array(2 * buckets);
  for (const { keyHash, accepted } of registers) {
    const place = 2 * bucketOfHash(keyHash, buckets);
    const keyHigh = Math.floor(keyHash / 0x10_0000) | 0;
    const ballotHigh = Math.floor(accepted / 0x1_0000_0000) | 0;
    const low = mixWord(
      mixWord(keyHigh ^ Math.imul(accepted | 0, 0x85ebca6b)) ^ Math.imul(ballotHigh, 0xc2b2ae35),
    );
    const high = mixWord(Math.imul(low ^ (keyHash | 0), 0x27d4eb2f) ^ ballotHigh);
    // Of 2^21 registers in a bucket the sums are still exact.
    sums[place] = (sums[place] ?? 0) + (low >>> 0);
    sums[place + 1] = (sums[place + 1] ?? 0) + (high >>> 0);
  }
  return sums;
}
