/** The arena with the engines of the linearizable mode. */
import { RondoError } from '../../../src/errors.js';
import type { LinearizableEngine } from '../../../src/replication/engine.js';
import { createLinearizableEngine } from '../../../src/replication/linearizable/engine.js';
import { runArena } from './arena.js';
import { createLinearizableMonitor } from './monitor/linearizable-monitor.js';
import type { ArenaOptions, ArenaResult } from './options.js';

export function runLinearizableArena(options: ArenaOptions): ArenaResult {
  return runArena<LinearizableEngine>(
    options,
    createLinearizableEngine,
    createLinearizableMonitor,
    (engine, partition, living, settled) =>
      engine.recover(partition, living, (outcome) => settled(!(outcome instanceof RondoError))),
  );
}
