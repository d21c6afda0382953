/** The baseline between hosts: the echo over one Node socket to a process on loopback, plain or with the TLS that hosts speak. */
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { TlsTexts } from '../../src/bridge-options.js';
import { EchoDoors } from './echo-doors.js';
import { EchoFrames } from './echo-frames.js';
import { startChild } from './child.js';

export type TcpEcho = EchoDoors & { close(): Promise<void> };

/** All batches of a turn leave in one write, each as long as a batch to one of so many nodes. */
export async function createTcpEcho(lanes: number, tls: TlsTexts | undefined): Promise<TcpEcho> {
  const server = await startChild<{ readonly port: number }>('tcp-echo-server', { tls: tls ?? null });
  const at = { port: server.ready.port, host: '127.0.0.1' };
  const socket = tls === undefined ? connect(at) : connectTls({ ...at, ...tls, minVersion: 'TLSv1.3' });
  await new Promise((resolve, reject) => {
    socket.once(tls === undefined ? 'connect' : 'secureConnect', resolve);
    socket.once('error', reject);
  });
  socket.setNoDelay(true);
  const frames = new EchoFrames((message) => doors.receive(message));
  const doors = new EchoDoors(lanes, {
    send: (_, message) => frames.add(message),
    flushed: () => socket.write(frames.take()),
  });
  socket.on('data', (chunk) => frames.receive(chunk));
  return Object.assign(doors, {
    async close() {
      socket.destroy();
      await server.stop();
    },
  });
}
