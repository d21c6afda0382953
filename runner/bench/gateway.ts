/** The course's experiment through the gateway: ten Redis connections insert, closed loop, into a ring of ten nodes and into Redis. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { median } from '../figures.js';
import { measure, standardMix, type Doors, type Mix } from './closed-loop.js';
import { ratio } from './throughput.js';
import { startRedisServer } from './redis.js';

export interface GatewayRow {
  readonly connections: number;
  /** Inserts per second, medians. */
  readonly gateway: number;
  /** Absent where redis-server is not installed. */
  readonly redis?: number;
  readonly gatewayToRedis?: number;
}

interface Contender {
  readonly doors: Doors;
  readonly rates: number[];
  close(): void;
}

const connections = 10;
const inserts: Mix = { ...standardMix, puts: 1 };
const cli = fileURLToPath(new URL('../cli/main.js', import.meta.url));

/** The ring is a process of its own, as Redis is: `rondo up -n 10 -k 1`. Contenders take turns. */
export async function measureGateway(runs: number, seconds: number): Promise<GatewayRow[]> {
  const ring = spawn(
    process.execPath,
    [
      cli,
      'up',
      '-n',
      '10',
      '-k',
      '1',
      '--consistency',
      'eventual',
      '--resp',
      '0',
      '--http',
      'none',
      '--json',
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const redis = await startRedisServer();
  const contenders: Contender[] = [];
  try {
    contenders.push(await connectAll(await portOf(ring)));
    if (redis !== undefined) contenders.push(await connectAll(redis.port));
    for (let run = 0; run < runs; run++) {
      for (const { doors, rates } of contenders)
        rates.push(await measure(doors, inserts, connections, seconds));
    }
    const [gateway = 0, redisRate] = contenders.map(({ rates }) => median(rates));
    return [
      {
        connections,
        gateway: Math.round(gateway),
        ...(redisRate === undefined
          ? {}
          : { redis: Math.round(redisRate), gatewayToRedis: ratio(gateway, redisRate) }),
      },
    ];
  } finally {
    for (const contender of contenders) contender.close();
    redis?.server.kill();
    ring.kill();
  }
}

/** One connection for each operation outstanding, none shared. */
async function connectAll(port: number): Promise<Contender> {
  const { Redis } = await import('ioredis');
  const clients = Array.from({ length: connections }, () => new Redis(port, '127.0.0.1'));
  await Promise.all(clients.map((client) => client.ping()));
  const free = [...clients];
  const withOne = async <T>(use: (client: (typeof clients)[number]) => Promise<T>): Promise<T> => {
    const client = free.pop();
    if (client === undefined) throw new Error(`more than ${connections} operations outstanding`);
    try {
      return await use(client);
    } finally {
      free.push(client);
    }
  };
  return {
    doors: {
      get: (key) => withOne((client) => client.get(key)),
      put: (key, value) => withOne((client) => client.set(key, value)),
    },
    rates: [],
    close: () => clients.forEach((client) => client.disconnect()),
  };
}

/** The port of the Redis-protocol door, from the line that tells that the ring is ready. */
async function portOf(ring: ChildProcess): Promise<number> {
  if (ring.stdout === null) throw new Error('the ring has no output');
  for await (const line of createInterface({ input: ring.stdout })) {
    const event = JSON.parse(line) as { readonly event: string; readonly resp: string };
    if (event.event === 'ready') return Number(event.resp.split(':').pop());
  }
  throw new Error('the ring ended before it was ready');
}
