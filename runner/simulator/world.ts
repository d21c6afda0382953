/** The simulated world: nodes, clients, network and failure detector on one virtual clock, and what can be done to them. */
import type { NodeEntry } from '../../actors/node/runtime.js';
import type { ByteString } from '../../src/bytes.js';
import { trustIdentifier, type Identifier } from '../../src/chord/identifier.js';
import type { RingConfig } from '../../src/config.js';
import type { Peer } from '../../src/peer.js';
import { createRandom } from '../../src/random.js';
import { hexWord } from '../../src/words.js';
import { copyPlain } from './copy.js';
import { createDigest, type Digest } from './digest.js';
import { createFailureDetector, type FailureDetector } from './failure-detector.js';
import { createNetwork, type Envelope, type Network } from './network.js';
import { startClient, type SimulatedClient } from './simulated-client.js';
import { startNode, type NodeWorld, type SimulatedNode } from './simulated-node.js';
import { createVirtualClock, type ClockError, type VirtualClock } from './virtual-clock.js';
import { clientAddress, describeContent, digestContent, type Content } from './wire.js';

/** Whoever checks the world hears what happens in it. */
export interface WorldObserver {
  /** A node gets its name, before it starts. */
  named?(id: Identifier): void;
  /** A node has had a turn. */
  turned(node: SimulatedNode): void;
  acknowledged(node: SimulatedNode, key: ByteString): void;
  crashed(node: SimulatedNode): void;
  left(node: SimulatedNode): void;
  /** A node is about to be told that a living peer is out of reach. */
  suspected(): void;
  /** A node answers a question about its pointers in a turn that began and ended with one of its own pending. */
  answeredWhileAsking?(node: SimulatedNode): void;
  failed(node: SimulatedNode, error: unknown): void;
}

export interface WorldOptions {
  readonly seed: number;
  readonly config: RingConfig;
  readonly mutations: ReadonlySet<string> | undefined;
  readonly trace: ((line: string) => void) | undefined;
  /** The error of a new node's clock. */
  readonly drawClockError: () => ClockError;
  /** How nodes learn of deaths. Default `announced`. */
  readonly deaths?: DeathNotice;
}

/**
 * `announced`: the failure detector tells everyone, as inside one process. `discovered`: whoever sends to a dead node is
 * told so `questionTimeoutMs` after, as the papers' nodes conclude from a time-out. `silent`: nobody is told.
 */
export type DeathNotice = 'announced' | 'discovered' | 'silent';

export interface World {
  readonly clock: VirtualClock;
  readonly network: Network<Content>;
  readonly detector: FailureDetector;
  readonly config: RingConfig;
  readonly digest: Digest;
  readonly nodes: ReadonlyMap<Identifier, SimulatedNode>;
  readonly clients: readonly SimulatedClient[];
  /** Turns so far. */
  readonly events: number;
  found(count: number): void;
  join(contacts: readonly Peer[]): SimulatedNode;
  crash(node: SimulatedNode, losesUnderWay: boolean): void;
  depart(node: SimulatedNode): void;
  addClient(): SimulatedClient;
  trace(line: () => string): void;
  /** Lets virtual time pass until `untilMs`, or until `isOver` holds. */
  runUntil(untilMs: number, isOver: () => boolean): Promise<void>;
}

