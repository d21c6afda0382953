/** Carries out a plan of the arena: streams of faults, and those that strike whoever is changing a view. */
import type { Identifier } from '../../../src/chord/identifier.js';
import type { Random } from '../../../src/ports.js';
import type { EngineDoors } from '../../../src/replication/engine.js';
import { pick } from '../faults.js';
import { createLastingFaults } from '../lasting-faults.js';
import type { Cut } from '../network.js';
import { clientAddress } from '../wire.js';
import type { ArenaNode } from './arena-node.js';
import type { ArenaWorld } from './arena-world.js';
import type { ArenaFault, ArenaPlan } from './plan.js';
import { drawDelays } from './wide-plans.js';

export interface ArenaInjector<Engine extends EngineDoors> {
  readonly counts: { crashes: number; joins: number; departures: number };
  phaseChanged(node: ArenaNode<Engine>, partition: number): void;
  /** No fault begins any more, and what lasted ends: partitions heal, the paused run. */
  endAll(): void;
  /** Cuts the nodes off from everybody else, for good. */
  cutOff(ids: ReadonlySet<Identifier>): () => void;
  /** Ends the nodes, whatever depends on them. */
  crash(nodes: readonly ArenaNode<Engine>[], replaced: boolean): void;
}

interface Side {
  readonly nodes: ReadonlySet<Identifier>;
  readonly clients: ReadonlySet<string>;
}

