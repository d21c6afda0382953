/** 32-bit words: mixed for hashes, and written for digests and identifiers. */

/** The finalizer of MurmurHash3: each bit of the word changes about half of the bits of the outcome. */
export function mixWord(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** 8 hexadecimal characters. */
export function hexWord(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
