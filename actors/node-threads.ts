/** The node threads of a host: starts them, introduces them to each other, and tells everybody when one has ended. */
import * as Comlink from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { existsSync } from 'node:fs';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import type { Identifier } from '../src/chord/identifier.js';
import type { RingConfig } from '../src/config.js';
import { RondoError } from '../src/errors.js';
import type { Peer } from '../src/peer.js';
import type { HostControl, NodeControl, NodeWorkerData } from './control.js';
import type { NodeEntry } from './node/runtime.js';
import type { Log, LogLevel } from './thread-log.js';

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

export interface NodeThreadsSettings {
  readonly config: RingConfig;
  readonly logLevel: LogLevel;
  /** Each thread gets a small nursery for new objects, which would otherwise grow in every one of a crowd. */
  readonly isCrowd: boolean;
}

export interface NodeThreadsEvents {
  /** Its thread is about to start. */
  started(peer: Peer): void;
  /** The node has become a member. */
  memberAdded(peer: Peer): void;
  /** Certain: the node's thread has exited. */
  ended(peer: Peer): void;
  /** Connects a node with one of another host; false when nobody is known to run that one. */
  connectBeyond(from: Identifier, to: Identifier): boolean;
}

export interface NodeThreads {
  readonly nodes: ReadonlyMap<Identifier, NodeHandle>;
  /** Resolves when the node is a member; rejects when its thread ends before, or when it finds no place in time. */
  startAndWait(peer: Peer, entry: NodeEntry): Promise<void>;
  /** Gives a node its end of a port to a node of another host; false when there is no such node here, or it has one. */
  attachPeer(local: Identifier, remote: Identifier, port: MessagePort): boolean;
  attachClient(local: Identifier, client: number, port: MessagePort): boolean;
  /** A node of another host is known now: those that asked for it are introduced. */
  remoteAdded(id: Identifier): void;
  /** A node of another host is certainly dead. One that had never been heard of is only kept in mind. */
  remoteGone(id: Identifier, wasKnown: boolean): void;
  /** The failure detector's opinion of a node of another host; threads that start later hear it, too. */
  remoteReach(id: Identifier, unreachable: boolean): void;
  /** Ends all threads, without a word to anybody. */
  close(): Promise<void>;
}

/** One bundled file loads faster than a hundred; a build that was not bundled starts from the hundred. */
const bundled = new URL('./node-worker.bundle.js', import.meta.url);
const nodeEntry = existsSync(bundled) ? bundled : new URL('./node-worker.js', import.meta.url);
const crowdYoungMb = 4;
/** How long a joiner may look for its place. */
const joinMsMax = 60_000;

export function createNodeThreads(
  settings: NodeThreadsSettings,
  events: NodeThreadsEvents,
  log: Log,
): NodeThreads {
  const { config, logLevel, isCrowd } = settings;
  const nodes = new Map<Identifier, NodeHandle>();
  /** Introductions that wait for a founder's thread to exist, or for another host to tell of its node. */
  const waiting = new Map<Identifier, Set<Identifier>>();
  /** Nodes that are certainly dead. */
  const gone = new Set<Identifier>();
  /** Nodes of other hosts that cannot be reached at present. */
  const unreachable = new Set<Identifier>();
  let closing = false;

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
      if (events.connectBeyond(from, to)) return;
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

  const introduceWaiting = (to: Identifier): void => {
    const askers = waiting.get(to);
    waiting.delete(to);
    for (const from of askers ?? []) introduce(from, to);
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
      resourceLimits: isCrowd ? { maxYoungGenerationSizeMb: crowdYoungMb } : {},
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
    events.started(peer);
    worker.on('error', (error) => log('error', 'a node thread failed', { err: error, of: peer.address }));
    // A thread's ports close when it has run its last statement, its exit is heard when its memory is freed: up to 25 ms later.
    port1.once('close', () => ended(peer));
    worker.once('exit', (code) => {
      port1.close();
      ended(peer);
      if (!closing) log('info', 'a node thread has ended', { of: peer.address, code });
    });
    for (const id of unreachable) tell(handle.control.peerUnreachable(id, true));
    introduceWaiting(peer.id);
    return handle;
  };

  const ended = (peer: Peer): void => {
    if (!nodes.delete(peer.id)) return;
    gone.add(peer.id);
    events.ended(peer);
    if (!closing) tellDead(peer.id);
  };

  const tellDead = (id: Identifier): void => {
    for (const { control } of nodes.values()) tell(control.peerDead(id));
  };

  return {
    nodes,
    async startAndWait(peer, entry) {
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
      events.memberAdded(peer);
    },
    attachPeer(local, remote, port) {
      const handle = nodes.get(local);
      if (handle === undefined || handle.introduced.has(remote)) return false;
      handle.introduced.add(remote);
      tell(handle.control.addPeerPort(remote, Comlink.transfer(port, [port])));
      return true;
    },
    attachClient(local, client, port) {
      const handle = nodes.get(local);
      if (handle === undefined) return false;
      tell(handle.control.addClientPort(client, Comlink.transfer(port, [port])));
      return true;
    },
    remoteAdded: introduceWaiting,
    remoteGone(id, wasKnown) {
      gone.add(id);
      unreachable.delete(id);
      const isAwaited = waiting.delete(id);
      if (wasKnown || isAwaited) tellDead(id);
    },
    remoteReach(id, isUnreachable) {
      if (isUnreachable) unreachable.add(id);
      else unreachable.delete(id);
      for (const { control } of nodes.values()) tell(control.peerUnreachable(id, isUnreachable));
    },
    async close() {
      closing = true;
      await Promise.all([...nodes.values()].map(({ worker }) => worker.terminate()));
    },
  };
}
