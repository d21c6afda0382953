/** Probes: operations on one key of every partition in turn, and how long each partition went without an answer. */
import { setTimeout as pause } from 'node:timers/promises';
import type { RingClient } from '../../src/client-types.js';
import { bytesFromText } from '../../src/bytes.js';
import { sha1FirstWord } from '../../src/chord/sha1.js';
import { RondoError } from '../../src/errors.js';
import { createRandom } from '../../src/random.js';
import { partitionOfFirstWord } from '../../src/replication/partition.js';

export interface Probes {
  /** Begins a window. */
  reset(): void;
  /** The longest time in ms between two answers of each partition in the window, up to now for one that is silent. */
  gaps(): number[];
  stop(): Promise<void>;
}

const value = 'v'.repeat(100);
const putShare = 0.05;
const tickMs = 1;

/** `rate` operations a second over all partitions; one at a time for each, so that a partition that is silent costs no more. */
export function startProbes(client: RingClient, partitions: number, rate: number): Probes {
  const keys = keysByPartition(partitions);
  const answeredMs = keys.map(() => performance.now());
  const longest = keys.map(() => 0);
  const busy = keys.map(() => false);
  const random = createRandom('probes');
  let unexpected: unknown;
  let next = 0;
  let owed = 0;
  let lastMs = performance.now();

  const probe = async (partition: number): Promise<void> => {
    const key = keys[partition] ?? '';
    busy[partition] = true;
    try {
      if (random() < putShare) await client.put(key, value);
      else await client.get(key);
      const nowMs = performance.now();
      longest[partition] = Math.max(longest[partition] ?? 0, nowMs - (answeredMs[partition] ?? nowMs));
      answeredMs[partition] = nowMs;
    } catch (error) {
      // An operation that failed is no answer; the partition is probed again.
      if (!(error instanceof RondoError)) unexpected ??= error;
    } finally {
      busy[partition] = false;
    }
  };

  const tick = (): void => {
    const nowMs = performance.now();
    owed = Math.min(partitions, owed + (rate * (nowMs - lastMs)) / 1_000);
    lastMs = nowMs;
    for (; owed >= 1; owed--) {
      const partition = next;
      next = (next + 1) % partitions;
      if (busy[partition] !== true) void probe(partition);
    }
  };
  const timer = setInterval(tick, tickMs);

  return {
    reset() {
      const nowMs = performance.now();
      longest.fill(0);
      // A partition that is silent now counts from its last answer on.
      for (const [partition, isBusy] of busy.entries()) if (!isBusy) answeredMs[partition] = nowMs;
    },
    gaps() {
      const nowMs = performance.now();
      return longest.map((gap, partition) => Math.max(gap, nowMs - (answeredMs[partition] ?? nowMs)));
    },
    async stop() {
      clearInterval(timer);
      while (busy.includes(true)) await pause(tickMs);
      if (unexpected !== undefined) throw unexpected;
    },
  };
}

function keysByPartition(partitions: number): string[] {
  const keys = new Map<number, string>();
  for (let number = 0; keys.size < partitions; number++) {
    const key = `probe-${number}`;
    const partition = partitionOfFirstWord(sha1FirstWord(bytesFromText(key)), partitions);
    if (!keys.has(partition)) keys.set(partition, key);
  }
  return Array.from({ length: partitions }, (_, partition) => keys.get(partition) ?? '');
}
