/** A simulated ring set up as Chord's papers simulate theirs (Stoica et al. 2003, section VI): no records, hashed identifiers. */
import { identifierOfNumber, type Identifier } from '../../../src/chord/identifier.js';
import type { Lookup } from '../../../src/chord/lookup.js';
import { defaultConfig } from '../../../src/config.js';
import type { Random } from '../../../src/ports.js';
import type { DelayDistribution } from '../network.js';
import type { SimulatedNode } from '../simulated-node.js';
import { exactClock } from '../virtual-clock.js';
import { createWorld, type DeathNotice, type World } from '../world.js';

export interface PaperRingOptions {
  readonly seed: number;
  readonly nodes: number;
  /** Length of successor lists (r). */
  readonly successors: number;
  /** Mean; each round is drawn uniformly from half of it to one and a half times it. Infinity: no stabilization. */
  readonly stabilizeIntervalMs: number;
  readonly delay: DelayDistribution;
  readonly deaths: DeathNotice;
}

/** One lookup, as the papers count it. */
export interface LookupCount {
  /** Nodes that answered until the key's predecessor was reached; neither the originator nor the last step to the successor. */
  readonly path: number;
  /** Nodes that did not answer on the way. */
  readonly timeouts: number;
  /** Who has the key: the first of the nodes that the predecessor named which lives. Undefined when there is none. */
  readonly home: Identifier | undefined;
}

/** A timer that is never due within a run; XState and the clock take any finite number. */
const never = 1e12;

export interface PaperRing {
  readonly world: World;
  /** Lets virtual time pass until `isOver` holds, or for `forMs`. @throws what a node failed with. */
  run(forMs: number, isOver?: () => boolean): Promise<void>;
  stop(): void;
}

/** A ring of founders: their tables are exact. */
export function createPaperRing(options: PaperRingOptions): PaperRing {
  const failures: unknown[] = [];
  const world = createWorld(
    {
      seed: options.seed,
      config: {
        ...defaultConfig,
        consistency: 'eventual',
        clusterId: 'paper',
        replicas: 1,
        partitions: 1,
        placement: 'hash',
        successors: options.successors,
        stabilizeIntervalMs: Math.min(options.stabilizeIntervalMs, never),
        antiEntropyIntervalMs: never,
        questionTimeoutMs: 500,
      },
      mutations: undefined,
      trace: undefined,
      drawClockError: () => exactClock,
      deaths: options.deaths,
    },
    {
      turned: nothing,
      acknowledged: nothing,
      crashed: nothing,
      left: nothing,
      suspected: nothing,
      failed: (_, error) => void failures.push(error),
    },
  );
  world.network.conditions.delay = options.delay;
  world.found(options.nodes);
  return {
    world,
    async run(forMs, isOver = () => false) {
      await world.runUntil(world.clock.nowMs() + forMs, () => failures.length > 0 || isOver());
      if (failures.length > 0) throw new Error('a node failed', { cause: failures[0] });
    },
    stop() {
      for (const node of world.nodes.values()) node.stop();
    },
  };
}

function nothing(): void {
  return undefined;
}

/** A point of the circle, uniformly: what the hash of a random key is. */
export function drawIdentifier(random: Random): Identifier {
  let point = 0n;
  for (let word = 0; word < 5; word++) point = (point << 32n) | BigInt(Math.floor(random() * 0x1_0000_0000));
  return identifierOfNumber(point);
}

/** Any element; the list must not be empty. */
export function drawOne<Item>(items: readonly Item[], random: Random): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('nothing to draw from');
  return item;
}

/** Runs one lookup by the node's own charts; `ended` hears how it went, unless the node stops before. */
export function countLookup(
  world: World,
  origin: SimulatedNode,
  target: Identifier,
  ended: (count: LookupCount) => void,
): void {
  origin.lookUp(target, (lookup) => ended(countOf(lookup, (id) => world.nodes.has(id))));
}

/** What the papers count of a finished lookup. */
export function countOf(lookup: Lookup, isLive: (id: Identifier) => boolean): LookupCount {
  const home = lookup.state.type === 'found' ? lookup.state.home.find(({ id }) => isLive(id)) : undefined;
  return { path: lookup.hops.length, timeouts: lookup.avoid.size, home: home?.id };
}

/** The member that has the key: the first one at or after it. Linear, without sorting: members come and go. */
export function homeAmong(members: Iterable<SimulatedNode>, target: Identifier): Identifier | undefined {
  let first: Identifier | undefined;
  let home: Identifier | undefined;
  for (const { peer } of members) {
    if (first === undefined || peer.id < first) first = peer.id;
    if (peer.id >= target && (home === undefined || peer.id < home)) home = peer.id;
  }
  return home ?? first;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
}
