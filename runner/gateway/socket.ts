/** Puts a connection behind a TCP socket. */
import type { Socket } from 'node:net';
import { formatHostAddress } from '../../src/host-address.js';
import type { BufferBudget } from './buffer-budget.js';
import type { Gateway } from './command.js';
import { Connection } from './connection.js';
import type { ConnectionRegistry } from './registry.js';
import { createSession } from './session.js';

export function connectSocket(
  socket: Socket,
  id: number,
  gateway: Gateway,
  budget: BufferBudget,
  registry: ConnectionRegistry,
): Connection {
  const session = createSession(
    id,
    formatHostAddress({ host: socket.remoteAddress ?? '?', port: socket.remotePort ?? 0 }),
    formatHostAddress({ host: socket.localAddress ?? '?', port: socket.localPort ?? 0 }),
    gateway.nowMs(),
    gateway.checkPassword === undefined,
  );
  const connection = new Connection(
    session,
    gateway,
    {
      write: (bytes) => void socket.write(bytes, 'latin1'),
      bufferedBytes: () => socket.writableLength,
      setReading: (isReading) => void (isReading ? socket.resume() : socket.pause()),
      end: () => endSocket(socket),
      destroy: () => void socket.destroy(),
      // Ticks run when the promises that one message from the ring resolved have all been handled.
      defer: process.nextTick,
    },
    budget,
  );
  socket.on('data', (chunk: Buffer) => connection.receive(chunk));
  socket.on('drain', () => connection.drained());
  socket.on('end', () => connection.inputEnded());
  // A reset peer is an everyday end of a connection; 'close' follows.
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    connection.closed();
    registry.remove(connection);
  });
  return connection;
}

/** How long a peer may take to close its end; input is read and dropped, as a reset would take the last reply with it. */
const lingerMs = 1_000;

export function endSocket(socket: Socket): void {
  socket.end();
  socket.resume();
  const impatience = setTimeout(() => socket.destroy(), lingerMs);
  impatience.unref();
  socket.once('close', () => clearTimeout(impatience));
}