export function createArenaInjector<Engine extends EngineDoors>(
  world: ArenaWorld<Engine>,
  plan: ArenaPlan,
  random: Random,
  /** Whether each partition could go on if only these nodes lived. */
  quorumsHold: (living: ReadonlySet<Identifier>) => boolean,
  /** Whether quorums may be lost, as far as the plan allows it. */
  mayLose: () => boolean,
): ArenaInjector<Engine> {
  const counts = { crashes: 0, joins: 0, departures: 0 };
  const lasting = createLastingFaults(world);
  const { lastFor } = lasting;
  const { conditions } = world.network;
  const nodesMax = 2 * plan.founders + 3;
  let isOver = false;

  /** Half of the time one that leads something: what happens to it matters most. */
  const aNode = (): ArenaNode<Engine> | undefined => {
    const nodes = [...world.nodes.values()];
    const leaders = random() < 0.5 ? nodes.filter((node) => node.engine.led().partitions > 0) : [];
    if (leaders.length > 0) return pick(random, leaders);
    return nodes.length === 0 ? undefined : pick(random, nodes);
  };
  const join = (): void => {
    if (world.nodes.size >= nodesMax) return;
    counts.joins++;
    const isNewHost = random() < 0.3;
    world.join(isNewHost ? plan.hosts + counts.joins : Math.floor(random() * plan.hosts));
  };
  const mayEnd = (victims: readonly ArenaNode<Engine>[]): boolean => {
    // Somebody must be left who stays.
    if ([...world.nodes.values()].every((node) => node.departing || victims.includes(node))) return false;
    if (plan.mayLoseQuorum && mayLose()) return true;
    const living = new Set(world.nodes.keys());
    for (const victim of victims) living.delete(victim.peer.id);
    return quorumsHold(living);
  };
  const crash = (victims: readonly ArenaNode<Engine>[], replaced: boolean): void => {
    for (const victim of victims) {
      counts.crashes++;
      world.crash(victim, random() < 0.5);
      if (!replaced) continue;
      world.clock.set(
        () => {
          if (!isOver) join();
        },
        random() * pick(random, [10, 2_000, 20_000]),
      );
    }
  };
  const crashIfAllowed = (victims: readonly ArenaNode<Engine>[]): void => {
    if (victims.length > 0 && mayEnd(victims)) crash(victims, random() < 0.85);
  };
  const cut = (from: Side, to: Side, both: boolean): (() => void) => {
    const made: Cut = {
      from: new Set<string>([...from.nodes, ...from.clients]),
      to: new Set<string>([...to.nodes, ...to.clients]),
      both,
    };
    world.trace(
      () => `${both ? '' : 'one-way '}partition: ${[...from.nodes].map((id) => id.slice(0, 8)).join(' ')}`,
    );
    return lasting.cut(made, from.nodes, to.nodes);
  };
  const partition = (): void => {
    const shape = pick(random, plan.cuts);
    const lone = aNode();
    if (lone === undefined || world.nodes.size < 2) return;
    const isAlone = shape !== 'halves' && shape !== 'oneWay';
    const [near, far] = sidesOf(world, (id) => (isAlone ? id === lone.peer.id : random() < 0.5), random);
    const forMs = random() * pick(random, plan.cutMsMax);
    if (shape === 'pair') {
      const other: Side = { nodes: new Set([pick(random, [...far.nodes])]), clients: new Set() };
      lastFor(forMs, cut({ ...near, clients: new Set() }, other, random() < 0.7));
    } else if (shape === 'deaf') lastFor(forMs, cut(far, near, false));
    else lastFor(forMs, cut(near, far, shape === 'isolate' || shape === 'halves'));
  };
  const suspect = (): void => {
    const suspected = aNode();
    if (suspected === undefined) return;
    const all = random() < 0.4;
    for (const observer of world.nodes.values()) {
      if (observer === suspected || !(all || random() < 0.4)) continue;
      world.suspect(observer, suspected.peer.id, true);
      lastFor(random() * pick(random, [200, 5_000, 20_000]), () => {
        if (world.nodes.get(observer.peer.id) === observer) world.suspect(observer, suspected.peer.id, false);
      });
    }
  };
  const leave = (): void => {
    for (let count = random() < 0.7 ? 1 : 3; count > 0; count--) {
      const staying = [...world.nodes.values()].filter((node) => !node.departing);
      if (staying.length < 2) return;
      counts.departures++;
      world.depart(pick(random, staying));
    }
  };
  const inject: Readonly<Record<ArenaFault, () => void>> = {
    loss() {
      conditions.lossRate = random() * pick(random, [0.02, 0.1, 0.3]);
      lastFor(random() * 20_000, () => (conditions.lossRate = plan.lossRate));
    },
    duplication() {
      conditions.duplicationRate = random() * pick(random, [0.05, 0.5]);
      lastFor(random() * 20_000, () => (conditions.duplicationRate = plan.duplicationRate));
    },
    delay() {
      conditions.delay = drawDelays(random);
      lastFor(random() * 20_000, () => (conditions.delay = plan.delay));
    },
    partition,
    pause() {
      const node = aNode();
      if (node !== undefined) lasting.pause(node, random() * pick(random, [50, 1_000, 10_000, 60_000]));
    },
    crash: () =>
      crashIfAllowed(
        [...world.nodes.values()].filter((_, index) => index === Math.floor(random() * world.nodes.size)),
      ),
    hostCrash() {
      const host = aNode()?.peer.host;
      crashIfAllowed([...world.nodes.values()].filter(({ peer }) => peer.host === host));
    },
    suspicion: suspect,
    clockJump: () => aNode()?.jump(Math.round((random() - 0.4) * pick(random, [100, 10_000, 3_600_000]))),
    join() {
      for (let count = random() < 0.7 ? 1 : 4; count > 0; count--) join();
    },
    leave,
  };
  conditions.delay = plan.delay;
  conditions.lossRate = plan.lossRate;
  conditions.duplicationRate = plan.duplicationRate;
  conditions.duplicateMsMax = plan.duplicateMsMax;
  for (const { fault, meanGapMs } of plan.streams) {
    const next = (): void =>
      void world.clock.set(
        () => {
          if (isOver) return;
          inject[fault]();
          next();
        },
        meanGapMs * (0.1 + 1.8 * random()),
      );
    next();
  }
  return {
    counts,
    phaseChanged(node, partition) {
      const phase = node.engine.viewPhase(partition);
      if (isOver || phase === 'steady') return;
      const drives = phase === 'warming' || phase === 'preparing' || phase === 'accepting';
      if (drives && random() < plan.driverDies) {
        world.clock.set(
          () => {
            if (!isOver && world.nodes.get(node.peer.id) === node) crashIfAllowed([node]);
          },
          random() * pick(random, [1, 50, 1_000]),
        );
      }
      if (random() < plan.joinsDuringChange) {
        world.clock.set(
          () => {
            if (!isOver) join();
          },
          random() * pick(random, [1, 50]),
        );
      }
    },
    endAll() {
      isOver = true;
      lasting.endAll();
      conditions.delay = plan.delay;
      conditions.lossRate = 0;
      conditions.duplicationRate = 0;
    },
    cutOff(ids) {
      const [near, far] = sidesOf(world, (id) => ids.has(id), random);
      const clients = new Set([...near.clients, ...far.clients]);
      return cut({ nodes: near.nodes, clients: new Set() }, { nodes: far.nodes, clients }, true);
    },
    crash,
  };
}

/** Parts the nodes in two; each client falls on a side by lot. */
function sidesOf<Engine extends EngineDoors>(
  world: ArenaWorld<Engine>,
  isNear: (id: Identifier) => boolean,
  random: Random,
): readonly [near: Side, far: Side] {
  const nodes = new Set([...world.nodes.keys()].filter((id) => isNear(id)));
  const clients = world.clients.map((_, index) => clientAddress(index + 1));
  const nearClients = new Set(clients.filter(() => random() < 0.5));
  return [
    { nodes, clients: nearClients },
    {
      nodes: new Set([...world.nodes.keys()].filter((id) => !nodes.has(id))),
      clients: new Set(clients.filter((client) => !nearClients.has(client))),
    },
  ];
}
