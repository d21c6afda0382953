/** Faults on a ring of threads: nodes killed, paused, joined and departing at random, as far as no partition loses its quorum for good. */
import type { Ring } from '../../actors/index.js';
import { RondoError } from '../../src/errors.js';
import type { Random } from '../../src/ports.js';

export interface FaultCounts {
  kills: number;
  pauses: number;
  departures: number;
  joins: number;
  /** Longest time in ms from a fault until the ring was whole again. */
  wholeMsMax: number;
  /** What went on for too long. */
  readonly complaints: string[];
}

const betweenMs = [200, 2_500] as const;
const pauseMs = [100, 5_000] as const;
/** Until all views have k members that live: the next crash may then take any node. */
const wholeMsMax = 120_000;
const pollMs = 50;

export interface Tormentor {
  /** Lets what is under way end, has as many nodes as before, and resolves when the ring is whole. */
  stop(): Promise<FaultCounts>;
}

/** The first `spared` nodes are paused, never ended: their threads get old, which shows leaks. */
export function torment(
  ring: Ring,
  nodes: number,
  partitions: number,
  spared: number,
  random: Random,
): Tormentor {
  const counts: FaultCounts = {
    kills: 0,
    pauses: 0,
    departures: 0,
    joins: 0,
    wholeMsMax: 0,
    complaints: [],
  };
  const stopping = new AbortController();
  const between = ([least, most]: readonly [number, number]): number => least + (most - least) * random();

  const step = async (): Promise<void> => {
    const overlay = await ring.admin.overlay();
    const old = overlay.filter(({ address }) => Number(address.split('/').pop()) < spared);
    const mortal = overlay.filter((node) => !old.includes(node));
    const any = overlay[Math.floor(random() * overlay.length)];
    const victim = mortal[Math.floor(random() * mortal.length)];
    const startedMs = performance.now();
    const drawn = random();
    if (any !== undefined && drawn < 0.4) {
      counts.pauses++;
      const stallMs = between(pauseMs);
      await ring.injectFault(any.id, { type: 'stall', stallMs });
      // Now and then another node dies while one stands still.
      if (random() < 0.3 && victim !== undefined && victim !== any) {
        counts.kills++;
        await ring.admin.kill(victim.id);
      }
      await pause(stallMs, undefined);
    } else if (victim !== undefined && drawn < 0.8) {
      counts.kills++;
      await ring.admin.kill(victim.id);
      await pause(between([0, 1_000]), stopping.signal);
    } else if (victim !== undefined) {
      counts.departures++;
      await ring.admin.depart(victim.id);
    }
    await restore();
    await untilWhole(startedMs);
  };

  const restore = async (): Promise<void> => {
    const missing = nodes - (await ring.admin.overlay()).length;
    if (missing <= 0) return;
    try {
      await ring.admin.join(missing);
      counts.joins += missing;
    } catch (error) {
      if (!(error instanceof RondoError)) throw error;
      const overlay = await ring.admin.overlay();
      const states = overlay.map(({ address, state }) => `${address} ${state}`).join(', ');
      counts.complaints.push(`a join failed: ${error.message}; ${states}`);
    }
  };

  const untilWhole = async (startedMs: number): Promise<void> => {
    for (let seen = 0; seen < 2;) {
      const takenMs = performance.now() - startedMs;
      seen = (await isWhole(ring, partitions)) ? seen + 1 : 0;
      if (seen === 0 && takenMs > wholeMsMax) {
        counts.complaints.push(`the ring was not whole ${Math.round(takenMs / 1_000)} s after a fault`);
        return;
      }
      if (seen < 2) await pause(pollMs, undefined);
    }
    counts.wholeMsMax = Math.max(counts.wholeMsMax, Math.round(performance.now() - startedMs));
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await pause(between(betweenMs), stopping.signal);
      if (!stopping.signal.aborted) await step();
    }
  };
  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
      return counts;
    },
  };
}

/** Every partition is led by a member whose view has k live members, all of which serve. There is a record in each. */
async function isWhole(ring: Ring, partitions: number): Promise<boolean> {
  const overlay = await ring.admin.overlay();
  const led = overlay.reduce((sum, node) => sum + node.partitionsLed, 0);
  if (led !== partitions || overlay.some(({ state }) => state !== 'member')) return false;
  const { ring: sum } = await ring.admin.stats();
  return sum.recordsBelowReplicas === 0 && sum.records >= partitions;
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    if (signal?.aborted === true) end();
    else signal?.addEventListener('abort', end);
  });
}
