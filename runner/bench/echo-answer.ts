/** What an echo answers, whatever carries it: a Map behind packed batches, nothing else; hashes each key, as whoever places keys must. */
import { trustBytes } from '../../src/bytes.js';
import { sha1FirstWord } from '../../src/chord/sha1.js';
import { packBatch, unpackBatch } from '../../src/io/packing.js';

const records = new Map<string, string>();
let hashes = 0;

/** A request is three words: its slot, the bytes of its key and of its value, none for a get. An answer is two: slot, bytes. */
export function answerEcho(message: string): string {
  const { head, text } = unpackBatch(message);
  const reply: number[] = [];
  let values = '';
  let at = 0;
  for (let index = 0; index < head.length; index += 3) {
    const keyEnd = at + (head[index + 1] ?? 0);
    const valueEnd = keyEnd + (head[index + 2] ?? 0);
    const key = text.substring(at, keyEnd);
    hashes ^= sha1FirstWord(trustBytes(key));
    if (valueEnd > keyEnd) {
      records.set(
        Buffer.from(key, 'latin1').toString('latin1'),
        Buffer.from(text.substring(keyEnd, valueEnd), 'latin1').toString('latin1'),
      );
      reply.push(head[index] ?? 0, 0);
    } else {
      const value = records.get(key) ?? '';
      values += value;
      reply.push(head[index] ?? 0, value.length);
    }
    at = valueEnd;
  }
  return packBatch({ head: reply, text: trustBytes(values) });
}

/** Says that the echo is there; what was hashed is used, so that no engine leaves the hashing out. */
export function greetingOfEcho(): string {
  return packBatch({ head: [], text: trustBytes(String(hashes)) });
}
