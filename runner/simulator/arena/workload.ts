/** The workload of the arena: lanes that perform drawn operations until the run's number of them is used up. */
import type { Random } from '../../../src/ports.js';
import type { EngineDoors } from '../../../src/replication/engine.js';
import { pick } from '../faults.js';
import { openConnection, type Connection, type ConnectionPorts } from './arena-clients.js';
import type { ArenaWorld } from './arena-world.js';
import { drawRequest, type ArenaKey } from './operations.js';
import type { ArenaPlan } from './plan.js';

export interface ArenaWorkload {
  readonly counts: { begun: number; succeeded: number; unknown: number };
  /** Whether all operations have begun and ended. */
  isOver(): boolean;
}

export interface WorkloadPorts extends ConnectionPorts {
  /** A number for a new client. */
  nextClient(): number;
  /** Whether some view is not steady at present. */
  isChanging(): boolean;
}

export function startArenaWorkload<Engine extends EngineDoors>(
  world: ArenaWorld<Engine>,
  plan: ArenaPlan,
  keys: readonly ArenaKey[],
  operations: number,
  ports: WorkloadPorts,
): ArenaWorkload {
  const { random } = ports;
  const counts = { begun: 0, succeeded: 0, unknown: 0 };
  let ended = 0;

  const runLane = (connection: Connection): void => {
    let client = ports.nextClient();
    const operate = (): void => {
      if (counts.begun === operations) return;
      const request = drawRequest(random, pick(random, keys), ++counts.begun, plan.deletes, plan.reads);
      connection.perform(request, client, plan.operationTimeoutMs * (0.5 + random()), (ending) => {
        ended++;
        if (ending === 'done') counts.succeeded++;
        if (ending === 'unknown') {
          counts.unknown++;
          client = ports.nextClient();
        }
        pause();
      });
    };
    const pause = (): void => {
      const gapMs = ports.isChanging() ? plan.changingGapMs : plan.steadyGapMs;
      world.clock.set(operate, drawGap(random, gapMs));
    };
    pause();
  };
  for (let connection = 0; connection < plan.connections; connection++) {
    const opened = openConnection(world, ports, plan.wanders);
    for (let lane = 0; lane < plan.lanes; lane++) runLane(opened);
  }
  return { counts, isOver: () => ended === operations };
}

/** Many short and some long pauses, so that operations come in bursts; the mean is about `meanMs`. */
function drawGap(random: Random, meanMs: number): number {
  return random() < 0.6 ? 0.1 * meanMs * random() : 4.8 * meanMs * random();
}
