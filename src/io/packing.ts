/**
 * A batch between a client and a node as one string, the message that crosses threads at least cost: of an object with an array and
 * a text the engine clones three things, of a string one.
 *
 *   [ count of head | count of numbers ] [ numbers ] [ head ] text        32 bits, 64 bits, 32 bits each, a character a byte
 */
import { trustBytes } from '../bytes.js';
import type { ReplyBatch, RequestBatch } from '../wire/requests.js';

const countsBytes = 8;
let bytes = Buffer.from(new ArrayBuffer(64 * 1024));
let words = new Int32Array(bytes.buffer);
let doubles = new Float64Array(bytes.buffer);

export function packBatch({ head, text, numbers }: RequestBatch): string {
  const doublesCount = numbers?.length ?? 0;
  const headAt = 2 + 2 * doublesCount;
  const packedBytes = 4 * (headAt + head.length);
  if (packedBytes > bytes.length) grow(packedBytes);
  words[0] = head.length;
  words[1] = doublesCount;
  if (numbers !== undefined) doubles.set(numbers, 1);
  for (let index = 0; index < head.length; index++) words[headAt + index] = head[index] ?? 0;
  return bytes.toString('latin1', 0, packedBytes) + text;
}

/** A batch of replies is one of requests that has no numbers. */
export function unpackBatch(message: string): RequestBatch & ReplyBatch {
  const headCount = wordAt(message, 0);
  const doublesCount = wordAt(message, 4);
  const headAt = 2 + 2 * doublesCount;
  const packedBytes = 4 * (headAt + headCount);
  if (packedBytes > bytes.length) grow(packedBytes);
  bytes.write(message, 0, packedBytes, 'latin1');
  const head: number[] = [];
  for (let at = headAt; at < headAt + headCount; at++) head.push(words[at] ?? 0);
  const text = trustBytes(message.substring(packedBytes));
  return doublesCount === 0 ? { head, text } : { head, text, numbers: doubles.slice(1, 1 + doublesCount) };
}

/** 32 bits of a packed text, little-endian as the arrays here write them. */
export function wordAt(text: string, at: number): number {
  return (
    text.charCodeAt(at) |
    (text.charCodeAt(at + 1) << 8) |
    (text.charCodeAt(at + 2) << 16) |
    (text.charCodeAt(at + 3) << 24)
  );
}

function grow(least: number): void {
  bytes = Buffer.from(
    new ArrayBuffer(Math.max(2 * bytes.length, Math.ceil(least / countsBytes) * countsBytes)),
  );
  words = new Int32Array(bytes.buffer);
  doubles = new Float64Array(bytes.buffer);
}
