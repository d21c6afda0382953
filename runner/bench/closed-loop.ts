/** A closed loop: a fixed number of operations outstanding, each followed by the next when it has ended. */
import { setTimeout as pause } from 'node:timers/promises';
import { createRandom } from '../../src/random.js';

/** The workload of every throughput figure: 95 % get, 5 % put, 20-byte keys, 100-byte values, keys uniform. */
export interface Mix {
  readonly keys: readonly string[];
  readonly value: string;
  /** Share of puts, 0 to 1. */
  readonly puts: number;
}

export const standardMix: Mix = {
  keys: Array.from({ length: 10_000 }, (_, index) => `key-${String(index).padStart(16, '0')}`),
  value: 'v'.repeat(100),
  puts: 0.05,
};

export interface Doors {
  get(key: string): Promise<unknown>;
  put(key: string, value: string): Promise<unknown>;
}

/**
 * Runs the mix for as long as that makes it faster: each of a ring's threads compiles its code for itself, and gets an eighth of the
 * operations to do so by. Ends when three seconds have not exceeded the best before them by a twentieth, or after `secondsMax`.
 */
export async function warmUp(doors: Doors, mix: Mix, outstanding: number, secondsMax: number): Promise<void> {
  let best = 0;
  let sinceBest = 0;
  for (let second = 0; second < secondsMax && sinceBest < 3; second++) {
    const rate = await measure(doors, mix, outstanding, 0.75);
    sinceBest = rate > 1.05 * best ? 0 : sinceBest + 1;
    best = Math.max(best, rate);
  }
}

/** Operations per second over `seconds`, after a warm-up of a third of that. */
export async function measure(doors: Doors, mix: Mix, outstanding: number, seconds: number): Promise<number> {
  const random = createRandom(outstanding);
  let done = 0;
  let running = true;
  const loop = async (): Promise<void> => {
    while (running) {
      const key = mix.keys[Math.floor(random() * mix.keys.length)] ?? '';
      if (random() < mix.puts) await doors.put(key, mix.value);
      else await doors.get(key);
      done++;
    }
  };
  const loops = Array.from({ length: outstanding }, loop);
  await pause((seconds * 1_000) / 3);
  const [startNs, startDone] = [process.hrtime.bigint(), done];
  await pause(seconds * 1_000);
  const [endNs, endDone] = [process.hrtime.bigint(), done];
  running = false;
  await Promise.all(loops);
  return (endDone - startDone) / (Number(endNs - startNs) / 1e9);
}
