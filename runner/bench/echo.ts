/**
 * The baseline: the fastest bare MessagePort echo we know, through as many workers as the ring has nodes. One promise an operation,
 * the key hashed on both sides, batches packed as the ring's are, a batch per worker when it holds what the ring's batches held.
 */
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { EchoDoors } from './echo-doors.js';

export type Echo = EchoDoors & { close(): Promise<void> };

export async function createEcho(workers: number): Promise<Echo> {
  const ports: MessagePort[] = [];
  const threads: Worker[] = [];
  const doors = new EchoDoors(workers, {
    send: (lane, message) => ports[lane]?.postMessage(message),
  });
  for (let index = 0; index < workers; index++) {
    const thread = new Worker(new URL('./echo-worker.js', import.meta.url));
    const { port1, port2 } = new MessageChannel();
    thread.postMessage({ port: port2 }, [port2]);
    await new Promise((resolve) => port1.once('message', resolve));
    port1.on('message', (message: string) => doors.receive(message));
    ports.push(port1);
    threads.push(thread);
  }
  return Object.assign(doors, {
    async close() {
      for (const port of ports) port.close();
      await Promise.all(threads.map((thread) => thread.terminate()));
    },
  });
}
