/** A ring over two hosts for benchmarks: a client in this process, the nodes that it asks in another, and the keys that those lead. */
import { createRing, type Ring } from '../../actors/index.js';
import type { RingOptions } from '../../src/ring-options.js';
import { startChild } from './child.js';
import { measure, standardMix, type Doors } from './closed-loop.js';

/** Of the other host's nodes. */
export interface ServedCounters {
  readonly operations: number;
  readonly batches: number;
}

export interface FarRing {
  readonly doors: Doors;
  /** Those that nodes of the other host lead. */
  readonly keys: readonly string[];
  counters(): Promise<ServedCounters>;
  close(): Promise<void>;
}

const warmUpSeconds = 1;

/** The other host founds the ring, eventual and with k = 1; this one joins it with one node. */
export async function openFarRing(
  nodes: number,
  keys: readonly string[],
  founding: RingOptions,
  joining: RingOptions,
): Promise<FarRing> {
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
  return {
    doors: { get: (key) => client.get(key), put: (key, value) => client.put(key, value) },
    keys: await keysBeyond(ring, keys),
    counters: () =>
      new Promise((resolve) => {
        host.process.once('message', (message) => resolve(message as ServedCounters));
        host.process.send('counters');
      }),
    async close() {
      await ring.close();
      await host.stop();
    },
  };
}

/** The engine compiles what is timed: the first contender must not be slower for being the first. */
export async function warmUp(doors: Doors, keys: readonly string[]): Promise<void> {
  await Promise.all(keys.map((key) => doors.put(key, standardMix.value)));
  await measure(doors, { ...standardMix, keys, puts: 0.5 }, 1_024, warmUpSeconds);
}

async function keysBeyond({ admin, address }: Ring, among: readonly string[]): Promise<readonly string[]> {
  const isOwn = new Map<number, boolean>();
  const keys: string[] = [];
  for (const key of among) {
    const { partition, group } = await admin.trace(key);
    const known = isOwn.get(partition) ?? group[0]?.address.startsWith(`${address}/`) ?? true;
    isOwn.set(partition, known);
    if (!known) keys.push(key);
  }
  return keys;
}
