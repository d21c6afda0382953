/** Carries out the plan of faults: chooses victims when the time comes, and ends what must end. */
import type { Identifier } from '../../src/chord/identifier.js';
import type { Peer } from '../../src/peer.js';
import type { Random } from '../../src/ports.js';
import { pick, type FaultAction, type FaultPlan } from './faults.js';
import { createLastingFaults } from './lasting-faults.js';
import { calmDelay, type Cut } from './network.js';
import type { RingMonitor } from './ring-monitor.js';
import type { SimulatedNode } from './simulated-node.js';
import { clientAddress, listsUnderWay } from './wire.js';
import type { World } from './world.js';

export interface FaultCounts {
  crashes: number;
  joins: number;
  departures: number;
}

export interface FaultInjector {
  readonly counts: FaultCounts;
  /** A new node joins through members that live now. */
  join(): void;
  /** Ends every fault: partitions heal, the paused run, nothing is lost or late any more. */
  endAll(): void;
}

/** Most contacts that a joiner is given. */
const contactsMax = 5;

export function createFaultInjector(
  world: World,
  monitor: RingMonitor,
  random: Random,
  plan: FaultPlan,
  nodesAtStart: number,
  /** Whether all data could go on being served without the node. */
  mayEnd: (node: SimulatedNode) => boolean,
): FaultInjector {
  const counts: FaultCounts = { crashes: 0, joins: 0, departures: 0 };
  const lasting = createLastingFaults(world);
  const { lastFor } = lasting;
  const { conditions } = world.network;
  const nodesMin = Math.max(1, Math.ceil(nodesAtStart / 2));
  const nodesMax = Math.ceil(nodesAtStart * 1.5) + 2;
  let isOver = false;

  const membersHere = (): SimulatedNode[] =>
    [...world.nodes.values()].filter((node) => node.announced && !node.departing);

  const join = (): void => {
    const contacts: Peer[] = [];
    const candidates = membersHere();
    while (contacts.length < contactsMax && candidates.length > 0) {
      const [contact] = candidates.splice(Math.floor(random() * candidates.length), 1);
      if (contact !== undefined) contacts.push(contact.peer);
    }
    if (contacts.length === 0) return;
    counts.joins++;
    world.join(contacts);
  };
  const crash = (action: FaultAction & { readonly type: 'crash' }): void => {
    for (let victims = 0; victims < action.count; victims++) {
      const candidates = [...world.nodes.values()].filter((node) => mayCrash(node));
      if (candidates.length === 0) return;
      const victim = pick(random, candidates);
      counts.crashes++;
      world.crash(victim, action.losesUnderWay);
      const { replacedAfterMs } = action;
      if (replacedAfterMs === undefined) continue;
      world.clock.set(() => {
        if (!isOver) join();
      }, replacedAfterMs);
    }
  };
  const mayCrash = (node: SimulatedNode): boolean => {
    if (!mayEnd(node)) return false;
    if (!node.announced) return true;
    if (membersHere().length <= nodesMin) return false;
    if (!directoriesKnowAll(world, node.peer.id)) return false;
    return monitor.mayFail(node.peer.id, listsUnderWay(world.network.underWay()));
  };
  const depart = (): void => {
    if (membersHere().length <= nodesMin) return;
    const candidates = membersHere().filter(
      (node) => directoriesKnowAll(world, node.peer.id) && monitor.mayFail(node.peer.id, []),
    );
    if (candidates.length === 0) return;
    const node = pick(random, candidates);
    counts.departures++;
    monitor.leaving(node.peer.id);
    world.depart(node);
  };
  const partition = (action: FaultAction & { readonly type: 'partition' }): void => {
    const ids = [...world.nodes.keys()];
    const lone = pick(random, ids);
    const isNear = (id: Identifier): boolean => (action.shape === 'isolate' ? id === lone : random() < 0.5);
    const near = new Set<Identifier>(ids.filter(isNear));
    const far = ids.filter((id) => !near.has(id));
    const clients = world.clients.map((client) => clientAddress(client.number));
    const nearClients = new Set(clients.filter(() => action.shape !== 'isolate' && random() < 0.5));
    const cut: Cut = {
      from: new Set<string>([...near, ...nearClients]),
      to: new Set<string>([...far, ...clients.filter((client) => !nearClients.has(client))]),
      both: action.shape !== 'oneWay',
    };
    world.trace(
      () => `partition ${action.shape}: ${[...cut.from].map((id) => id.slice(0, 8)).join(' ')} from the rest`,
    );
    lastFor(action.forMs, lasting.cut(cut, near, far));
  };
  const inject = (action: FaultAction): void => {
    switch (action.type) {
      case 'crash':
        return crash(action);
      case 'pause':
        return lasting.pause(pick(random, [...world.nodes.values()]), action.forMs);
      case 'partition':
        return partition(action);
      case 'loss':
        conditions.lossRate = action.rate;
        return lastFor(action.forMs, () => (conditions.lossRate = 0));
      case 'duplication':
        conditions.duplicationRate = action.rate;
        return lastFor(action.forMs, () => (conditions.duplicationRate = 0));
      case 'delay':
        conditions.delay = action.distribution;
        return lastFor(action.forMs, () => (conditions.delay = calmDelay));
      case 'join':
        for (let joiner = 0; joiner < action.count && world.nodes.size < nodesMax; joiner++) join();
        return;
      case 'depart':
        return depart();
    }
  };
  for (const { atMs, action } of plan.faults) world.clock.set(() => inject(action), atMs);
  return {
    counts,
    join,
    endAll() {
      isOver = true;
      lasting.endAll();
    },
  };
}

/**
 * Whether the rest would know each other without this node. The directory of a small ring spreads by stabilization: what
 * only one node knows is lost with it, which no protocol can prevent.
 */
function directoriesKnowAll(world: World, without: Identifier): boolean {
  const rest = [...world.nodes.values()].filter((node) => node.peer.id !== without);
  if (rest.length > world.config.successors + 1) return true;
  const members = rest.filter((node) => node.announced).map((node) => node.peer.id);
  return rest.every((node) => {
    if (!node.announced) return false;
    const known = new Set(node.inspect().directoryLive());
    return members.every((id) => id === node.peer.id || known.has(id));
  });
}
