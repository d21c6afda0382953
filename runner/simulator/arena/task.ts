/** A Piscina worker of the arena: one call, some seeds, or one search for a planted bug. */
import { runLinearizableArena } from './linearizable-arena.js';
import type { ArenaOptions, ArenaResult } from './options.js';

/** Seeds are run together because a message for each would cost more than some of them. */
export interface ArenaTask {
  readonly seeds: readonly number[];
  readonly options: Omit<ArenaOptions, 'seed' | 'trace'>;
}

export function runArenaSeeds({ seeds, options }: ArenaTask): readonly ArenaResult[] {
  return seeds.map((seed) => runLinearizableArena({ ...options, seed }));
}

export { showBug } from './mutations.js';
