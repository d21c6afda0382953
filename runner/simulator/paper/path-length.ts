/** Path length by the number of nodes (Stoica et al. 2003, Figure 10): through the simulator, and over built tables. */
import { ChordOverlay } from '../../../src/chord/chord-overlay.js';
import { Directory, indexOf, sortPeers } from '../../../src/chord/directory.js';
import { exactFingers } from '../../../src/chord/finger-table.js';
import type { Identifier } from '../../../src/chord/identifier.js';
import { askedBy, lookupAnswered, startLookup, type Lookup } from '../../../src/chord/lookup.js';
import type { Peer } from '../../../src/peer.js';
import { createRandom } from '../../../src/random.js';
import { calmDelay } from '../network.js';
import {
  countLookup,
  countOf,
  createPaperRing,
  drawIdentifier,
  drawOne,
  homeAmong,
  mean,
} from './paper-ring.js';

export interface PathLengthOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly lookups: number;
  /** `messages`: nodes of the simulator ask each other. `tables`: the same routing functions, called in turn. */
  readonly through: 'messages' | 'tables';
}

export interface PathLengthResult {
  readonly path: number;
  /** Lookups that did not end at the key's successor: none may. */
  readonly failures: number;
}

export function measurePathLength(options: PathLengthOptions): Promise<PathLengthResult> {
  return options.through === 'messages' ? throughMessages(options) : Promise.resolve(overTables(options));
}

async function throughMessages({ seed, nodes, lookups }: PathLengthOptions): Promise<PathLengthResult> {
  const ring = createPaperRing({
    seed,
    nodes,
    successors: 1,
    stabilizeIntervalMs: Infinity,
    delay: calmDelay,
    deaths: 'silent',
  });
  const { world } = ring;
  const random = createRandom(`${seed}/lookups`);
  const origins = [...world.nodes.values()];
  const paths: number[] = [];
  let failures = 0;
  for (let lookup = 0; lookup < lookups; lookup++) {
    world.clock.set(() => {
      const target = drawIdentifier(random);
      countLookup(world, drawOne(origins, random), target, ({ path, home }) => {
        paths.push(path);
        if (home !== homeAmong(origins, target)) failures++;
      });
    }, lookup);
  }
  await ring.run(lookups + 60_000, () => paths.length === lookups);
  ring.stop();
  return { path: mean(paths), failures: failures + lookups - paths.length };
}

function overTables({ seed, nodes, lookups }: PathLengthOptions): PathLengthResult {
  const random = createRandom(`${seed}/tables`);
  const sorted = sortPeers(
    Array.from({ length: nodes }, (_, index): Peer => {
      return { id: drawIdentifier(random), address: `paper/${index}`, host: 'paper', incarnation: 0 };
    }),
  );
  const directory = new Directory();
  const tables = new Map<Identifier, ChordOverlay>();
  const tablesOf = (self: Peer): ChordOverlay => {
    const made = tables.get(self.id) ?? exactTables(self, sorted, directory);
    tables.set(self.id, made);
    return made;
  };
  const paths: number[] = [];
  let failures = 0;
  for (let round = 0; round < lookups; round++) {
    const target = drawIdentifier(random);
    const lookup = followTables(tablesOf, drawOne(sorted, random), target);
    const { path, home } = countOf(lookup, () => true);
    paths.push(path);
    if (home !== (sorted[indexOf(sorted, target)] ?? sorted[0])?.id) failures++;
  }
  return { path: mean(paths), failures };
}

function followTables(tablesOf: (peer: Peer) => ChordOverlay, origin: Peer, target: Identifier): Lookup {
  let lookup = startLookup(target, (avoid) => tablesOf(origin).nextHops(target, avoid, Infinity));
  for (let asked = askedBy(lookup); asked !== undefined; asked = askedBy(lookup)) {
    lookup = lookupAnswered(lookup, tablesOf(asked).nextHops(target, lookup.avoid));
  }
  return lookup;
}

function exactTables(self: Peer, sorted: readonly Peer[], directory: Directory): ChordOverlay {
  const at = indexOf(sorted, self.id);
  const successor = sorted[(at + 1) % sorted.length] ?? self;
  const ring = { self, predecessor: sorted.at(at - 1), successors: [successor], length: 1 };
  const fingers = exactFingers(self.id, sorted, successor.id);
  return new ChordOverlay({ ring, fingers, directory, unreachable: new Set() });
}