export function createWorld(options: WorldOptions, observer: WorldObserver): World {
  const { seed, config, deaths = 'announced' } = options;
  const clock = createVirtualClock();
  const digest = createDigest();
  const identifiers = createRandom(`${seed}/identifiers`);
  const latency = createRandom(`${seed}/control`);
  const nodes = new Map<Identifier, SimulatedNode>();
  const clients: SimulatedClient[] = [];
  let events = 0;
  let started = 0;
  let hasPromises = false;
  /** Ends that the host knows: whoever speaks to one of these is told, as a node that started later must be. */
  const ended = new Set<string>();

  const trace = (line: () => string): void => {
    options.trace?.(`${clock.nowMs().toFixed(3)} ${line()}`);
  };
  const discover = (observer: string, dead: string): void => {
    const hear = (): void => nodes.get(trustIdentifier(observer))?.peerDead(trustIdentifier(dead));
    clock.set(hear, config.questionTimeoutMs);
  };
  const tellDead = (to: string, dead: string): void => {
    digest.addText(dead);
    trace(() => `${to.slice(0, 8)} hears that ${dead.slice(0, 8)} is dead`);
    nodes.get(trustIdentifier(to))?.peerDead(trustIdentifier(dead));
  };
  const arrive = ({ from, to, content }: Envelope<Content>): void => {
    digest.addNumber(clock.nowMs());
    digest.addText(to);
    digestContent(digest, content);
    trace(() => `${from.slice(0, 8)} > ${to.slice(0, 8)} ${describeContent(content)}`);
    if (content.type === 'replies') {
      clients.find((client) => clientAddress(client.number) === to)?.receiveReplies(content.batch);
      return;
    }
    const node = nodes.get(trustIdentifier(to));
    if (node === undefined && deaths === 'discovered') discover(from, to);
    if (node === undefined && ended.has(to)) clock.set(() => tellDead(from, to), latency() * 5);
    if (content.type === 'packet') node?.receivePacket(content.packet);
    else node?.receiveRequests(content.client, content.batch);
  };
  const network = createNetwork<Content>(clock, createRandom(`${seed}/network`), arrive, copyPlain);

  const detector = createFailureDetector(clock, createRandom(`${seed}/detector`), {
    living: () => [...nodes.keys()],
    tellDead,
    tellUnreachable(id, peer, unreachable) {
      digest.addText(peer);
      trace(() => `${id.slice(0, 8)} hears that ${peer.slice(0, 8)} is ${unreachable ? 'un' : ''}reachable`);
      if (unreachable) observer.suspected();
      nodes.get(id)?.peerUnreachable(peer, unreachable);
    },
    hostLearned(dead) {
      ended.add(dead);
      for (const client of clients) clock.set(() => client.nodeGone(dead), latency() * 5);
    },
  });

  const nodeWorld: NodeWorld = {
    seed,
    config,
    clock,
    mutations: options.mutations,
    sendPacket: (from, to, packet) => network.send(from, to, { type: 'packet', packet }),
    sendReplies: (from, client, batch) =>
      network.sendInOrder(from, clientAddress(client), { type: 'replies', batch }),
    acknowledged: (node, key) => observer.acknowledged(node, key),
    turned(node) {
      events++;
      if (!nodes.has(node.peer.id)) return;
      if (!node.announced && node.inspect().state === 'member') announce(node);
      observer.turned(node);
    },
    answeredWhileAsking: (node) => observer.answeredWhileAsking?.(node),
    failed: (node, error) => observer.failed(node, error),
    left(node) {
      trace(() => `${node.peer.id.slice(0, 8)} has left`);
      clock.set(() => {
        if (!remove(node)) return;
        observer.left(node);
        node.stop();
      }, 0);
    },
    logged: (node, level, message, details) =>
      trace(() => `${node.peer.id.slice(0, 8)} ${level}: ${message} ${JSON.stringify(details ?? {})}`),
  };
  const announce = (node: SimulatedNode): void => {
    node.announced = true;
    trace(() => `${node.peer.id.slice(0, 8)} is a member`);
    for (const client of clients) clock.set(() => client.nodeAdded(node.peer), latency() * 5);
  };
  const remove = (node: SimulatedNode): boolean => {
    if (!nodes.delete(node.peer.id)) return false;
    digest.addText(node.peer.id);
    if (deaths === 'announced') detector.died(node.peer.id);
    return true;
  };
  const createPeer = (): Peer => {
    let id = '';
    for (let word = 0; word < 5; word++) id += hexWord(identifiers() * 0x1_0000_0000);
    observer.named?.(trustIdentifier(id));
    return { id: trustIdentifier(id), address: `local/${started++}`, host: 'local', incarnation: 0 };
  };
  const start = (peer: Peer, entry: NodeEntry): SimulatedNode => {
    const node = startNode(nodeWorld, peer, entry, options.drawClockError());
    nodes.set(peer.id, node);
    nodeWorld.turned(node);
    return node;
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
    found(count) {
      const founders = Array.from({ length: count }, createPeer);
      for (const peer of founders) start(peer, { type: 'founder', founders });
    },
    join(contacts) {
      const peer = createPeer();
      trace(() => `${peer.id.slice(0, 8)} joins`);
      return start(peer, { type: 'joiner', contacts });
    },
    crash(node, losesUnderWay) {
      trace(
        () => `${node.peer.id.slice(0, 8)} crashes${losesUnderWay ? ', losing what it had under way' : ''}`,
      );
      if (!remove(node)) return;
      if (losesUnderWay) network.loseFrom(node.peer.id);
      observer.crashed(node);
      node.stop();
    },
    depart(node) {
      trace(() => `${node.peer.id.slice(0, 8)} departs`);
      node.departing = true;
      node.depart();
    },
    addClient() {
      const known = [...nodes.values()].filter((node) => node.announced).map((node) => node.peer);
      const client = startClient(
        {
          seed,
          config,
          clock,
          sendRequests: (number, to, batch) =>
            network.sendInOrder(clientAddress(number), to, { type: 'requests', client: number, batch }),
          clientTurned() {
            events++;
            hasPromises = true;
          },
        },
        clients.length + 1,
        known,
      );
      clients.push(client);
      return client;
    },
    trace,
    async runUntil(untilMs, isOver) {
      while (!isOver() && clock.step(untilMs)) {
        if (!hasPromises) continue;
        hasPromises = false;
        await settlePromises();
      }
    },
  };
}

/** Resolves when every promise that could be settled has run its reactions: clients speak promises, virtual time does not. */
function settlePromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
