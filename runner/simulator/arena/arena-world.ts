/** The world of the arena: engines and clients on one virtual clock and one network, and what can be done to them. */
import { trustIdentifier, type Identifier } from '../../../src/chord/identifier.js';
import { sha1 } from '../../../src/chord/sha1.js';
import { bytesFromText } from '../../../src/bytes.js';
import type { RingConfig } from '../../../src/config.js';
import type { Peer } from '../../../src/peer.js';
import { createRandom } from '../../../src/random.js';
import type { EngineDoors } from '../../../src/replication/engine.js';
import type { ReplicationMessage } from '../../../src/replication/messages.js';
import type { ReplyBatch, RequestBatch } from '../../../src/wire/requests.js';
import { copyPlain } from '../copy.js';
import { createDigest, type Digest } from '../digest.js';
import { createFailureDetector, type FailureDetector } from '../failure-detector.js';
import { createNetwork, type Envelope, type Network } from '../network.js';
import { createVirtualClock, type ClockError, type VirtualClock } from '../virtual-clock.js';
import { clientAddress } from '../wire.js';
import {
  startArenaNode,
  type ArenaNode,
  type EngineMaker,
  type NodeObserver,
  type NodeWorld,
} from './arena-node.js';
import { describeArenaContent, digestArenaContent } from './trace.js';

export type ArenaContent =
  | { readonly type: 'messages'; readonly messages: readonly ReplicationMessage[] }
  | { readonly type: 'requests'; readonly client: number; readonly batch: RequestBatch }
  | { readonly type: 'replies'; readonly batch: ReplyBatch };

/** Whoever watches the world. */
export interface ArenaObserver<Engine extends EngineDoors> extends NodeObserver<Engine> {
  /** A node gets its name, before any knows of it. */
  named(id: Identifier): void;
  started(node: ArenaNode<Engine>): void;
  /** It crashed, or has left. */
  ended(node: ArenaNode<Engine>): void;
}

export interface ArenaWorldOptions<Engine extends EngineDoors> {
  readonly seed: number;
  readonly config: RingConfig;
  readonly mutations: ReadonlySet<string>;
  readonly createEngine: EngineMaker<Engine>;
  readonly drawClockError: () => ClockError;
  /** News of members may be this late. */
  readonly newsMsMax: number;
  readonly trace: ((line: string) => void) | undefined;
}

/** A client's end of its connections. */
export interface ArenaClient {
  receiveReplies(batch: ReplyBatch): void;
  nodeGone(id: Identifier): void;
  /** What an unanswered request reads; undefined when it is no get. */
  readOf(id: number): { readonly key: string; readonly partition: number } | undefined;
}

export interface ArenaWorld<Engine extends EngineDoors> {
  readonly clock: VirtualClock;
  readonly network: Network<ArenaContent>;
  readonly detector: FailureDetector;
  readonly config: RingConfig;
  readonly digest: Digest;
  /** That live. */
  readonly nodes: ReadonlyMap<Identifier, ArenaNode<Engine>>;
  /** By number, from 1. */
  readonly clients: ArenaClient[];
  readonly events: number;
  found(count: number, hosts: number): void;
  join(host: number): void;
  crash(node: ArenaNode<Engine>, losesUnderWay: boolean): void;
  /** The node asks to leave, and ends when its engine has handed over. */
  depart(node: ArenaNode<Engine>): void;
  suspect(observer: ArenaNode<Engine>, peer: Identifier, unreachable: boolean): void;
  sendRequests(client: number, to: Identifier, batch: RequestBatch): void;
  trace(line: () => string): void;
}

