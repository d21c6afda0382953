/** Scale: throughput, memory and hops of rings of 1 to 64 node threads on one machine, at k = 1 and 3. */
import { createRing } from '../../actors/index.js';
import { median, rounded } from '../figures.js';
import { measure, standardMix } from './closed-loop.js';

export interface ScaleRow {
  readonly nodes: number;
  readonly replicas: number;
  /** Operations per second at 1,024 outstanding, 95 % get. */
  readonly operations: number;
  readonly megabytesPerNode: number;
  /** Nodes asked per lookup by a client that knows no partition's leader; afterwards it asks none. */
  readonly hopsCold: number;
  readonly hopsWarm: number;
}

export async function measureScale(
  nodes: number,
  replicas: number,
  runs: number,
  seconds: number,
): Promise<ScaleRow> {
  const before = process.memoryUsage.rss();
  const ring = await createRing({ nodes, replicas, consistency: 'eventual' });
  try {
    const client = ring.client();
    await client.putMany(standardMix.keys.map((key) => [key, standardMix.value] as const));
    const cold = client.hops();
    const doors = {
      get: (key: string) => client.get(key),
      put: (key: string, value: string) => client.put(key, value),
    };
    const rates: number[] = [];
    for (let run = 0; run < runs; run++) rates.push(await measure(doors, standardMix, 1_024, seconds));
    const warm = client.hops();
    return {
      nodes,
      replicas,
      operations: Math.round(median(rates)),
      megabytesPerNode: Math.round((process.memoryUsage.rss() - before) / nodes / 2 ** 20),
      hopsCold: rounded(cold.mean, 2),
      hopsWarm: warm.lookups - cold.lookups,
    };
  } finally {
    await ring.close();
  }
}
