/** Debian's redis-server on loopback, through ioredis (auto-pipelining) and node-redis (no command time-out). */
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import type { Doors } from './closed-loop.js';

export interface RedisClients {
  readonly version: string;
  readonly clients: readonly (Doors & { readonly name: string })[];
  close(): Promise<void>;
}

/** Undefined when redis-server is not installed. */
export async function startRedisServer(): Promise<
  { readonly port: number; readonly server: ChildProcess } | undefined
> {
  const port = await freePort();
  const server = spawn(
    'redis-server',
    ['--port', String(port), '--save', '', '--appendonly', 'no', '--bind', '127.0.0.1'],
    { stdio: 'ignore' },
  );
  const started = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.once('spawn', () => resolve(true));
  });
  return started ? { port, server } : undefined;
}

/** Undefined when redis-server is not installed. */
export async function startRedis(): Promise<RedisClients | undefined> {
  const running = await startRedisServer();
  if (running === undefined) return undefined;
  const { port, server } = running;
  const [{ Redis }, { createClient }] = await Promise.all([import('ioredis'), import('redis')]);
  const io = new Redis(port, '127.0.0.1', {
    enableAutoPipelining: true,
    retryStrategy: () => 50,
    maxRetriesPerRequest: null,
  });
  await io.ping();
  const node = createClient({ url: `redis://127.0.0.1:${port}` });
  node.on('error', (error: Error) => process.stderr.write(`node-redis: ${error.message}\n`));
  await node.connect();
  const info = await io.info('server');
  return {
    version: /redis_version:(\S+)/.exec(info)?.[1] ?? 'unknown',
    clients: [
      { name: 'ioredis', get: (key) => io.get(key), put: (key, value) => io.set(key, value) },
      { name: 'node-redis', get: (key) => node.get(key), put: (key, value) => node.set(key, value) },
    ],
    async close() {
      io.disconnect();
      await node.close();
      server.kill();
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null
          ? resolve(address.port)
          : reject(new Error('no port')),
      );
    });
  });
}