export function createArenaWorld<Engine extends EngineDoors>(
  options: ArenaWorldOptions<Engine>,
  observer: ArenaObserver<Engine>,
): ArenaWorld<Engine> {
  const { seed, config, newsMsMax } = options;
  const clock = createVirtualClock();
  const digest = createDigest();
  const random = createRandom(`${seed}/news`);
  const nodes = new Map<Identifier, ArenaNode<Engine>>();
  const ended = new Set<Identifier>();
  const clients: ArenaClient[] = [];
  let events = 0;
  let started = 0;

  const trace = (line: () => string): void => {
    options.trace?.(`${clock.nowMs().toFixed(3)} ${line()}`);
  };
  /** Most news travel at once, some late. */
  const drawNewsMs = (): number => (random() < 0.7 ? 1 + random() * 5 : random() * newsMsMax);
  const tellDead = (to: Identifier, dead: Identifier): void => {
    const node = nodes.get(to);
    if (node === undefined || node.dead.has(dead)) return;
    node.dead.add(dead);
    digest.addText(dead);
    trace(() => `${to.slice(0, 8)} hears that ${dead.slice(0, 8)} is dead`);
    node.showRing();
  };
  const suspect = (node: ArenaNode<Engine>, peer: Identifier, unreachable: boolean): void => {
    if (node.unreachable.has(peer) === unreachable) return;
    if (unreachable) node.unreachable.add(peer);
    else node.unreachable.delete(peer);
    digest.addText(peer);
    trace(
      () => `${node.peer.id.slice(0, 8)} ${unreachable ? 'loses' : 'regains'} sight of ${peer.slice(0, 8)}`,
    );
    node.turn((engine) => engine.peerUnreachable(peer, unreachable));
    node.showRing();
  };
  const arrive = ({ from, to, content }: Envelope<ArenaContent>): void => {
    digest.addNumber(clock.nowMs());
    digest.addText(to);
    digestArenaContent(digest, content);
    trace(() => `${from.slice(0, 8)} > ${to.slice(0, 8)} ${describeArenaContent(content)}`);
    if (content.type === 'replies') {
      clients[Number(to.slice('client-'.length)) - 1]?.receiveReplies(content.batch);
      return;
    }
    const receiver = trustIdentifier(to);
    const node = nodes.get(receiver);
    if (node === undefined) {
      if (ended.has(receiver)) clock.set(() => tellEnded(from, content, receiver), random() * 5);
    } else if (content.type === 'requests') {
      node.turn((engine) => engine.handleRequests(content.client, content.batch));
    } else {
      const sender = trustIdentifier(from);
      if (node.unreachable.has(sender) && node.process.state === 'running') suspect(node, sender, false);
      node.hear(content.messages);
    }
  };
  /** Whoever speaks to a node that has ended is told. */
  const tellEnded = (from: string, content: ArenaContent, dead: Identifier): void => {
    if (content.type === 'requests') clients[content.client - 1]?.nodeGone(dead);
    else tellDead(trustIdentifier(from), dead);
  };
  const network = createNetwork<ArenaContent>(clock, createRandom(`${seed}/network`), arrive, copyPlain);
  const detector = createFailureDetector(clock, createRandom(`${seed}/detector`), {
    living: () => [...nodes.keys()],
    tellDead: (id, dead) => void clock.set(() => tellDead(id, dead), drawNewsMs()),
    tellUnreachable(id, peer, unreachable) {
      const node = nodes.get(id);
      if (node !== undefined) suspect(node, peer, unreachable);
    },
    hostLearned(dead) {
      ended.add(dead);
      for (const client of clients) clock.set(() => client.nodeGone(dead), random() * 5);
    },
  });

  const nodeWorld: NodeWorld<Engine> = {
    seed,
    config,
    clock,
    mutations: options.mutations,
    createEngine: options.createEngine,
    sendMessages: (from, to, messages) => network.send(from, to, { type: 'messages', messages }),
    sendReplies: (from, client, batch) =>
      network.sendInOrder(from, clientAddress(client), { type: 'replies', batch }),
    replying: (node, client, id, status, value) => observer.replying(node, client, id, status, value),
    turned(node, said, heard) {
      events++;
      observer.turned(node, said, heard);
      if (node.departing && node.engine.isHandedOver()) clock.set(() => leave(node), 0);
    },
    phaseChanged(node, partition) {
      trace(() => `${node.peer.id.slice(0, 8)} partition ${partition}: ${node.engine.viewPhase(partition)}`);
      observer.phaseChanged(node, partition);
    },
    failed: (node, error) => observer.failed(node, error),
    logged: (node, message, details) =>
      trace(() => `${node.peer.id.slice(0, 8)} log: ${message} ${JSON.stringify(details ?? {})}`),
  };
  const start = (
    peer: Peer,
    founders: readonly Peer[],
    known: readonly Peer[],
    dead: ReadonlySet<Identifier>,
  ): ArenaNode<Engine> => {
    const membership = {
      known: new Map([...known, peer].map((each) => [each.id, each])),
      dead: new Set(dead),
      unreachable: new Set<Identifier>(),
    };
    const node = startArenaNode(nodeWorld, peer, founders, membership, options.drawClockError());
    nodes.set(peer.id, node);
    observer.started(node);
    node.showRing();
    // Deaths that its contact had not heard of yet reach it like any news.
    for (const id of ended) if (node.known.has(id)) clock.set(() => tellDead(peer.id, id), drawNewsMs());
    return node;
  };
  const createPeer = (host: number): Peer => {
    const name = `host-${host}/${started++}`;
    const id = sha1(bytesFromText(`${seed}/${name}`));
    observer.named(id);
    return { id, address: name, host: `host-${host}`, incarnation: 0 };
  };
  const remove = (node: ArenaNode<Engine>): boolean => {
    if (!nodes.delete(node.peer.id)) return false;
    node.process.stop();
    digest.addText(node.peer.id);
    observer.ended(node);
    return true;
  };
  const leave = (node: ArenaNode<Engine>): void => {
    if (node.process.state !== 'running' || !node.engine.isHandedOver()) return;
    node.turn((engine) => engine.stopServing());
    trace(() => `${node.peer.id.slice(0, 8)} has left`);
    if (remove(node)) detector.died(node.peer.id);
  };
  /** The same name, with nothing of what it promised and held: what no node may ever do. */
  const restart = (node: ArenaNode<Engine>): void => {
    trace(() => `${node.peer.id.slice(0, 8)} restarts empty under its old name`);
    const { founders } = node.engine.environment;
    start(node.peer, founders, [...node.known.values()], node.dead);
  };
  return {
    clock,
    network,
    detector,
    config,
    digest,
    nodes,
    clients,
    get events() {
      return events;
    },
    found(count, hosts) {
      const founders = Array.from({ length: count }, (_, index) => createPeer(index % hosts));
      for (const peer of founders) start(peer, founders, founders, new Set());
    },
    join(host) {
      const [contact] = [...nodes.values()].filter((node) => node.process.state === 'running');
      if (contact === undefined) return;
      const peer = createPeer(host);
      trace(() => `${peer.id.slice(0, 8)} joins`);
      for (const node of nodes.values()) {
        clock.set(() => {
          if (nodes.get(node.peer.id) !== node || node.known.has(peer.id)) return;
          node.known.set(peer.id, peer);
          node.showRing();
        }, drawNewsMs());
      }
      const known = new Map(contact.known);
      for (const node of nodes.values()) known.set(node.peer.id, node.peer);
      start(peer, [], [...known.values()], contact.dead);
    },
    crash(node, losesUnderWay) {
      trace(
        () => `${node.peer.id.slice(0, 8)} crashes${losesUnderWay ? ', losing what it had under way' : ''}`,
      );
      if (!remove(node)) return;
      if (losesUnderWay) network.loseFrom(node.peer.id);
      if (options.mutations.has('restartUnderOldName')) clock.set(() => restart(node), 1 + random() * 500);
      else detector.died(node.peer.id);
    },
    depart(node) {
      trace(() => `${node.peer.id.slice(0, 8)} departs`);
      node.departing = true;
      node.turn((engine) => engine.startHandingOver());
    },
    suspect,
    sendRequests: (client, to, batch) =>
      network.sendInOrder(clientAddress(client), to, { type: 'requests', client, batch }),
    trace,
  };
}
