/** The linearizable mode beside the eventual one: operations per second and packets for each, contenders in turn in one process. */
import { createRing, type Ring } from '../../actors/index.js';
import type { RingClient } from '../../src/client-types.js';
import type { Consistency } from '../../src/config.js';
import { median } from '../figures.js';
import { measure, standardMix, warmUp } from './closed-loop.js';
import { ratio } from './throughput.js';

export interface BesideRow {
  readonly operation: 'get' | 'put';
  readonly outstanding: number;
  /** Operations per second, medians. */
  readonly linearizable: number;
  readonly eventual: number;
  readonly ratio: number;
  /** Packets between nodes for each operation; of messages a packet carries all that a turn had for one node. */
  readonly packets: number;
  readonly eventualPackets: number;
}

interface Contender {
  readonly ring: Ring;
  readonly client: RingClient;
}

/** `warmUpSeconds`: at most, before each row and of each mode. */
export async function measureBeside(
  runs: number,
  seconds: number,
  warmUpSeconds: number,
): Promise<BesideRow[]> {
  const linearizable = await start('linearizable');
  const eventual = await start('eventual');
  try {
    const rows: BesideRow[] = [];
    for (const puts of [0, 1]) {
      for (const outstanding of [1_024, 64]) {
        const ours: number[] = [];
        const theirs: number[] = [];
        let [packets, eventualPackets] = [0, 0];
        for (const { client } of [linearizable, eventual])
          await warmUp(client, { ...standardMix, puts }, outstanding, warmUpSeconds);
        for (let run = 0; run < runs; run++) {
          packets += await measureOne(linearizable, puts, outstanding, seconds, ours);
          eventualPackets += await measureOne(eventual, puts, outstanding, seconds, theirs);
        }
        rows.push({
          operation: puts === 1 ? 'put' : 'get',
          outstanding,
          linearizable: Math.round(median(ours)),
          eventual: Math.round(median(theirs)),
          ratio: ratio(median(ours), median(theirs)),
          packets: ratio(packets, runs),
          eventualPackets: ratio(eventualPackets, runs),
        });
      }
    }
    return rows;
  } finally {
    await Promise.all([linearizable.ring.close(), eventual.ring.close()]);
  }
}

async function start(consistency: Consistency): Promise<Contender> {
  const ring = await createRing({ nodes: 8, replicas: 3, consistency });
  const client = ring.client();
  await client.putMany(standardMix.keys.map((key) => [key, standardMix.value] as const));
  return { ring, client };
}

/** Adds the rate; resolves with packets an operation. */
async function measureOne(
  { ring, client }: Contender,
  puts: number,
  outstanding: number,
  seconds: number,
  rates: number[],
): Promise<number> {
  let operations = 0;
  const doors = {
    get: (key: string): Promise<unknown> => {
      operations++;
      return client.get(key);
    },
    put: (key: string, value: string): Promise<unknown> => {
      operations++;
      return client.put(key, value);
    },
  };
  const before = await packetsOf(ring);
  rates.push(await measure(doors, { ...standardMix, puts }, outstanding, seconds));
  return ((await packetsOf(ring)) - before) / operations;
}

async function packetsOf(ring: Ring): Promise<number> {
  return (await ring.resources()).reduce((sum, { packetsSent }) => sum + (packetsSent ?? 0), 0);
}
