/** Mutations of frames: bytes, lengths and numbers replaced by those that parsers tend to stumble over, pieces cut, doubled and exchanged. */
import type { Random } from '../../../src/ports.js';

type Mutation = (frame: Buffer, other: Buffer, random: Random) => Buffer;

const words = [0, 1, -1, 2, 40, 255, 256, 0x7fff_ffff, -0x8000_0000, 0x0100_0000, 0xffff];
const numbers = [
  0,
  -0,
  1,
  -1,
  0.5,
  NaN,
  Infinity,
  -Infinity,
  2 ** 31,
  2 ** 52,
  2 ** 53,
  2 ** 63,
  1e308,
  5e-324,
];
const tokens = [
  ...['null', 'true', '[]', '{}', '""', '-1', '0', '1e999', '9007199254740993', '4096', '0.5', '"x"', '[[]]'],
  ...['{"__proto__":1}', '"__proto__"', '[0,9007199254740991]', '2097151', '33554431', '18014398509481983'],
];
const headerBytes = 5;

const mutations: readonly Mutation[] = [
  (frame, _other, random) => set(frame, place(frame, random), Math.floor(random() * 256)),
  (frame, _other, random) => {
    const at = place(frame, random);
    return set(frame, at, (frame[at] ?? 0) ^ (1 << Math.floor(random() * 8)));
  },
  (frame, _other, random) => write(frame, random, 4, (copy, at) => copy.writeInt32LE(one(words, random), at)),
  (frame, _other, random) =>
    write(frame, random, 8, (copy, at) => copy.writeDoubleLE(one(numbers, random), at)),
  (frame, _other, random) => relength(frame.subarray(0, place(frame, random))),
  (frame, other, random) => relength(Buffer.concat([frame, other.subarray(place(other, random))])),
  (frame, _other, random) => {
    const [from, to] = span(frame, random);
    return relength(Buffer.concat([frame.subarray(0, from), frame.subarray(to)]));
  },
  (frame, _other, random) => {
    const [from, to] = span(frame, random);
    return relength(Buffer.concat([frame.subarray(0, to), frame.subarray(from)]));
  },
  (frame, other, random) => {
    const at = place(frame, random);
    return relength(Buffer.concat([frame.subarray(0, at), other.subarray(Math.min(at, other.length))]));
  },
  (frame, other, random) => {
    const [from, to] = span(frame, random);
    const piece = other.subarray(Math.min(from, other.length), Math.min(to, other.length));
    return relength(Buffer.concat([frame.subarray(0, from), piece, frame.subarray(to)]));
  },
  (frame, _other, random) => replaceToken(frame, random, () => one(tokens, random)),
  (frame, _other, random) => replaceToken(frame, random, () => one(tokens, random)),
  // Near what it was: what passes goes on to the nodes.
  (frame, _other, random) => replaceToken(frame, random, (token) => nearby(token, random)),
  (frame, _other, random) => replaceToken(frame, random, (token) => nearby(token, random)),
  (frame, _other, random) =>
    set(frame, Math.floor(frame.length * (1 - random() / 4)), Math.floor(random() * 256)),
  /** The header itself: another kind, another length than there is. */
  (frame, _other, random) => set(frame, 4, Math.floor(random() * 14)),
  (frame, _other, random) => set(frame, Math.floor(random() * 4), Math.floor(random() * 256)),
];

/** One to four mutations of a frame; its header says its length, unless that is what was mutated. */
export function mutate(frame: Buffer, other: Buffer, random: Random): Buffer {
  let mutated = frame;
  do mutated = one(mutations, random)(mutated, other, random);
  while (random() < 0.3);
  return mutated;
}

/** The number, word or text of JSON that follows some place, replaced; as it is where there is none. */
function replaceToken(frame: Buffer, random: Random, replace: (token: string) => string): Buffer {
  const text = frame.toString('latin1', headerBytes);
  const token = /-?\d+(?:\.\d+)?|true|false|null|"[^"]{0,60}"/g;
  token.lastIndex = Math.floor(random() * text.length);
  const match = token.exec(text);
  if (match === null) return frame;
  const at = match.index;
  const replaced = text.slice(0, at) + replace(match[0]) + text.slice(at + match[0].length);
  return relength(Buffer.concat([frame.subarray(0, headerBytes), Buffer.from(replaced, 'latin1')]));
}

function nearby(token: string, random: Random): string {
  const value = Number(token);
  if (token === 'true' || token === 'false') return token === 'true' ? 'false' : 'true';
  return Number.isSafeInteger(value)
    ? String(value + Math.floor((random() - 0.4) * 2 ** (random() * 8)))
    : token;
}

function write(frame: Buffer, random: Random, size: number, put: (copy: Buffer, at: number) => void): Buffer {
  if (frame.length < headerBytes + size) return frame;
  const copy = Buffer.from(frame);
  // Words of packed batches lie at 2 modulo 4 of a frame of a packet, at 1 of one of requests: any place will do as often.
  put(copy, headerBytes + Math.floor(random() * (frame.length - headerBytes - size + 1)));
  return copy;
}

function set(frame: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(frame);
  if (at < copy.length) copy[at] = value;
  return copy;
}

/** Makes the header tell the length again. */
function relength(frame: Buffer): Buffer {
  if (frame.length < headerBytes) return frame;
  const copy = Buffer.from(frame);
  copy.writeUInt32LE(frame.length - 4, 0);
  return copy;
}

/** A place behind the header. */
function place(frame: Buffer, random: Random): number {
  return Math.min(frame.length, headerBytes + Math.floor(random() * Math.max(0, frame.length - headerBytes)));
}

function span(frame: Buffer, random: Random): readonly [number, number] {
  const from = place(frame, random);
  return [from, Math.min(frame.length, from + 1 + Math.floor(random() ** 3 * 200))];
}

function one<T>(list: readonly T[], random: Random): T {
  const chosen = list[Math.floor(random() * list.length)];
  if (chosen === undefined && list.length === 0) throw new RangeError('nothing to choose from');
  return chosen as T;
}
