/** A host: places and starts node threads, introduces them to each other, notices their ends, and is their control. */
import * as Comlink from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { existsSync } from 'node:fs';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import type { NodeStats, NodeStatus, Recovery } from '../src/admin.js';
import type { Identifier } from '../src/chord/identifier.js';
import { placeNode, placeNodes, type Unplaced } from '../src/chord/placement.js';
import type { RingConfig } from '../src/config.js';
import { RondoError } from '../src/errors.js';
import { systemRandom } from '../src/io/system.js';
import type { Peer } from '../src/peer.js';
import type { Fault, HostControl, NodeControl, NodeWorkerData } from './control.js';
import { createDoormen, type Doormen } from './doormen.js';
import type { NodeEntry } from './node/runtime.js';
import { recoverFrom } from './recover-from.js';
import { createThreadLog, type LogLevel } from './thread-log.js';
import { threadResources, type ThreadResources } from './thread-resources.js';
import { startWatchdog } from './watchdog.js';

export interface HostOptions {
  readonly config: RingConfig;
  readonly nodes: number;
  /** A thread whose event loop stands still this long is ended; 0 = never. */
  readonly watchdogMs: number;
  readonly logLevel: LogLevel;
}

/** A node thread as its host knows it. */
export interface NodeHandle {
  readonly peer: Peer;
  readonly worker: Worker;
  readonly control: Comlink.Remote<NodeControl>;
  readonly heartbeat: Int32Array;
  /** Peers that share a port with it. */
  readonly introduced: Set<Identifier>;
  /** Resolves when the thread has exited. */
  readonly exited: Promise<void>;
  /** Whether it has entered the ring: clients hear of it then. */
  isMember: boolean;
  /** Whether it was asked to leave. */
  isLeaving: boolean;
  /** Set by the watchdog while the thread's event loop stands still. */
  stalled: boolean;
}

export interface Host {
  readonly nodes: ReadonlyMap<Identifier, NodeHandle>;
  overlay(): Promise<NodeStatus[]>;
  stats(node: string | undefined): Promise<(NodeStats & { id: string; address: string })[]>;
  join(count: number): Promise<string[]>;
  depart(node: string): Promise<void>;
  kill(node: string): Promise<void>;
  recover(partition: number): Promise<Recovery>;
  injectFault(node: string, fault: Fault): Promise<void>;
  resources(): Promise<ThreadResources[]>;
  /** Serves a client on the port until it closes. */
  welcome(port: MessagePort): void;
  close(): Promise<void>;
}

/** One bundled file loads faster than a hundred; a build that was not bundled starts from the hundred. */
const bundled = new URL('./node-worker.bundle.js', import.meta.url);
const nodeEntry = existsSync(bundled) ? bundled : new URL('./node-worker.js', import.meta.url);
/** Above so many nodes each gets a small nursery for new objects, which would otherwise grow in every thread. */
const crowd = 16;
const crowdYoungMb = 4;
const hostAddress = 'local';
const contactsPerJoiner = 8;
/** Threads that start at the same time: more only thrash. */
const startingMax = 16;
const controlTimeoutMs = 5_000;
const nodesMax = 4_096;
/** How long a joiner may look for its place. */
const joinMsMax = 60_000;

