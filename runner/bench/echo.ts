/**
 * The baseline: the fastest bare MessagePort echo we know, through as many workers as the ring has nodes. One promise an operation,
 * the key hashed on both sides, batches packed as the ring's are, a batch per worker when it holds what the ring's batches held.
 */
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { sha1FirstWord } from '../../src/chord/sha1.js';
import { trustBytes } from '../../src/bytes.js';
import { packBatch, unpackBatch } from '../../src/io/packing.js';
import type { Doors } from './closed-loop.js';

export interface Echo extends Doors {
  batches: number;
  operations: number;
  close(): Promise<void>;
}

interface Lane {
  readonly port: MessagePort;
  head: number[];
  text: string;
}

export async function createEcho(workers: number): Promise<Echo> {
  const lanes: Lane[] = [];
  const threads: Worker[] = [];
  const settlers: ((value: Uint8Array | undefined) => void)[] = [];
  const free: number[] = [];
  let scheduled = false;

  const receive = (message: string): void => {
    const { head, text } = unpackBatch(message);
    let at = 0;
    for (let index = 0; index < head.length; index += 2) {
      const slot = head[index] ?? 0;
      const end = at + (head[index + 1] ?? 0);
      const settle = settlers[slot];
      free.push(slot);
      settle?.(end === at ? undefined : Buffer.from(text.substring(at, end), 'latin1'));
      at = end;
    }
  };
  for (let index = 0; index < workers; index++) {
    const thread = new Worker(new URL('./echo-worker.js', import.meta.url));
    const { port1, port2 } = new MessageChannel();
    thread.postMessage({ port: port2 }, [port2]);
    await new Promise((resolve) => port1.once('message', resolve));
    port1.on('message', receive);
    lanes.push({ port: port1, head: [], text: '' });
    threads.push(thread);
  }

  const flush = (): void => {
    scheduled = false;
    for (const lane of lanes) {
      if (lane.head.length === 0) continue;
      echo.batches++;
      lane.port.postMessage(packBatch({ head: lane.head, text: trustBytes(lane.text) }));
      lane.head = [];
      lane.text = '';
    }
  };

  const start = (key: string, value: string): Promise<Uint8Array | undefined> =>
    new Promise((resolve) => {
      echo.operations++;
      const lane = lanes[sha1FirstWord(trustBytes(key)) % workers];
      if (lane === undefined) throw new Error('an echo has at least one worker');
      const slot = free.pop() ?? settlers.length;
      settlers[slot] = resolve;
      lane.head.push(slot, key.length, value.length);
      lane.text += key + value;
      if (!scheduled) {
        scheduled = true;
        setImmediate(flush);
      }
    });

  const echo: Echo = {
    batches: 0,
    operations: 0,
    get: (key) => start(key, ''),
    put: (key, value) => start(key, value),
    async close() {
      for (const { port } of lanes) port.close();
      await Promise.all(threads.map((thread) => thread.terminate()));
    },
  };
  return echo;
}
