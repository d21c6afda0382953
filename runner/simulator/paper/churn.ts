/** Lookups while nodes join and leave (Stoica et al. 2003, section VI.E, Table III). */
import type { Random } from '../../../src/ports.js';
import { createRandom } from '../../../src/random.js';
import { drawExponential } from '../exponential.js';
import type { SimulatedNode } from '../simulated-node.js';
import type { World } from '../world.js';
import { countLookup, createPaperRing, drawIdentifier, drawOne, homeAmong, mean } from './paper-ring.js';

export interface ChurnOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly successors: number;
  /** Joins a second, and as many leaves (R). */
  readonly ratePerSecond: number;
  /**
   * `depart`: nodes leave as Rondo's do: they tell everyone in their tables and stay until both neighbours have replaced them.
   * `crash`: they stop without a word; whoever asks one in vain concludes after 500 ms that it is dead.
   */
  readonly leaving: 'depart' | 'crash';
  readonly lookupsPerSecond: number;
  /** Virtual seconds of churn before lookups count, so that tables are as stale as they will be. */
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

export interface ChurnResult {
  readonly path: number;
  readonly timeouts: number;
  readonly lookups: number;
  /** Lookups that did not end at the key's successor among the members. */
  readonly failures: number;
  /** Those of them that ended at the next member but one, because the key's successor had joined a moment before. */
  readonly behindJoiner: number;
  readonly joins: number;
  readonly leaves: number;
}

export async function measureChurn(options: ChurnOptions): Promise<ChurnResult> {
  const { seed, nodes, successors, ratePerSecond, lookupsPerSecond } = options;
  const ring = createPaperRing({
    seed,
    nodes,
    successors,
    stabilizeIntervalMs: 30_000,
    delay: { type: 'exponential', meanMs: 50 },
    deaths: 'discovered',
  });
  const { world } = ring;
  const random = createRandom(`${seed}/churn`);
  const founders = new Set(world.nodes.keys());
  const counted = { joins: 0, leaves: 0, failures: 0, behindJoiner: 0 };
  const paths: number[] = [];
  const timeouts: number[] = [];

  const join = (): void => {
    world.join([drawOne(staying(world), random).peer]);
    counted.joins++;
  };
  const leave = (): void => {
    const node = drawOne(staying(world), random);
    if (options.leaving === 'depart') world.depart(node);
    else world.crash(node, false);
    counted.leaves++;
  };
  const lookUp = (): void => {
    const target = drawIdentifier(random);
    countLookup(world, drawOne(staying(world), random), target, (count) => {
      paths.push(count.path);
      timeouts.push(count.timeouts);
      const home = homeAmong(membersOf(world), target);
      // A departing node has handed over already, but answers until it is gone.
      if (count.home === home || count.home === homeAmong(staying(world), target)) return;
      counted.failures++;
      const others = staying(world).filter(({ peer }) => peer.id !== home);
      const isBehind = home !== undefined && !founders.has(home) && count.home === homeAmong(others, target);
      if (isBehind) counted.behindJoiner++;
    });
  };
  repeat(world, random, ratePerSecond, join);
  repeat(world, random, ratePerSecond, leave);
  await ring.run(options.warmUpSeconds * 1_000);
  repeat(world, random, lookupsPerSecond, lookUp);
  await ring.run(options.seconds * 1_000);
  ring.stop();
  return { path: mean(paths), timeouts: mean(timeouts), lookups: paths.length, ...counted };
}

/** A Poisson process: acts for ever, after exponential pauses. */
function repeat(world: World, random: Random, ratePerSecond: number, act: () => void): void {
  const wait = (): void => void world.clock.set(next, (drawExponential(random) * 1_000) / ratePerSecond);
  const next = (): void => {
    act();
    wait();
  };
  wait();
}

function membersOf(world: World): readonly SimulatedNode[] {
  return [...world.nodes.values()].filter((node) => node.announced);
}

/** Members that are not about to leave. */
function staying(world: World): readonly SimulatedNode[] {
  return [...world.nodes.values()].filter((node) => node.announced && !node.departing);
}
