/** A host: places its nodes, has threads started for them, lets clients in, and answers for all of them. */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { checkAgainstRing, type CheckedBridge, type RingWideOptions } from '../src/bridge-options.js';
import type { Identifier } from '../src/chord/identifier.js';
import type { RingConfig } from '../src/config.js';
import { RondoError } from '../src/errors.js';
import { systemRandom } from '../src/io/system.js';
import type { Peer } from '../src/peer.js';
import { createAdministration } from './administration.js';
import { openBridge, type Bridge, type BridgeDoor } from './bridge/bridge.js';
import { createDoormen, type Doormen } from './doormen.js';
import { createNodeThreads, type NodeHandle } from './node-threads.js';
import { createPlaces } from './places.js';
import { createRingAdministration, type RingAdministration } from './ring-administration.js';
import { createThreadLog, type LogLevel } from './thread-log.js';
import { startWatchdog } from './watchdog.js';

export interface HostOptions {
  /** Of a new ring; one that is joined has its own. */
  readonly config: RingConfig;
  readonly nodes: number;
  /** A thread whose event loop stands still this long is ended; 0 = never. */
  readonly watchdogMs: number;
  readonly logLevel: LogLevel;
  /** Undefined for a ring of this host alone. */
  readonly bridge: CheckedBridge | undefined;
  readonly asked: RingWideOptions;
}

export interface Host extends Omit<RingAdministration, 'answer'> {
  readonly nodes: ReadonlyMap<Identifier, NodeHandle>;
  /** The ring's. */
  readonly config: RingConfig;
  /** `HOST:PORT` under which other hosts reach this one; null for a ring of this host alone. */
  readonly address: string | null;
  join(count: number): Promise<string[]>;
  /** Lets all nodes depart, if other hosts have nodes to hand over to. Resolves when they have. */
  leave(): Promise<void>;
  /** Serves a client on the port until it closes. */
  welcome(port: MessagePort): void;
  close(): Promise<void>;
}

/** Above so many nodes their threads get by on less memory each. */
const crowd = 16;
const contactsPerJoiner = 8;
/** Threads that start at the same time: more only thrash. */
const startingMax = 16;
/** Nodes that join at the same time: each walks to its place, and more would be in each other's way. */
const joiningMax = 4;
const nodesMax = 4_096;
/** How long a host that joins waits until it knows which of the others it can reach. */
const settledMsMax = 10_000;
/** Ends that are told to hosts that were away meanwhile. */
const goneToldMax = 1_024;

/** Resolves when all nodes are members of the ring, a new one or the one that was joined. Rejects with a RondoError. */
export async function createHost(options: HostOptions): Promise<Host> {
  const log = createThreadLog('host', options.logLevel);
  const door = options.bridge === undefined ? undefined : await openBridge(options.bridge, log);
  try {
    return await hostBehind(door, options, log);
  } catch (error) {
    await door?.close();
    throw error;
  }
}

