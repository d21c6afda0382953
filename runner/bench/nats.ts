/**
 * What NATS costs as the carrier between hosts: a client in one process, the nodes that it asks in another on loopback (eventual,
 * k = 1), over TCP and over a nats-server of this machine, in alternating runs. Run by itself: `node dist/runner/bench/nats.js`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createRing, type Ring } from '../../actors/index.js';
import type { RingOptions } from '../../src/ring-options.js';
import { startChild, type Child } from './child.js';
import { measure, median, standardMix, type Doors, type Mix } from './closed-loop.js';

interface Contest {
  readonly carrier: 'TCP' | 'NATS';
  readonly host: Child<{ readonly address: string }>;
  readonly ring: Ring;
  readonly doors: Doors;
  readonly keys: readonly string[];
}

const nodes = 4;
const runs = 3;
const seconds = 2;

const port = await freePort();
const server = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
await Promise.race([reached(port), once(server, 'error').then(([error]) => Promise.reject(error as Error))]);
const url = `nats://127.0.0.1:${port}`;
const contests = [
  await openContest('TCP', { listen: '127.0.0.1:0' }, {}),
  await openContest('NATS', { bridge: url, advertise: 'bench' }, { bridge: url }),
];
for (const outstanding of [1_024, 64, 1]) {
  for (const operation of ['get', 'put'] as const) {
    const rates = contests.map((): number[] => []);
    for (let run = 0; run < runs; run++) {
      for (const [at, { doors, keys }] of contests.entries()) {
        const mix: Mix = { keys, value: standardMix.value, puts: operation === 'put' ? 1 : 0 };
        rates[at]?.push(await measure(doors, mix, outstanding, seconds));
      }
    }
    for (const [at, { carrier }] of contests.entries()) {
      const rate = median(rates[at] ?? []);
      const meanMs = (1_000 * outstanding) / rate;
      console.log(
        JSON.stringify({ operation, carrier, outstanding, rate: Math.round(rate), meanMs: round(meanMs) }),
      );
    }
  }
}
for (const { ring, host } of contests) {
  await ring.close();
  await host.stop();
}
server.kill();

async function openContest(
  carrier: Contest['carrier'],
  founding: RingOptions,
  joining: RingOptions,
): Promise<Contest> {
  const common = { logLevel: 'error' } as const;
  const host = await startChild<{ readonly address: string }>('bridge-host', {
    ...common,
    ...founding,
    nodes,
    replicas: 1,
    consistency: 'eventual',
  });
  const ring = await createRing({ ...common, ...joining, nodes: 1, join: [host.ready.address] });
  const client = ring.client();
  const doors: Doors = {
    get: (key) => client.get(key),
    put: (key, value) => client.put(key, value),
  };
  const keys = await keysBeyond(ring);
  await Promise.all(keys.map((key) => doors.put(key, standardMix.value)));
  await measure(doors, { ...standardMix, keys, puts: 0.5 }, 1_024, 1);
  return { carrier, host, ring, doors, keys };
}

/** The keys that nodes of the other host lead. */
async function keysBeyond({ admin, address }: Ring): Promise<readonly string[]> {
  const keys: string[] = [];
  for (const key of standardMix.keys.slice(0, 2_000)) {
    const { group } = await admin.trace(key);
    if (group[0]?.address.startsWith(`${address}/`) === false) keys.push(key);
  }
  return keys;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port: free } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return free;
}

async function reached(at: number): Promise<void> {
  const { connect } = await import('node:net');
  for (;;) {
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(at, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function round(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
