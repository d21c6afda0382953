/**
 * Digests of what a partition holds: sums of one hash per record, so that they follow every change in constant time and
 * do not depend on order. Two 32-bit sums; equal digests are taken for equal contents.
 */
import type { ByteString } from '../bytes.js';
import type { Identifier } from '../chord/identifier.js';
import { mixWord } from '../words.js';

/** Buckets of keys in which large partitions are compared, a power of two. */
export const bucketCount = 64;

export interface Digest {
  low: number;
  high: number;
}

/** 52 bits of hash of a key: what stands for the key when versions are compared. Costs about a nanosecond a byte. */
export function keyHashOf(key: ByteString): number {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (let index = 0; index < key.length; index++) {
    const byte = key.charCodeAt(index);
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b ^ byte, 0x5bd1e995);
    b ^= b >>> 15;
  }
  return (mixWord(a) >>> 0) * 0x10_0000 + (mixWord(b) >>> 12);
}

export function bucketOf(keyHash: number): number {
  return keyHash % bucketCount;
}

/** Adds (sign 1) or takes away (sign -1) one record. */
export function addToDigest(
  digest: Digest,
  sign: 1 | -1,
  keyHash: number,
  hlc: number,
  writer: Identifier,
  tombstone: boolean,
): void {
  const keyHigh = Math.floor(keyHash / 0x10_0000) | 0;
  const timeHigh = Math.floor(hlc / 0x1_0000_0000) | 0;
  const name = writerHash(writer);
  let low = mixWord(keyHigh ^ Math.imul(hlc | 0, 0x85ebca6b));
  low = mixWord(low ^ Math.imul(timeHigh ^ name, 0xc2b2ae35));
  const high = mixWord(Math.imul(low ^ (keyHash | 0), 0x27d4eb2f) ^ name ^ (tombstone ? 0x5bd1e995 : 0));
  digest.low = (digest.low + sign * low) | 0;
  digest.high = (digest.high + sign * high) | 0;
}

/** Of an identifier's outer characters: identifiers are hashes, except those of tests, which differ at one end. */
function writerHash(writer: Identifier): number {
  let hash = 0;
  for (let index = 0; index < 8; index++) {
    hash = Math.imul(hash ^ writer.charCodeAt(index), 0x01000193);
    hash = Math.imul(hash ^ writer.charCodeAt(39 - index), 0x5bd1e995);
  }
  return hash;
}