async function hostBehind(
  door: BridgeDoor | undefined,
  options: HostOptions,
  log: ReturnType<typeof createThreadLog>,
): Promise<Host> {
  const { logLevel } = options;
  const isJoining = options.bridge !== undefined && options.bridge.join.length > 0;
  const found = isJoining ? await door?.seek() : undefined;
  const config = found?.config ?? options.config;
  if (found !== undefined) checkAgainstRing(options.asked, config);

  const ended: Identifier[] = [];
  let bridge: Bridge | undefined;
  const threads = createNodeThreads(
    { config, logLevel, isCrowd: options.nodes > crowd },
    {
      started: (peer) => bridge?.localAdded(peer),
      memberAdded: (peer) => doormen.nodeAdded(peer),
      ended: (peer) => {
        ended.push(peer.id);
        if (ended.length > goneToldMax) ended.shift();
        doormen.nodeGone(peer.id);
        bridge?.localEnded(peer);
      },
      connectBeyond: (from, to) => bridge?.connectPeer(from, to) === true,
    },
    log,
  );
  const { nodes } = threads;
  const ownMembers = (): Peer[] =>
    [...nodes.values()].filter(({ isMember }) => isMember).map(({ peer }) => peer);
  const remotes = (): Peer[] => (bridge?.hosts.all ?? []).flatMap((host) => [...host.nodes.values()]);
  const reachable = (): Peer[] =>
    (bridge?.hosts.all ?? []).flatMap((host) => (host.isUnreachable ? [] : [...host.nodes.values()]));
  const doormen: Doormen = createDoormen(config, {
    members: () => [...ownMembers(), ...reachable()],
    connect(client, node) {
      if (!nodes.has(node)) return bridge?.connectClient(client, node);
      const { port1, port2 } = new MessageChannel();
      threads.attachClient(node, client, port1);
      return port2;
    },
    clientClosed: (client) => bridge?.clientClosed(client),
  });
  const places = createPlaces(config, door?.own);
  const own = createAdministration(nodes, () => remotes().length);
  const administration = createRingAdministration(config, nodes, own, () => bridge);
  const watchdog = startWatchdog(nodes, options.watchdogMs, log);

  const openDoor = (): void => {
    bridge = door?.start(config, {
      nodes: () => [...nodes.values()].map(({ peer }) => peer),
      gone: () => ended,
      isMember: () => ownMembers().length > 0,
      attachPeer: threads.attachPeer,
      attachClient: (node, client, port) => threads.attachClient(node, client, port),
      nextClient: doormen.nextClient,
      remoteAdded(peer) {
        threads.remoteAdded(peer.id);
        doormen.nodeAdded(peer);
      },
      remoteGone(id, peer) {
        threads.remoteGone(id, peer !== undefined);
        if (peer !== undefined) doormen.nodeGone(id);
      },
      remoteReach(peer, unreachable) {
        threads.remoteReach(peer.id, unreachable);
        if (unreachable) doormen.nodeGone(peer.id);
        else doormen.nodeAdded(peer);
      },
      answer: administration.answer,
    });
  };

  /** Starts a node that looks for its place by itself; answers its identifier. */
  const joinOne = async (): Promise<string> => {
    const peer = places.next([...[...nodes.values()].map((handle) => handle.peer), ...remotes()]);
    const contacts = [...ownMembers(), ...reachable()]
      .sort(() => systemRandom() - 0.5)
      .slice(0, contactsPerJoiner);
    if (contacts.length === 0)
      throw new RondoError('NOQUORUM', 'no node is left to join through: start a new ring');
    await threads.startAndWait(peer, { type: 'joiner', contacts });
    return peer.id;
  };

  const enter = async (): Promise<void> => {
    if (found === undefined) {
      const founders = places.founders(options.nodes);
      await inParallel(founders, startingMax, (peer) =>
        threads.startAndWait(peer, { type: 'founder', founders }),
      );
      return openDoor();
    }
    openDoor();
    bridge?.learn([found.address, ...found.hosts]);
    await bridge?.settled(settledMsMax);
    await inParallel(Array.from({ length: options.nodes }), joiningMax, async () => void (await joinOne()));
  };

  const close = async (): Promise<void> => {
    watchdog.stop();
    doormen.close();
    await threads.close();
    await door?.close();
  };

  try {
    await enter();
  } catch (error) {
    await close();
    throw error;
  }

  return {
    nodes,
    config,
    address: door?.own.address ?? null,
    welcome: doormen.welcome,
    ...administration,
    async join(count) {
      if (!Number.isInteger(count) || count < 1)
        throw new RondoError(
          'INVALID_ARGUMENT',
          `the nodes to join must be a whole number from 1, not ${count}`,
        );
      if (nodes.size + count > nodesMax)
        throw new RondoError('INVALID_ARGUMENT', `a host runs at most ${nodesMax} nodes`);
      const joined: string[] = [];
      for (let started = 0; started < count; started++) joined.push(await joinOne());
      return joined;
    },
    async leave() {
      if (reachable().length === 0) return;
      await Promise.all(ownMembers().map(({ id }) => own.depart(id)));
    },
    close,
  };
}

async function inParallel<T>(
  items: readonly T[],
  most: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const runNext = async (): Promise<void> => {
    while (queue.length > 0) {
      const [item] = queue.splice(0, 1);
      await work(item as T);
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, runNext));
}
