/**
 * Who looks after an arena and accepts losses: for a partition that cannot go on it runs `rondo recover`, as the host does, where nobody
 * can go on, and sometimes where somebody can (which must be refused).
 */
import type { Identifier } from '../../../src/chord/identifier.js';
import type { Peer } from '../../../src/peer.js';
import type { Random } from '../../../src/ports.js';
import type { EngineDoors } from '../../../src/replication/engine.js';
import { partitionIdentifier } from '../../../src/replication/partition.js';
import type { ArenaNode } from './arena-node.js';
import type { ArenaMonitor } from './arena-monitor.js';
import type { ArenaWorld } from './arena-world.js';

/** Has the engine recover a partition; `living` are all nodes that have not ended. */
export type Recoverer<Engine extends EngineDoors> = (
  engine: Engine,
  partition: number,
  living: readonly Peer[],
  settled: (recovered: boolean) => void,
) => void;

export interface ArenaOperator {
  readonly counts: { recoveries: number };
}

/** As long as a node gives itself, and a little more: then the host asks again. */
const patienceMs = 40_000;
const needlessShare = 0.05;

/** `eachMs`: how often, on average, the operator looks at all partitions. */
export function startOperator<Engine extends EngineDoors>(
  world: ArenaWorld<Engine>,
  monitor: ArenaMonitor<Engine>,
  random: Random,
  eachMs: number,
  recover: Recoverer<Engine>,
): ArenaOperator {
  const counts = { recoveries: 0 };
  const { partitions } = world.config;
  /** Nodes that are recovering a partition; the host lets one run at a time. */
  const underWay = new Map<number, Identifier>();

  const start = (partition: number): void => {
    const home = homeOf(world, partitionIdentifier(partition, partitions));
    if (home === undefined || home.process.state !== 'running') return;
    const { id } = home.peer;
    underWay.set(partition, id);
    const over = (): void => {
      if (underWay.get(partition) === id) underWay.delete(partition);
    };
    monitor.recovering(partition);
    world.trace(() => `${id.slice(0, 8)} is to recover partition ${partition}`);
    const living = [...world.nodes.values()].map(({ peer }) => peer);
    home.turn((engine) =>
      recover(engine, partition, living, (recovered) => {
        world.trace(
          () => `${id.slice(0, 8)} ${recovered ? 'has' : 'has not'} recovered partition ${partition}`,
        );
        if (recovered) counts.recoveries++;
        over();
      }),
    );
    world.clock.set(over, patienceMs);
  };
  const look = (): void => {
    const living = new Set(world.nodes.keys());
    for (let partition = 0; partition < partitions; partition++) {
      const at = underWay.get(partition);
      if (at !== undefined && living.has(at)) continue;
      if (!monitor.quorumHolds(partition, living) || random() < needlessShare) start(partition);
    }
    world.clock.set(look, eachMs * (0.2 + 1.6 * random()));
  };
  world.clock.set(look, eachMs * random());
  return { counts };
}

/** The home by the true ring, of the nodes that stay if any does. */
function homeOf<Engine extends EngineDoors>(
  { nodes }: ArenaWorld<Engine>,
  identifier: Identifier,
): ArenaNode<Engine> | undefined {
  const staying = [...nodes.values()].filter(({ departing }) => !departing);
  const ring = (staying.length > 0 ? staying : [...nodes.values()]).sort((a, b) =>
    a.peer.id < b.peer.id ? -1 : 1,
  );
  return ring.find(({ peer }) => peer.id >= identifier) ?? ring[0];
}
