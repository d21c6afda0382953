/** The socket in front of the gateway: TCP, or TLS when there is a certificate; what does not finish its handshake is dropped. */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { RondoError, reasonOf } from '../../src/errors.js';
import { formatHostAddress } from '../../src/host-address.js';
import { gatewayServerOptions } from '../../src/io/tls-options.js';

/** Texts in PEM. */
export interface GatewayTls {
  readonly cert: string;
  readonly key: string;
}

export interface ListenerLimits {
  /** With TLS alone: without it, who comes too late is told so. */
  readonly connectionsMax: number;
  readonly handshakeMs: number;
}

export interface ListenerEvents {
  /** With TLS, when the handshake is done. */
  accepted(socket: Socket): void;
  /** One that could not be accepted, for want of a handshake, a place or a file descriptor. */
  lost(): void;
}

export interface Listener {
  listen(host: string, port: number): Promise<number>;
  /** Resolves when no connection is left. */
  close(): Promise<void>;
  /** Ends connections that are still in their handshake, too. */
  destroyAll(): void;
}

/** Both ends may close on their own: a client that ends its side is still answered. */
const socketOptions = { noDelay: true, keepAlive: true, allowHalfOpen: true };

/** With TLS, connections past `connectionsMax` are dropped before their handshake, which costs more than a refusal may. */
export function createListener(
  tls: GatewayTls | undefined,
  limits: ListenerLimits,
  events: ListenerEvents,
): Listener {
  const sockets = new Set<Socket>();
  const server = tls === undefined ? createServer(socketOptions) : secureServer(tls, limits, events);
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on(tls === undefined ? 'connection' : 'secureConnection', events.accepted);
  return {
    listen: async (host, port) => {
      const found = await listen(server, host, port);
      // What cannot be accepted later must not take the ring with it.
      server.on('error', events.lost);
      return found;
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
    destroyAll: () => sockets.forEach((socket) => socket.destroy()),
  };
}

function secureServer(tls: GatewayTls, limits: ListenerLimits, events: ListenerEvents): Server {
  const server = createTlsServer({ ...socketOptions, ...gatewayServerOptions(tls, limits.handshakeMs) });
  server.maxConnections = limits.connectionsMax;
  server.on('drop', events.lost);
  server.on('tlsClientError', (_error, socket) => {
    socket.destroy();
    events.lost();
  });
  return server;
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  const listening = once(server, 'listening');
  server.listen(port, host);
  try {
    await listening;
  } catch (cause) {
    throw new RondoError('INVALID_ARGUMENT', whyNotListening(cause, formatHostAddress({ host, port })), {
      cause,
    });
  }
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

function whyNotListening(cause: unknown, address: string): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return `${address} is already in use, perhaps by another ring or by redis: stop that one, or choose another port with --resp HOST:PORT (--resp 0 = any free one)`;
    case 'EACCES':
      return `${address} is not allowed for this user: choose a port of 1024 or more with --resp HOST:PORT`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${address} is no address of this machine: choose one that is with --resp HOST:PORT`;
    default:
      return `cannot listen on ${address}: ${reasonOf(cause)}`;
  }
}
