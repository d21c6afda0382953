/** Throughput of an in-process client on a ring beside the bare MessagePort echo, in alternating runs; and beside Redis. */
import { createRing } from '../../actors/index.js';
import { median, rounded } from '../figures.js';
import { measure, standardMix, type Doors, type Mix } from './closed-loop.js';
import { createEcho } from './echo.js';
import { startRedis } from './redis.js';

export interface ThroughputRow {
  readonly outstanding: number;
  /** Operations per second, medians. */
  readonly ring: number;
  readonly echo: number;
  readonly ringToEcho: number;
  /** Mean operations per batch of the echo; the ring's clients flush by the same rule. */
  readonly echoBatch: number;
  readonly ringBatch: number;
  /** The faster of the Redis clients, by name; absent where redis-server is not installed. */
  readonly redis?: number;
  readonly redisClient?: string;
  readonly ringToRedis?: number;
}

export interface ThroughputOptions {
  readonly nodes: number;
  readonly replicas: number;
  readonly outstanding: readonly number[];
  readonly mix: Mix;
  readonly withRedis: boolean;
  readonly runs: number;
  readonly seconds: number;
}

/** The contenders of one row run in turn, `runs` times each, so that a noisy machine is unfair to all alike. */
export async function measureThroughput(options: ThroughputOptions): Promise<ThroughputRow[]> {
  const { nodes, replicas, mix, runs, seconds } = options;
  const ring = await createRing({ nodes, replicas, consistency: 'eventual' });
  const echo = await createEcho(nodes);
  const redis = options.withRedis ? await startRedis() : undefined;
  const client = ring.client();
  const ringDoors: Doors = {
    get: (key) => client.get(key),
    put: (key, value) => client.put(key, value),
  };
  try {
    for (const doors of [ringDoors, echo, ...(redis?.clients ?? [])]) {
      await Promise.all(mix.keys.map((key) => doors.put(key, mix.value)));
    }
    const rows: ThroughputRow[] = [];
    for (const outstanding of options.outstanding) {
      const contenders: readonly Doors[] = [ringDoors, echo, ...(redis?.clients ?? [])];
      const rates = contenders.map((): number[] => []);
      const [echoBefore, ringBefore] = [{ ...echo }, (await ring.admin.stats()).ring];
      for (let run = 0; run < runs; run++) {
        for (const [index, doors] of contenders.entries())
          rates[index]?.push(await measure(doors, mix, outstanding, seconds));
      }
      const ringAfter = (await ring.admin.stats()).ring;
      const [ringRate = 0, echoRate = 0, ...redisRates] = rates.map(median);
      const redisRate = Math.max(...redisRates);
      rows.push({
        outstanding,
        ring: Math.round(ringRate),
        echo: Math.round(echoRate),
        ringToEcho: ratio(ringRate, echoRate),
        echoBatch: ratio(echo.operations - echoBefore.operations, echo.batches - echoBefore.batches),
        ringBatch: ratio(
          ringAfter.reads + ringAfter.writes - ringBefore.reads - ringBefore.writes,
          ringAfter.batches - ringBefore.batches,
        ),
        ...(redis === undefined
          ? {}
          : {
              redis: Math.round(redisRate),
              redisClient: redis.clients[redisRates.indexOf(redisRate)]?.name ?? '',
              ringToRedis: ratio(ringRate, redisRate),
            }),
      });
    }
    return rows;
  } finally {
    await Promise.all([ring.close(), echo.close(), redis?.close()]);
  }
}

/** 95 % get, k = 1; most outstanding first, so that all code is compiled by the engine when single operations are timed. */
export function measureMix(runs: number, seconds: number): Promise<ThroughputRow[]> {
  const outstanding = [1_024, 64, 1];
  return measureThroughput({
    nodes: 8,
    replicas: 1,
    outstanding,
    mix: standardMix,
    withRedis: true,
    runs,
    seconds,
  });
}

/** The course's experiment: ten closed-loop clients that insert, ten nodes, k = 1. */
export function measureInserts(runs: number, seconds: number): Promise<ThroughputRow[]> {
  const mix: Mix = { ...standardMix, puts: 1 };
  return measureThroughput({
    nodes: 10,
    replicas: 1,
    outstanding: [10],
    mix,
    withRedis: false,
    runs,
    seconds,
  });
}

export function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : rounded(part / whole, 2);
}
