/**
 * What NATS costs as the carrier between hosts: a client in one process, the nodes that it asks in another on loopback (eventual,
 * k = 1), over TCP and over a nats-server of this machine, in alternating runs. Run by itself: `node dist/runner/bench/nats.js`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { RingOptions } from '../../src/ring-options.js';
import { median, rounded } from '../figures.js';
import { measure, standardMix, type Mix } from './closed-loop.js';
import { openFarRing, warmUp, type FarRing } from './far-ring.js';

interface Contest {
  readonly carrier: 'TCP' | 'NATS';
  readonly ring: FarRing;
}

const nodes = 4;
const keysMax = 2_000;
const runs = 3;
const seconds = 2;

const port = await freePort();
const server = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
try {
  await Promise.race([
    reached(port),
    once(server, 'error').then(([error]) => Promise.reject(error as Error)),
  ]);
  await compare(`nats://127.0.0.1:${port}`);
} finally {
  server.kill();
}

async function compare(url: string): Promise<void> {
  const contests = [
    await openContest('TCP', { listen: '127.0.0.1:0' }, {}),
    await openContest('NATS', { bridge: url, advertise: 'bench' }, { bridge: url }),
  ];
  for (const outstanding of [1_024, 64, 1]) {
    for (const operation of ['get', 'put'] as const) {
      const rates = contests.map((): number[] => []);
      for (let run = 0; run < runs; run++) {
        for (const [at, { ring }] of contests.entries()) {
          const mix: Mix = { keys: ring.keys, value: standardMix.value, puts: operation === 'put' ? 1 : 0 };
          rates[at]?.push(await measure(ring.doors, mix, outstanding, seconds));
        }
      }
      for (const [at, { carrier }] of contests.entries()) {
        const rate = median(rates[at] ?? []);
        const meanMs = (1_000 * outstanding) / rate;
        console.log(
          JSON.stringify({
            operation,
            carrier,
            outstanding,
            rate: Math.round(rate),
            meanMs: rounded(meanMs, 3),
          }),
        );
      }
    }
  }
  for (const { ring } of contests) await ring.close();
}

async function openContest(
  carrier: Contest['carrier'],
  founding: RingOptions,
  joining: RingOptions,
): Promise<Contest> {
  const ring = await openFarRing(nodes, standardMix.keys.slice(0, keysMax), founding, joining);
  await warmUp(ring.doors, ring.keys);
  return { carrier, ring };
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
    await pause(50);
  }
}
