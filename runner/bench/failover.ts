/** How long partitions of a linearizable ring do not answer when a member's thread is killed, when a node departs, and when one joins. */
import { setTimeout as pause } from 'node:timers/promises';
import { createRing, type Ring } from '../../actors/index.js';
import type { RingClient } from '../../src/client-types.js';
import { createRandom } from '../../src/random.js';
import { partitionIdentifier } from '../../src/replication/partition.js';
import { median, quantile, rounded } from '../figures.js';
import { measure, standardMix } from './closed-loop.js';
import { startProbes } from './probes.js';

export interface FailoverRow {
  readonly event: 'kill' | 'depart' | 'join';
  readonly load: 'half' | 'full';
  readonly events: number;
  /** Partitions that it touched, all events together. */
  readonly partitions: number;
  /** Longest time without an answer of each such partition, in ms; the time between two probes is in it. */
  readonly medianMs: number;
  readonly p90Ms: number;
  readonly worstMs: number;
  /** The median of partitions that the events did not touch, in the same windows: what the machine's load does to all of them. */
  readonly othersMedianMs: number;
  /** Between two probes of one partition. */
  readonly probeMs: number;
}

const nodes = 8;
const replicas = 3;
const partitions = 256;
/** The time after an event that is looked at; a partition that is silent at its end counts to then. */
const windowMs = 1_500;
const settledMsMax = 60_000;
/** Of the probes beside a closed loop at full load. */
const fullLoadProbes = 12_800;
const fullLoadOutstanding = 1_024;

/** Events of the given kinds in turn, each followed by a join. */
export async function measureFailover(
  events: number,
  load: 'half' | 'full',
  seed: string,
  kinds: readonly ('kill' | 'depart')[] = ['kill', 'depart'],
): Promise<FailoverRow[]> {
  const ring = await createRing({ nodes, replicas, partitions, consistency: 'linearizable' });
  try {
    const client = ring.client();
    await client.putMany(standardMix.keys.map((key) => [key, standardMix.value] as const));
    // The engine compiles what is run often: the first seconds are slower.
    await measure(client, standardMix, fullLoadOutstanding, 3);
    const greatest = await measure(client, standardMix, fullLoadOutstanding, 2);
    const rate = load === 'half' ? greatest / 2 : fullLoadProbes;
    const background = load === 'half' ? undefined : closedLoop(client);
    const gaps = await provoke(ring, client, events, kinds, rate, createRandom(seed));
    await background?.stop();
    const probeMs = rounded((1_000 * partitions) / rate, 1);
    return [...kinds, 'join' as const].map((event) => summarize(event, load, gaps[event], probeMs));
  } finally {
    await ring.close();
  }
}

/** Of one event: of the partitions that it touched, and of those that it did not. */
interface EventGaps {
  readonly touched: readonly number[];
  readonly others: readonly number[];
}

type Gaps = Record<FailoverRow['event'], EventGaps[]>;

async function provoke(
  ring: Ring,
  client: RingClient,
  events: number,
  kinds: readonly ('kill' | 'depart')[],
  rate: number,
  random: () => number,
): Promise<Gaps> {
  const gaps: Gaps = { kill: [], depart: [], join: [] };
  const probes = startProbes(client, partitions, rate);
  await pause(windowMs);
  for (let event = 0; event < events; event++) {
    const ids = await untilSettled(ring);
    const victim = ids[Math.floor(random() * ids.length)] ?? '';
    const isMember = (partition: number): boolean => groupOf(ids, partition).includes(victim);
    const isLed = (partition: number): boolean => groupOf(ids, partition)[0] === victim;
    probes.reset();
    if (kinds[event % kinds.length] === 'kill') {
      await ring.admin.kill(victim);
      await pause(windowMs);
      gaps.kill.push(divide(probes.gaps(), isLed, isMember));
    } else {
      await ring.admin.depart(victim);
      gaps.depart.push(divide(probes.gaps(), isMember, isMember));
    }
    const before = await untilSettled(ring);
    probes.reset();
    await ring.admin.join(1);
    const now = await untilSettled(ring);
    const isTouched = (partition: number): boolean =>
      groupOf(before, partition).join() !== groupOf(now, partition).join();
    gaps.join.push(divide(probes.gaps(), isTouched, isTouched));
  }
  await probes.stop();
  return gaps;
}

function divide(
  gaps: readonly number[],
  isLooked: (partition: number) => boolean,
  isTouched: (partition: number) => boolean,
): EventGaps {
  return {
    touched: gaps.filter((_, partition) => isLooked(partition)),
    others: gaps.filter((_, partition) => !isTouched(partition)),
  };
}

/** Identifiers in ring order, once every node leads what it is the home of, and all copies are there. */
async function untilSettled(ring: Ring): Promise<string[]> {
  const untilMs = performance.now() + settledMsMax;
  for (;;) {
    const overlay = await ring.admin.overlay();
    const ids = overlay.map(({ id }) => id).sort();
    const homes = new Map<string, number>();
    for (let partition = 0; partition < partitions; partition++) {
      const home = groupOf(ids, partition)[0] ?? '';
      homes.set(home, (homes.get(home) ?? 0) + 1);
    }
    const isSettled = overlay.every(
      (node) => node.state === 'member' && node.partitionsLed === (homes.get(node.id) ?? 0),
    );
    if (isSettled && (await ring.admin.stats()).ring.recordsBelowReplicas === 0) return ids;
    if (performance.now() > untilMs) {
      const led = overlay
        .map(({ address, state, partitionsLed }) => `${address} ${state} ${partitionsLed}`)
        .join(', ');
      throw new Error(`the ring is not settled after ${settledMsMax} ms: ${led}`);
    }
    await pause(20);
  }
}

/** The natural group of a partition on the ring of these nodes, all of one host. */
function groupOf(ids: readonly string[], partition: number): string[] {
  const point = partitionIdentifier(partition, partitions);
  const home = Math.max(
    0,
    ids.findIndex((id) => id >= point),
  );
  return Array.from(
    { length: Math.min(replicas, ids.length) },
    (_, step) => ids[(home + step) % ids.length] ?? '',
  );
}

function closedLoop(client: RingClient): { stop(): Promise<void> } {
  let running = true;
  const random = createRandom('load');
  const { keys, value, puts } = standardMix;
  const loop = async (): Promise<void> => {
    while (running) {
      const key = keys[Math.floor(random() * keys.length)] ?? '';
      // What fails while nodes end is not what is measured here.
      await (random() < puts ? client.put(key, value) : client.get(key)).catch(() => undefined);
    }
  };
  const loops = Array.from({ length: fullLoadOutstanding }, loop);
  return {
    async stop() {
      running = false;
      await Promise.all(loops);
    },
  };
}

function summarize(
  event: FailoverRow['event'],
  load: FailoverRow['load'],
  perEvent: readonly EventGaps[],
  probeMs: number,
): FailoverRow {
  const all = perEvent.flatMap(({ touched }) => touched);
  return {
    event,
    load,
    events: perEvent.length,
    partitions: all.length,
    medianMs: rounded(median(all), 1),
    p90Ms: rounded(quantile(all, 0.9), 1),
    worstMs: rounded(Math.max(0, ...all), 1),
    othersMedianMs: rounded(median(perEvent.flatMap(({ others }) => others)), 1),
    probeMs,
  };
}
