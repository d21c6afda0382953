/** Lookups right after simultaneous failures (Stoica et al. 2003, section VI.D, Table II). */
import { createRandom } from '../../../src/random.js';
import { calmDelay } from '../network.js';
import { countLookup, createPaperRing, drawIdentifier, drawOne, homeAmong, mean } from './paper-ring.js';

export interface FailuresOptions {
  readonly seed: number;
  readonly nodes: number;
  /** Length of successor lists. */
  readonly successors: number;
  /** Share of the nodes that fail at once, 0 to 1. */
  readonly failed: number;
  readonly lookups: number;
}

export interface FailuresResult {
  readonly path: number;
  readonly timeouts: number;
  /** Share of the lookups that found the key's successor among the living. */
  readonly succeeded: number;
}

/** Nothing stabilizes, nobody is told of a death: the dead stay in all tables and show only as time-outs. */
export async function measureFailures(options: FailuresOptions): Promise<FailuresResult> {
  const { seed, nodes, successors, failed, lookups } = options;
  const ring = createPaperRing({
    seed,
    nodes,
    successors,
    stabilizeIntervalMs: Infinity,
    delay: calmDelay,
    deaths: 'silent',
  });
  const { world } = ring;
  const random = createRandom(`${seed}/failures`);
  for (const node of [...world.nodes.values()]) {
    if (random() < failed) world.crash(node, false);
  }
  const living = [...world.nodes.values()];
  const paths: number[] = [];
  const timeouts: number[] = [];
  let succeeded = 0;
  for (let lookup = 0; lookup < lookups; lookup++) {
    world.clock.set(() => {
      const target = drawIdentifier(random);
      countLookup(world, drawOne(living, random), target, (count) => {
        paths.push(count.path);
        timeouts.push(count.timeouts);
        if (count.home !== undefined && count.home === homeAmong(living, target)) succeeded++;
      });
    }, lookup);
  }
  await ring.run(lookups + 120_000, () => paths.length === lookups);
  ring.stop();
  return { path: mean(paths), timeouts: mean(timeouts), succeeded: succeeded / lookups };
}
