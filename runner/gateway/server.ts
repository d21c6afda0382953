/** The Redis-protocol gateway: one TCP listener in front of a ring, as the coordinator that clients know. */
import type { Socket } from 'node:net';
import type { RingAdmin } from '../../src/admin.js';
import type { RingClient } from '../../src/client-types.js';
import { RondoError } from '../../src/errors.js';
import { exposureOf } from '../../src/exposure.js';
import { formatHostAddress, isLoopbackHost } from '../../src/host-address.js';
import { BufferBudget } from './buffer-budget.js';
import type { Gateway, GatewayCounters } from './command.js';
import { commandTable } from './commands/index.js';
import { defaultLimits, type GatewayLimits } from './limits.js';
import { createListener, type GatewayTls, type Listener } from './listener.js';
import { createPasswordCheck } from './passwords.js';
import { ConnectionRegistry } from './registry.js';
import { connectSocket, endSocket } from './socket.js';

export interface GatewayOptions {
  readonly client: Pick<RingClient, 'submitter'>;
  readonly admin: RingAdmin;
  /** Default 127.0.0.1. Any other than loopback needs `tls` and `passwords`, or `insecure`. */
  readonly host?: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Default: none, so what is said can be read on the way. */
  readonly tls?: GatewayTls | undefined;
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
  refuseOpenNetwork(host, options);
  const registry = new ConnectionRegistry();
  const listening = { port: options.port };
  const gateway = createGateway(options, host, listening, registry);
  const budget = new BufferBudget(gateway.limits.buffersBytesMax);
  const limits = {
    connectionsMax: gateway.connectionsMax,
    handshakeMs: gateway.limits.unauthenticatedMs,
  };
  const listener = createListener(options.tls, limits, {
    accepted: (socket) => {
      if (registry.size >= gateway.connectionsMax) return reject(socket, registry);
      registry.add(connectSocket(socket, registry.nextId(), gateway, budget, registry), socket);
    },
    lost: () => void registry.rejected++,
  });
  listening.port = await listener.listen(host, options.port);
  const ticker = setInterval(() => registry.tick(gateway.nowMs()), tickMs);
  ticker.unref();

  let closing: Promise<void> | undefined;
  return {
    address: formatHostAddress({ host, port: listening.port }),
    port: listening.port,
    get connections() {
      return registry.size;
    },
    counters: () => registry.counters(),
    close() {
      clearInterval(ticker);
      closing ??= closeListener(listener, registry);
      return closing;
    },
  };
}

function refuseOpenNetwork(
  host: string,
  { port, tls, passwords = [], insecure = false }: GatewayOptions,
): void {
  const protection = { tls: tls !== undefined, password: passwords.length > 0, insecure };
  const exposure = exposureOf('resp', { host, port }, protection);
  if (exposure.type === 'refused') throw new RondoError('INVALID_ARGUMENT', exposure.reason);
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
    isDestructiveAllowed: options.destructive ?? isLoopbackHost(host),
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

async function closeListener(listener: Listener, registry: ConnectionRegistry): Promise<void> {
  const closed = listener.close();
  registry.finishAll();
  const impatience = setTimeout(() => listener.destroyAll(), closeMs);
  await closed;
  clearTimeout(impatience);
}
