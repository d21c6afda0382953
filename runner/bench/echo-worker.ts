/** The echo's worker: a Map behind a MessagePort, nothing else; hashes each key, as whoever places keys must. */
import { parentPort, type MessagePort } from 'node:worker_threads';
import { sha1FirstWord } from '../../src/chord/sha1.js';
import { trustBytes } from '../../src/bytes.js';
import { packBatch, unpackBatch } from '../../src/io/packing.js';

const records = new Map<string, string>();
let hashes = 0;

parentPort?.once('message', ({ port }: { port: MessagePort }) => {
  port.on('message', (message: string) => {
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
    port.postMessage(packBatch({ head: reply, text: trustBytes(values) }));
  });
  port.postMessage(packBatch({ head: [], text: trustBytes(String(hashes)) }));
});
