/** The Redis-protocol gateway: one TCP listener in front of a ring, as the coordinator that clients know. */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { RingAdmin } from '../../src/admin.js';
import type { RingClient } from '../../src/client-types.js';
import { RondoError } from '../../src/errors.js';
import { formatAddress, isLoopback } from './address.js';
import { BufferBudget } from './buffer-budget.js';
import type { Gateway, GatewayCounters } from './command.js';
import { commandTable } from './commands/index.js';
import { defaultLimits, type GatewayLimits } from './limits.js';
import { createPasswordCheck } from './passwords.js';
import { ConnectionRegistry } from './registry.js';
import { connectSocket, endSocket } from './socket.js';

export interface GatewayOptions {
  readonly client: Pick<RingClient, 'submitter'>;
  readonly admin: RingAdmin;
  /** Default 127.0.0.1. Any other than loopback needs `insecure`: there is no TLS yet. */
  readonly host?: string;
  /** 0 = any free port. */
  readonly port: number;
  /** None: everybody who can connect is let in. Two are valid during a rotation. */
  readonly passwords?: readonly string[];
  /** Default 1,024. Each costs about 10 KB, and a file descriptor. */
  readonly connectionsMax?: number;
  readonly limits?: Partial<GatewayLimits>;
  /** Whether FLUSHALL, RONDO.KILL and RONDO.RECOVER are served. Default: on loopback only. */
  readonly destructive?: boolean;
  /** Serve beyond loopback although passwords and values cross the network readable. */
  readonly insecure?: boolean;
  /** Milliseconds since 1970; for tests. */
  readonly nowMs?: () => number;
}

export interface RunningGateway {
  /** `host:port`, with the port that was found. */
  readonly address: string;
  readonly port: number;
  readonly connections: number;
  counters(): GatewayCounters;
  /** Answers what is in flight, for a second at most, and closes. Idempotent. */
  close(): Promise<void>;
}

const connectionsMaxDefault = 1_024;
const tickMs = 1_000;
const closeMs = 1_000;

/** Fails with INVALID_ARGUMENT when the address cannot be served, and the message says what to do. */
export async function startGateway(options: GatewayOptions): Promise<RunningGateway> {
  const host = options.host ?? '127.0.0.1';
  refuseOpenNetwork(host, options.insecure === true);
  const registry = new ConnectionRegistry();
  const listening = { port: options.port };
  const gateway = createGateway(options, host, listening, registry);
  const budget = new BufferBudget(gateway.limits.buffersBytesMax);
  const server = createServer({ noDelay: true, keepAlive: true, allowHalfOpen: true }, (socket) => {
    if (registry.size >= gateway.connectionsMax) return reject(socket, registry);
    registry.add(connectSocket(socket, registry.nextId(), gateway, budget, registry), socket);
  });
  listening.port = await listen(server, host, options.port);
  // A connection that could not be accepted (no file descriptor is left, say) must not take the ring with it.
  server.on('error', () => registry.rejected++);
  const ticker = setInterval(() => registry.tick(gateway.nowMs()), tickMs);
  ticker.unref();

  let closing: Promise<void> | undefined;
  return {
    address: formatAddress(host, listening.port),
    port: listening.port,
    get connections() {
      return registry.size;
    },
    counters: () => registry.counters(),
    close() {
      clearInterval(ticker);
      closing ??= closeServer(server, registry);
      return closing;
    },
  };
}

function refuseOpenNetwork(host: string, isInsecureAllowed: boolean): void {
  if (isLoopback(host) || isInsecureAllowed) return;
  throw new RondoError(
    'INVALID_ARGUMENT',
    `${host} can be reached from other machines, and the gateway has no TLS yet: passwords and values would cross the network readable. Bind 127.0.0.1, or allow it with --insecure`,
  );
}

function createGateway(
  options: GatewayOptions,
  host: string,
  listening: { readonly port: number },
  registry: ConnectionRegistry,
): Gateway {
  const nowMs = options.nowMs ?? Date.now;
  const { submitter } = options.client;
  return {
    submitter,
    admin: options.admin,
    commands: commandTable,
    limits: { ...defaultLimits, ...options.limits },
    get port() {
      return listening.port;
    },
    startedMs: nowMs(),
    isDestructiveAllowed: options.destructive ?? isLoopback(host),
    checkPassword: createPasswordCheck(options.passwords ?? []),
    nowMs,
    sessions: () => registry.sessions(),
    counters: () => registry.counters(),
    connectionsMax: options.connectionsMax ?? connectionsMaxDefault,
  };
}

function reject(socket: Socket, registry: ConnectionRegistry): void {
  registry.rejected++;
  socket.on('error', () => socket.destroy());
  socket.write('-ERR max number of clients reached\r\n');
  endSocket(socket);
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  const listening = once(server, 'listening');
  server.listen(port, host);
  try {
    await listening;
  } catch (cause) {
    throw new RondoError('INVALID_ARGUMENT', whyNotListening(cause, formatAddress(host, port)), { cause });
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
      return `cannot listen on ${address}: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
}

async function closeServer(server: Server, registry: ConnectionRegistry): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  registry.finishAll();
  const impatience = setTimeout(() => registry.destroyAll(), closeMs);
  await closed;
  clearTimeout(impatience);
}
