/** Faults that last: what happens to a simulated world for a while, and is undone when its time is over or all faults end. */
import type { Identifier } from '../../src/chord/identifier.js';
import type { FailureDetector } from './failure-detector.js';
import type { Cut, NetworkConditions } from './network.js';
import type { Process } from './process.js';
import type { VirtualClock } from './virtual-clock.js';

interface FaultyNode {
  readonly peer: { readonly id: Identifier };
  readonly process: Process;
}

export interface FaultyWorld {
  readonly clock: VirtualClock;
  readonly network: { readonly conditions: NetworkConditions };
  readonly detector: FailureDetector;
  readonly nodes: ReadonlyMap<Identifier, FaultyNode>;
  trace(line: () => string): void;
}

export interface LastingFaults {
  /** Calls back when the time is over, or in `endAll`. */
  lastFor(forMs: number, end: () => void): void;
  /** The node stands still and is not heard; what comes for it waits. */
  pause(node: FaultyNode, forMs: number): void;
  /** Parts the nodes, and whoever else `cut` names; they are together again when the answer is called. */
  cut(cut: Cut, near: Iterable<Identifier>, far: Iterable<Identifier>): () => void;
  endAll(): void;
}

export function createLastingFaults(world: FaultyWorld): LastingFaults {
  const { clock, network, detector, nodes } = world;
  const endings = new Set<() => void>();

  const lastFor = (forMs: number, end: () => void): void => {
    const finish = (): void => {
      if (endings.delete(finish)) end();
    };
    endings.add(finish);
    clock.set(finish, forMs);
  };
  return {
    lastFor,
    pause(node, forMs) {
      const { id } = node.peer;
      if (node.process.state !== 'running') return;
      world.trace(() => `${id.slice(0, 8)} is paused for ${forMs.toFixed(0)} ms`);
      node.process.pause();
      const observers = [...nodes.keys()].filter((observer) => observer !== id);
      for (const observer of observers) detector.lostSight(observer, id);
      lastFor(forMs, () => {
        world.trace(() => `${id.slice(0, 8)} runs again`);
        for (const observer of observers) detector.sighted(observer, id);
        node.process.resume();
      });
    },
    cut(cut, near, far) {
      network.conditions.cuts.add(cut);
      const others = [...far];
      const pairs = [...near].flatMap((one) => others.map((other) => [one, other] as const));
      for (const [one, other] of pairs) {
        detector.lostSight(one, other);
        detector.lostSight(other, one);
      }
      return () => {
        world.trace(() => 'the partition heals');
        network.conditions.cuts.delete(cut);
        for (const [one, other] of pairs) {
          detector.sighted(one, other);
          detector.sighted(other, one);
        }
      };
    },
    endAll() {
      for (const finish of [...endings]) finish();
    },
  };
}
