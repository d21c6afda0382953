/** SHA-1 in plain TypeScript (FIPS 180-4, section 6.1), for the simulator and wherever Node's own is out of reach. */
import type { ByteString } from '../bytes.js';
import { hexWord } from '../words.js';
import { trustIdentifier, type Identifier } from './identifier.js';

/** One message schedule and one running digest for all calls: nothing here is re-entrant, nothing waits. */
const schedule = new Int32Array(80);
const digest = new Int32Array(5);

/** The SHA-1 of the bytes. About 1 us for a short key. */
export function sha1(bytes: ByteString): Identifier {
  digestBytes(bytes);
  let text = '';
  for (let index = 0; index < digest.length; index++) {
    text += hexWord(digest[index] ?? 0);
  }
  return trustIdentifier(text);
}

/** The first 32 bits of the SHA-1, as an unsigned number: all that a key's partition needs; allocates nothing. */
export function sha1FirstWord(bytes: ByteString): number {
  digestBytes(bytes);
  return (digest[0] ?? 0) >>> 0;
}

function digestBytes(bytes: ByteString): void {
  digest[0] = 0x67452301;
  digest[1] = 0xefcdab89;
  digest[2] = 0x98badcfe;
  digest[3] = 0x10325476;
  digest[4] = 0xc3d2e1f0;
  const { length } = bytes;
  const blocks = ((length + 8) >>> 6) + 1;
  for (let block = 0; block < blocks; block++) {
    const start = block << 6;
    if (start + 64 <= length) readFullBlock(bytes, start);
    else readPaddedBlock(bytes, start, block === blocks - 1);
    digestBlock();
  }
}

function readFullBlock(bytes: ByteString, start: number): void {
  for (let word = 0, at = start; word < 16; word++, at += 4) {
    schedule[word] =
      (bytes.charCodeAt(at) << 24) |
      (bytes.charCodeAt(at + 1) << 16) |
      (bytes.charCodeAt(at + 2) << 8) |
      bytes.charCodeAt(at + 3);
  }
}

/** The end of the message: its last bytes, a one bit, zeros, and in the last block its length in bits. */
function readPaddedBlock(bytes: ByteString, start: number, last: boolean): void {
  schedule.fill(0, 0, 16);
  for (let at = start; at <= bytes.length && at < start + 64; at++) {
    const byte = at < bytes.length ? bytes.charCodeAt(at) : 0x80;
    const word = (at - start) >>> 2;
    schedule[word] = (schedule[word] ?? 0) | (byte << (24 - ((at & 3) << 3)));
  }
  if (!last) return;
  schedule[14] = Math.floor(bytes.length / 0x2000_0000);
  schedule[15] = bytes.length << 3;
}

function digestBlock(): void {
  for (let index = 16; index < 80; index++) {
    const mixed = at(index - 3) ^ at(index - 8) ^ at(index - 14) ^ at(index - 16);
    schedule[index] = (mixed << 1) | (mixed >>> 31);
  }
  let a = digest[0] ?? 0;
  let b = digest[1] ?? 0;
  let c = digest[2] ?? 0;
  let d = digest[3] ?? 0;
  let e = digest[4] ?? 0;
  for (let index = 0; index < 80; index++) {
    let mixed: number;
    if (index < 20) mixed = ((b & c) | (~b & d)) + 0x5a827999;
    else if (index < 40) mixed = (b ^ c ^ d) + 0x6ed9eba1;
    else if (index < 60) mixed = ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
    else mixed = (b ^ c ^ d) + 0xca62c1d6;
    const next = (((a << 5) | (a >>> 27)) + mixed + e + at(index)) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  digest[0] = (digest[0] ?? 0) + a;
  digest[1] = (digest[1] ?? 0) + b;
  digest[2] = (digest[2] ?? 0) + c;
  digest[3] = (digest[3] ?? 0) + d;
  digest[4] = (digest[4] ?? 0) + e;
}

/** A word of the schedule; the index is always within it. */
function at(index: number): number {
  return schedule[index] ?? 0;
}
