/** Throughput of in-process clients on a ring, beside the echo, in alternating runs. */
import { createRing } from '../../actors/index.js';
import { measure, median, standardMix } from './closed-loop.js';
import { createEcho } from './echo.js';

export interface ThroughputRow {
  readonly outstanding: number;
  readonly ring: number;
  readonly echo: number;
  readonly ratio: number;
  /** Mean operations per batch. */
  readonly echoBatch: number;
}

/** Runs of `seconds` each, alternating between the two; medians. */
export async function measureThroughput(
  nodes: number,
  replicas: number,
  runs: number,
  seconds: number,
): Promise<ThroughputRow[]> {
  const ring = await createRing({ nodes, replicas });
  const echo = await createEcho(nodes);
  const client = ring.client();
  const rows: ThroughputRow[] = [];
  try {
    await client.putMany(standardMix.keys.map((key) => [key, standardMix.value] as const));
    await Promise.all(standardMix.keys.map((key) => echo.put(key, standardMix.value)));
    const doors = {
      get: (key: string) => client.get(key),
      put: (key: string, value: string) => client.put(key, value),
    };
    for (const outstanding of [1, 64, 1_024]) {
      const [ringRuns, echoRuns]: [number[], number[]] = [[], []];
      const before = { batches: echo.batches, operations: echo.operations };
      for (let run = 0; run < runs; run++) {
        ringRuns.push(await measure(doors, standardMix, outstanding, seconds));
        echoRuns.push(await measure(echo, standardMix, outstanding, seconds));
      }
      const [ringRate, echoRate] = [median(ringRuns), median(echoRuns)];
      rows.push({
        outstanding,
        ring: Math.round(ringRate),
        echo: Math.round(echoRate),
        ratio: Math.round((100 * ringRate) / echoRate) / 100,
        echoBatch:
          Math.round((10 * (echo.operations - before.operations)) / (echo.batches - before.batches)) / 10,
      });
    }
    return rows;
  } finally {
    await Promise.all([ring.close(), echo.close()]);
  }
}
