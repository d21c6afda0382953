/** The echo's far end over a socket, in a process of its own: answers each batch with one, and writes when a chunk is answered or enough is there. */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { TlsTexts } from '../../src/bridge-options.js';
import { answerEcho } from './echo-answer.js';
import { EchoFrames } from './echo-frames.js';

/** By trial the fastest: the asker reads while the next batches are answered, and no write is for a few answers only. */
const writeBytes = 16 * 1024;

process.once('message', ({ tls }: { tls: TlsTexts | null }) => {
  const take = (socket: Socket): void => {
    socket.setNoDelay(true);
    const frames = new EchoFrames((message) => {
      frames.add(answerEcho(message));
      if (frames.bytes >= writeBytes) socket.write(frames.take());
    });
    socket.on('data', (chunk) => {
      frames.receive(chunk);
      if (frames.bytes > 0) socket.write(frames.take());
    });
    socket.on('error', () => socket.destroy());
  };
  const server =
    tls === null
      ? createServer(take)
      : createTlsServer({ ...tls, requestCert: true, minVersion: 'TLSv1.3' }, take);
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
});
process.once('disconnect', () => process.exit());
