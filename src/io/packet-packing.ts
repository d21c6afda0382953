/**
 * A packet between nodes as one string, where all its messages are batches of the data path: of an object the engine clones every
 * array and text on its own, of a string one thing. Packets of rarer messages cross as they are.
 *
 *   [ received | messages | doubles | words ] doubles, words, texts        32 bits each, 64 bits, 32 bits, a character a byte
 *   words of a message: [ kind | head | numbers | text characters | names' characters ] head      doubles: request id, numbers
 */
import { trustBytes } from '../bytes.js';
import { trustIdentifier } from '../chord/identifier.js';
import type { Packet, PeerMessage } from '../wire/messages.js';

interface Batch {
  readonly head: ArrayLike<number>;
  readonly numbers: ArrayLike<number>;
  readonly text: string;
}

export const packedKinds = {
  registerAsks: 1,
  registerAnswers: 2,
  replicate: 3,
  replicated: 4,
  records: 5,
  recordsTaken: 6,
} as const;

/** The last of the kinds that a wire version has. */
export function packedKindMax(version: number): number {
  return version === 1 ? packedKinds.replicated : packedKinds.recordsTaken;
}

export const headerBytes = 16;
export const wordsPerMessage = 5;
const nothing: Batch = { head: [], numbers: [], text: '' };
let bytes = Buffer.from(new ArrayBuffer(64 * 1024));
let words = new Int32Array(bytes.buffer);
let doubles = new Float64Array(bytes.buffer);

/** The frame as a string; undefined when the packet holds a message of another kind. */
export function packPacket(received: number, packet: Packet): string | undefined {
  const { clusterId, from, messages } = packet;
  let doublesCount = 0;
  let wordsCount = 1;
  for (const message of messages) {
    const batch = batchOf(message);
    if (batch === undefined) return undefined;
    doublesCount += 1 + batch.numbers.length;
    wordsCount += wordsPerMessage + batch.head.length;
  }
  const packedBytes = headerBytes + 8 * doublesCount + 4 * wordsCount;
  if (packedBytes > bytes.length) grow(packedBytes);
  words[0] = received;
  words[1] = messages.length;
  words[2] = doublesCount;
  words[3] = wordsCount;
  let doubleAt = headerBytes / 8;
  let wordAt = headerBytes / 4 + 2 * doublesCount;
  words[wordAt++] = clusterId.length;
  let text = clusterId + from;
  for (const message of messages) {
    const { head, numbers, text: own } = batchOf(message) ?? nothing;
    const names = 'records' in message ? message.records.writers.join() : '';
    words[wordAt] = packedKindOf(message);
    words[wordAt + 1] = head.length;
    words[wordAt + 2] = numbers.length;
    words[wordAt + 3] = own.length;
    words[wordAt + 4] = names.length;
    wordAt += wordsPerMessage;
    for (let index = 0; index < head.length; index++) words[wordAt++] = head[index] ?? 0;
    doubles[doubleAt++] = 'requestId' in message ? message.requestId : 0;
    for (let index = 0; index < numbers.length; index++) doubles[doubleAt++] = numbers[index] ?? 0;
    text += own + names;
  }
  return bytes.toString('latin1', 0, packedBytes) + text;
}

export function unpackPacket(frame: string): { readonly received: number; readonly packet: Packet } {
  bytes.write(frame, 0, headerBytes, 'latin1');
  const [received = 0, count = 0, doublesCount = 0, wordsCount = 0] = words;
  const packedBytes = headerBytes + 8 * doublesCount + 4 * wordsCount;
  if (packedBytes > bytes.length) grow(packedBytes);
  bytes.write(frame, 0, packedBytes, 'latin1');
  let doubleAt = headerBytes / 8;
  let wordAt = headerBytes / 4 + 2 * doublesCount;
  let textAt = packedBytes;
  const cut = (length: number): string => {
    const start = textAt;
    textAt += length;
    return frame.substring(start, textAt);
  };
  const clusterId = cut(words[wordAt++] ?? 0);
  const from = trustIdentifier(cut(40));
  const messages: PeerMessage[] = [];
  for (let index = 0; index < count; index++) {
    const kind = words[wordAt] ?? 0;
    const headCount = words[wordAt + 1] ?? 0;
    const numbersCount = words[wordAt + 2] ?? 0;
    const textLength = words[wordAt + 3] ?? 0;
    const namesLength = words[wordAt + 4] ?? 0;
    wordAt += wordsPerMessage;
    // Of their very size: arrays that grow leave twice as much garbage.
    const head = new Array<number>(headCount);
    for (let at = 0; at < headCount; at++) head[at] = words[wordAt++] ?? 0;
    const requestId = doubles[doubleAt++] ?? 0;
    const numbers = new Array<number>(numbersCount);
    for (let at = 0; at < numbersCount; at++) numbers[at] = doubles[doubleAt++] ?? 0;
    const text = trustBytes(cut(textLength));
    const names = cut(namesLength);
    if (kind === packedKinds.registerAsks) {
      messages.push({ type: 'registerAsks', from, requestId, asks: { head, numbers, text } });
    } else if (kind === packedKinds.registerAnswers) {
      messages.push({
        type: 'registerAnswers',
        from,
        requestId,
        answers: { head, numbers, text },
        views: [],
      });
    } else if (kind === packedKinds.replicate || kind === packedKinds.records) {
      const type = kind === packedKinds.replicate ? 'replicate' : 'records';
      const writers = names === '' ? [] : names.split(',').map(trustIdentifier);
      messages.push({ type, from, requestId, records: { head, numbers, writers, text } });
    } else
      messages.push({
        type: kind === packedKinds.replicated ? 'replicated' : 'recordsTaken',
        from,
        requestId,
      });
  }
  return { received, packet: { clusterId, from, messages } };
}

function batchOf(message: PeerMessage): Batch | undefined {
  switch (message.type) {
    case 'registerAsks':
      return message.asks;
    case 'registerAnswers':
      return message.views.length === 0 ? message.answers : undefined;
    case 'replicate':
    case 'records':
      return message.records;
    case 'replicated':
    case 'recordsTaken':
      return nothing;
    default:
      return undefined;
  }
}

/** 0 = travels in no packed packet. */
export function packedKindOf(message: PeerMessage): number {
  return message.type in packedKinds ? packedKinds[message.type as keyof typeof packedKinds] : 0;
}

function grow(least: number): void {
  const kept = bytes;
  bytes = Buffer.from(new ArrayBuffer(Math.max(2 * kept.length, Math.ceil(least / 8) * 8)));
  bytes.set(kept);
  words = new Int32Array(bytes.buffer);
  doubles = new Float64Array(bytes.buffer);
}
