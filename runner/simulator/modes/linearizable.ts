/** The linearizable mode: histories are judged, and the invariants of docs/design/replication.md, 1.6, asserted over whole nodes. */
import type { Identifier } from '../../../src/chord/identifier.js';
import type { LinearizableEngine } from '../../../src/replication/engine.js';
import { createLinearizableMonitor, type WatchedNode } from '../arena/monitor/linearizable-monitor.js';
import { describeFailure } from '../arena/history.js';
import type { SimulatedNode } from '../simulated-node.js';
import { startLinearizableWorkload, type LinearizableWorkload } from './linearizable-workload.js';
import type { ModeChecks, ModePorts } from './mode-checks.js';

/** In a quiet ring every key is read within this. */
const finalReadsMs = 30_000;

export function createLinearizableChecks(ports: ModePorts, partitions: number): ModeChecks {
  const { violated } = ports;
  // Requests of whole clients are not looked into: I9 and I11 are asserted in the arena, and the history judges.
  const monitor = createLinearizableMonitor<LinearizableEngine>(partitions, violated, {
    keyOfRead: () => undefined,
    lineageBegan: () => undefined,
  });
  const watched = new Map<Identifier, WatchedNode<LinearizableEngine>>();
  let workload: LinearizableWorkload | undefined;

  const ended = (node: SimulatedNode): void => {
    const known = watched.get(node.peer.id);
    if (known !== undefined) monitor.ended(known);
    watched.delete(node.peer.id);
  };
  const allHold = (living: ReadonlySet<Identifier>): boolean => {
    for (let partition = 0; partition < partitions; partition++) {
      if (!monitor.quorumHolds(partition, living)) return false;
    }
    return true;
  };
  return {
    named: (id) => monitor.named(id),
    turned(node) {
      let known = watched.get(node.peer.id);
      if (known === undefined) {
        const { engine } = node.inspect();
        if (engine.consistency !== 'linearizable') return;
        known = watchedNode(node, engine);
        watched.set(node.peer.id, known);
        monitor.started(known);
      }
      monitor.turned(known, nothing, []);
    },
    acknowledged: () => undefined,
    crashed: ended,
    left: ended,
    mayEnd(node) {
      const living = new Set(ports.world().nodes.keys());
      living.delete(node.peer.id);
      return allHold(living);
    },
    startWorkload() {
      workload = startLinearizableWorkload(ports.world(), ports.seed, partitions, ports.workloadMs, violated);
      return workload;
    },
    findUnrest() {
      const detail = monitor.findUnrest(() => true);
      return detail === undefined ? undefined : { name: 'I13', detail };
    },
    async checkInTheEnd() {
      if (workload === undefined) return;
      const world = ports.world();
      const unread = workload.readAll(world.addClient());
      await world.runUntil(world.clock.nowMs() + finalReadsMs, () => unread.size === 0);
      for (const key of unread)
        violated('I13', `"${key}" of a quiet ring was not read within ${finalReadsMs} ms`);
      for (const { failures } of workload.history.judge())
        for (const failure of failures) violated('History', describeFailure(failure));
    },
    allowedLosses: () => 0,
  };
}

function watchedNode(node: SimulatedNode, engine: LinearizableEngine): WatchedNode<LinearizableEngine> {
  return {
    peer: node.peer,
    engine,
    process: node.process,
    get departing() {
      return node.departing;
    },
  };
}

const nothing: ReadonlyMap<Identifier, never[]> = new Map();