export async function createHost(options: HostOptions): Promise<Host> {
  const { config, logLevel } = options;
  const log = createThreadLog('host', logLevel);
  const nodes = new Map<Identifier, NodeHandle>();
  /** Introductions that wait for a founder's thread to exist. */
  const waiting = new Map<Identifier, Set<Identifier>>();
  /** Nodes whose threads have exited. */
  const gone = new Set<Identifier>();
  /** Partitions that are being recovered with loss. */
  const recovering = new Set<number>();
  let nextNumber = options.nodes;
  let closing = false;
  const doormen: Doormen = createDoormen(config, nodes);

  const hostControl: HostControl = {
    introduce: (from, to) => introduce(from, to),
    left: (id) => void nodes.get(id)?.worker.terminate(),
  };

  const introduce = (from: Identifier, to: Identifier): void => {
    const [asker, asked] = [nodes.get(from), nodes.get(to)];
    if (asker === undefined || asker.introduced.has(to)) return;
    // Threads that started after an end were not told of it, and may have heard of the node from others.
    if (gone.has(to)) return tell(asker.control.peerDead(to));
    if (asked === undefined) {
      const askers = waiting.get(to) ?? new Set();
      waiting.set(to, askers.add(from));
      return;
    }
    asker.introduced.add(to);
    asked.introduced.add(from);
    const { port1, port2 } = new MessageChannel();
    tell(asker.control.addPeerPort(to, Comlink.transfer(port1, [port1])));
    tell(asked.control.addPeerPort(from, Comlink.transfer(port2, [port2])));
  };

  const tell = (call: Promise<unknown>): void => {
    call.catch((error: unknown) => log('error', 'a node thread did not take a control call', { err: error }));
  };

  const start = (peer: Peer, entry: NodeEntry): NodeHandle => {
    const heartbeat = new SharedArrayBuffer(4);
    const { port1, port2 } = new MessageChannel();
    Comlink.expose(hostControl, nodeEndpoint(port1));
    const workerData: NodeWorkerData = {
      self: peer,
      config,
      entry,
      heartbeat,
      hostPort: port2,
      logLevel,
    };
    const worker = new Worker(nodeEntry, {
      workerData,
      transferList: [port2],
      resourceLimits: options.nodes > crowd ? { maxYoungGenerationSizeMb: crowdYoungMb } : {},
      name: peer.address,
    });
    worker.setMaxListeners(0);
    const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    const handle: NodeHandle = {
      peer,
      worker,
      control: Comlink.wrap<NodeControl>(nodeEndpoint(worker)),
      heartbeat: new Int32Array(heartbeat),
      introduced: new Set(),
      exited,
      isMember: false,
      isLeaving: false,
      stalled: false,
    };
    nodes.set(peer.id, handle);
    worker.on('error', (error) => log('error', 'a node thread failed', { err: error, of: peer.address }));
    worker.once('exit', (code) => {
      port1.close();
      ended(peer, code);
    });
    for (const from of waiting.get(peer.id) ?? []) introduce(from, peer.id);
    waiting.delete(peer.id);
    return handle;
  };

  const ended = (peer: Peer, code: number): void => {
    nodes.delete(peer.id);
    gone.add(peer.id);
    doormen.nodeGone(peer.id);
    if (closing) return;
    log('info', 'a node thread has ended', { of: peer.address, code });
    for (const { control } of nodes.values()) tell(control.peerDead(peer.id));
  };

  /** Resolves when the node is a member; rejects when its thread ends before. */
  const startAndWait = async (peer: Peer, entry: NodeEntry): Promise<void> => {
    const handle = start(peer, entry);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      if (entry.type === 'joiner') timer = setTimeout(() => resolve('late'), joinMsMax);
    });
    const outcome = await Promise.race([
      handle.control.whenMember().then(() => 'member' as const),
      handle.exited.then(() => 'ended' as const),
      late,
    ]);
    clearTimeout(timer);
    if (outcome === 'late') {
      await handle.worker.terminate();
      throw new RondoError(
        'TIMEOUT',
        `no member let node ${peer.address} join within ${joinMsMax / 1_000} s`,
      );
    }
    if (outcome === 'ended')
      throw new RondoError('INTERNAL', `node ${peer.address} ended before it was a member: see the log`);
    handle.isMember = true;
    doormen.nodeAdded(peer);
  };

  const find = (node: string): NodeHandle => {
    const found = [...nodes.values()].filter(
      ({ peer }) => peer.address === node || (node !== '' && peer.id.startsWith(node)),
    );
    const [handle] = found;
    if (handle === undefined) throw new RondoError('NOT_FOUND', `no node ${node} (see: rondo overlay)`);
    if (found.length > 1)
      throw new RondoError(
        'INVALID_ARGUMENT',
        `${found.length} nodes match ${node}: give more of the identifier`,
      );
    return handle;
  };

  const watchdog = startWatchdog(nodes, options.watchdogMs, log);

  const founders = placeNodes(
    Array.from({ length: options.nodes }, (_, number) => unplaced(number)),
    config.placement,
  );
  await inParallel(founders, startingMax, (peer) => startAndWait(peer, { type: 'founder', founders }));

  return {
    nodes,
    welcome: doormen.welcome,
    async overlay() {
      const handles = [...nodes.values()].sort((a, b) => (a.peer.id < b.peer.id ? -1 : 1));
      return Promise.all(
        handles.map((handle) =>
          withDeadline(handle, handle.control.status(), () => unresponsive(handle.peer)),
        ),
      );
    },
    async stats(node) {
      const handles = node === undefined ? [...nodes.values()] : [find(node)];
      const answers = await Promise.all(
        handles.map(async (handle) => {
          const stats = await withDeadline(handle, handle.control.stats(), () => undefined);
          return stats === undefined
            ? []
            : [{ id: handle.peer.id as string, address: handle.peer.address, ...stats }];
        }),
      );
      return answers.flat();
    },
    async join(count) {
      if (!Number.isInteger(count) || count < 1)
        throw new RondoError(
          'INVALID_ARGUMENT',
          `the nodes to join must be a whole number from 1, not ${count}`,
        );
      if (nodes.size + count > nodesMax)
        throw new RondoError('INVALID_ARGUMENT', `a host runs at most ${nodesMax} nodes`);
      const joined: string[] = [];
      for (let started = 0; started < count; started++) {
        const peers = [...nodes.values()].filter(({ isMember }) => isMember).map((handle) => handle.peer);
        const peer = placeNode(unplaced(nextNumber++), [...nodes.keys()], config.placement);
        const contacts = peers.sort(() => systemRandom() - 0.5).slice(0, contactsPerJoiner);
        if (contacts.length === 0)
          throw new RondoError('NOQUORUM', 'no node is left to join through: start a new ring');
        await startAndWait(peer, { type: 'joiner', contacts });
        joined.push(peer.id);
      }
      return joined;
    },
    async depart(node) {
      const handle = find(node);
      if ([...nodes.values()].filter(({ isMember }) => isMember).length === 1 && handle.isMember) {
        const advice = 'let another join first, or stop the ring';
        throw new RondoError(
          'INVALID_ARGUMENT',
          `${handle.peer.address} is the only node: its records have nowhere to go; ${advice}`,
        );
      }
      handle.isLeaving = true;
      // A call to a thread that has died or stalls never settles; its end does.
      await Promise.race([handle.control.depart(), handle.exited]);
      await handle.exited;
    },
    async kill(node) {
      await find(node).worker.terminate();
    },
    async recover(partition) {
      if (!Number.isInteger(partition) || partition < 0 || partition >= config.partitions)
        throw new RondoError('INVALID_ARGUMENT', `the partition must be from 0 to ${config.partitions - 1}`);
      // Two at once would begin the same lineage differently.
      if (recovering.has(partition))
        throw new RondoError('BUSY', `partition ${partition} is being recovered`);
      recovering.add(partition);
      try {
        return await recoverFrom(nodes, config, partition);
      } finally {
        recovering.delete(partition);
      }
    },
    async injectFault(node, fault) {
      const handle = find(node);
      await Promise.race([handle.control.injectFault(fault), handle.exited]);
    },
    async resources() {
      const answers = [...nodes.values()].map((handle) =>
        withDeadline(handle, handle.control.resources(), () => undefined),
      );
      const ofNodes = (await Promise.all(answers)).flatMap((answer) =>
        answer === undefined ? [] : [answer],
      );
      return [threadResources('host'), ...ofNodes];
    },
    async close() {
      closing = true;
      watchdog.stop();
      doormen.close();
      await Promise.all([...nodes.values()].map(({ worker }) => worker.terminate()));
    },
  };
}

/** Numbers are not used twice within a process, so the incarnation may stay 0. */
function unplaced(number: number): Unplaced {
  return { address: `${hostAddress}/${number}`, host: hostAddress, incarnation: 0 };
}

function unresponsive(peer: Peer): NodeStatus {
  return {
    id: peer.id,
    address: peer.address,
    state: 'unresponsive',
    predecessor: null,
    successors: [],
    partitionsLed: 0,
    records: 0,
  };
}

/** A Comlink call to a dead or stalled thread never settles: it gets a deadline. */
async function withDeadline<T, U>(handle: NodeHandle, call: Promise<T>, otherwise: () => U): Promise<T | U> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<U>((resolve) => {
    timer = setTimeout(() => resolve(otherwise()), handle.stalled ? 100 : controlTimeoutMs);
  });
  try {
    return await Promise.race([call, deadline, handle.exited.then(otherwise)]);
  } finally {
    clearTimeout(timer);
  }
}

async function inParallel<T>(
  items: readonly T[],
  most: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const runNext = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, runNext));
}
