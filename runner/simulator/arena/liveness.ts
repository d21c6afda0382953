/** The end of a run: a core of connected nodes must serve within a bound whatever became of the rest, and with all back, be equal. */
import { trustBytes } from '../../../src/bytes.js';
import type { Identifier } from '../../../src/chord/identifier.js';
import type { Random } from '../../../src/ports.js';
import type { EngineDoors } from '../../../src/replication/engine.js';
import type { Connection } from './arena-clients.js';
import type { ArenaInjector } from './arena-faults.js';
import type { ArenaMonitor } from './arena-monitor.js';
import type { ArenaWorld } from './arena-world.js';
import { getRequest, putRequest, type ArenaKey } from './operations.js';

/** Virtual time in which a connected core must serve, and after which all that live must be steady and equal. */
export const serviceBoundMs = 30_000;
export const restBoundMs = 120_000;

export interface Core {
  readonly members: ReadonlySet<Identifier>;
  /** Partitions of which the core must serve every key. */
  readonly servable: ReadonlySet<number>;
  /** The rest comes back. */
  readonly heal: () => void;
}

/** Chooses a random core, and cuts the rest off or ends it. */
export function chooseCore<Engine extends EngineDoors>(
  world: ArenaWorld<Engine>,
  monitor: ArenaMonitor<Engine>,
  injector: ArenaInjector<Engine>,
  random: Random,
): Core {
  const { partitions } = world.config;
  const all = Array.from({ length: partitions }, (_, partition) => partition);
  const core = new Set(world.nodes.keys());
  const servable = new Set(all.filter((partition) => monitor.quorumHolds(partition, core)));
  const order = [...core].map((id) => ({ id, lot: random() })).sort((a, b) => a.lot - b.lot);
  const wanted = Math.floor(random() * core.size);
  const rest = new Set<Identifier>();
  for (const { id } of order) {
    if (rest.size === wanted) break;
    core.delete(id);
    if ([...servable].every((partition) => monitor.quorumHolds(partition, core))) rest.add(id);
    else core.add(id);
  }
  const outcasts = [...world.nodes.values()].filter(({ peer }) => rest.has(peer.id));
  if (rest.size === 0) return { members: core, servable, heal: () => undefined };
  world.trace(() => `core without ${[...rest].map((id) => id.slice(0, 8)).join(' ')}`);
  if (random() < 0.5) {
    // Connections break: nobody goes on asking those that cannot be reached.
    for (const client of world.clients) for (const id of rest) client.nodeGone(id);
    return { members: core, servable, heal: injector.cutOff(rest) };
  }
  injector.crash(outcasts, false);
  return { members: core, servable, heal: () => undefined };
}

/** Puts and gets every key until all have been served; answers which have not. */
export function startProbe<Engine extends EngineDoors>(
  world: ArenaWorld<Engine>,
  connection: Connection,
  keys: readonly ArenaKey[],
  nextClient: () => number,
): () => readonly ArenaKey[] {
  const unserved = new Set(keys);
  for (const [index, key] of keys.entries()) {
    const put = (attempt: number): void =>
      connection.perform(
        putRequest(key, trustBytes(String(-1 - index - attempt * keys.length))),
        nextClient(),
        2_000,
        (ending) => {
          if (ending === 'done') get();
          else world.clock.set(() => put(attempt + 1), 50);
        },
      );
    const get = (): void =>
      connection.perform(getRequest(key), nextClient(), 2_000, (ending) => {
        if (ending === 'done') unserved.delete(key);
        else world.clock.set(get, 50);
      });
    put(0);
  }
  return () => [...unserved];
}
