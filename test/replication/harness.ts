/** Several replicas in one place: a virtual clock, a network that a test may delay, lose or shuffle, and exact overlays. */
import { trustBytes, type ByteString } from '../../src/bytes.js';
import { isInArc, trustIdentifier, type Identifier } from '../../src/chord/identifier.js';
import { defaultConfig, type RingConfig } from '../../src/config.js';
import type { NextHops, Overlay } from '../../src/overlay.js';
import type { Peer } from '../../src/peer.js';
import { createRandom } from '../../src/random.js';
import type { ReplicaEvent } from '../../src/replication/environment.js';
import {
  handleReplicationMessages,
  handleRequests,
  overlayChanged,
  tick,
} from '../../src/replication/eventual.js';
import { isEventualMessage, type EventualMessage } from '../../src/replication/messages.js';
import { createReplica, pendingTickMs, type Replica } from '../../src/replication/replica.js';
import type { StoredRecord } from '../../src/store.js';
import {
  createRequestWriter,
  finishRequests,
  flags as requestFlags,
  opcodes,
  writeRequest,
  type Opcode,
  type Status,
} from '../../src/wire/requests.js';

export interface Envelope {
  readonly from: Identifier;
  readonly to: Identifier;
  readonly message: EventualMessage;
}

export interface Answer {
  readonly status: Status;
  readonly value: string;
}

/** Values and tombstones by key, in the order of the keys. */
export function contentsOf(records: Iterable<StoredRecord>): Record<string, string | null> {
  const sorted = [...records].sort((a, b) => (a.key < b.key ? -1 : 1));
  return Object.fromEntries(sorted.map(({ key, value, tombstone }) => [key, tombstone ? null : value]));
}

/** A peer whose identifier starts with the given hexadecimal digits: `peer('8')` sits in the middle of the circle. */
export function peer(digits: string, host = digits): Peer {
  return { id: trustIdentifier(digits.padEnd(40, '0')), address: `${host}/0`, host, incarnation: 0 };
}

export function testConfig(changes: Partial<RingConfig> = {}): RingConfig {
  return { ...defaultConfig, clusterId: 'test', consistency: 'eventual', partitions: 16, ...changes };
}

/** The exact view that a node has of a ring of the given live nodes. */
export function exactOverlay(self: Peer, live: readonly Peer[], dead: ReadonlySet<Identifier>): Overlay {
  const ring = [...live].sort((a, b) => (a.id < b.id ? -1 : 1));
  const from = (index: number): Peer[] => [...ring.slice(index), ...ring.slice(0, index)];
  const at = ring.findIndex((node) => node.id === self.id);
  const successors = from(at).slice(1);
  const predecessor = successors.at(-1);
  const start = predecessor?.id ?? self.id;
  const homeIndex = (target: Identifier): number =>
    Math.max(
      0,
      ring.findIndex((node) => node.id >= target),
    );
  return {
    self,
    predecessor,
    successors,
    isHome: (identifier) => isInArc(start, identifier, self.id),
    homeOf: (identifier) => from(homeIndex(identifier)),
    nextHops: (target, avoid): NextHops => ({
      kind: 'home',
      via: 'successor 1',
      peers: from(homeIndex(target)).filter((node) => !avoid.has(node.id)),
    }),
    isDead: (id) => dead.has(id),
  };
}

export class ReplicaWorld {
  readonly config: RingConfig;
  readonly replicas = new Map<Identifier, Replica>();
  readonly peers = new Map<Identifier, Peer>();
  readonly dead = new Set<Identifier>();
  readonly answers = new Map<string, Answer>();
  readonly events: ReplicaEvent[] = [];
  /** Messages on their way. */
  inFlight: Envelope[] = [];
  /** Called for each message sent; false = lost. */
  carries: (envelope: Envelope) => boolean = () => true;
  nowMs = 1_000_000;
  mutations: ReadonlySet<string> | undefined;
  #requests = 0;

  constructor(config: Partial<RingConfig> = {}) {
    this.config = testConfig(config);
  }

  /** Starts nodes that found the ring together. */
  found(...founders: readonly Peer[]): this {
    for (const founder of founders) this.#start(founder, founders);
    this.changeRing();
    return this;
  }

  /** A node joins; every node's view is exact at once. */
  join(joiner: Peer): Replica {
    const replica = this.#start(joiner, []);
    this.changeRing();
    return replica;
  }

  /** A node ends without a word. */
  kill(victim: Peer): void {
    this.dead.add(victim.id);
    this.replicas.delete(victim.id);
    this.inFlight = this.inFlight.filter(({ to }) => to !== victim.id);
    this.changeRing();
  }

  live(): Peer[] {
    return [...this.peers.values()].filter((node) => this.replicas.has(node.id) && !this.dead.has(node.id));
  }

  /** Gives every node the exact view of who is live now. */
  changeRing(): void {
    for (const node of this.live()) this.showRing(node, this.live());
  }

  showRing(node: Peer, live: readonly Peer[]): void {
    overlayChanged(this.replica(node), exactOverlay(node, live, this.dead));
  }

  replica(node: Peer): Replica {
    const replica = this.replicas.get(node.id);
    if (replica === undefined) throw new Error(`no replica ${node.id}`);
    return replica;
  }

  /** Sends one request and answers its number; the answer may come later. */
  request(
    node: Peer,
    opcode: Opcode,
    partition: number,
    key: string,
    value = '',
    options: { flags?: number; number?: number; moves?: number } = {},
  ): string {
    const id = ++this.#requests;
    const writer = createRequestWriter();
    const flags = (options.flags ?? 0) | (options.number === undefined ? 0 : requestFlags.number);
    const moves = options.moves ?? 0;
    writeRequest(
      writer,
      id,
      opcode,
      flags,
      moves,
      partition,
      trustBytes(key),
      trustBytes(value),
      options.number ?? 0,
    );
    handleRequests(this.replica(node), 1, finishRequests(writer));
    return `1:${id}`;
  }

  /** Sends one request and returns its answer, delivering messages and passing time until it comes. */
  ask(...request: Parameters<ReplicaWorld['request']>): Answer {
    const name = this.request(...request);
    for (let step = 0; step < 40 && !this.answers.has(name); step++) this.pass(pendingTickMs(this.config));
    const answer = this.answers.get(name);
    if (answer === undefined) throw new Error('no answer');
    return answer;
  }

  get(node: Peer, partition: number, key: string): Answer {
    return this.ask(node, opcodes.get, partition, key);
  }

  put(node: Peer, partition: number, key: string, value: string): Answer {
    return this.ask(node, opcodes.put, partition, key, value);
  }

  /** Delivers everything in flight, and what that leads to. `pick` chooses the next message's place; in order by default. */
  deliver(pick: (count: number) => number = () => 0): void {
    for (let step = 0; this.inFlight.length > 0; step++) {
      if (step > 100_000) throw new Error('messages never end');
      const [envelope] = this.inFlight.splice(pick(this.inFlight.length), 1);
      if (envelope !== undefined) this.deliverOne(envelope);
    }
  }

  deliverOne({ to, message }: Envelope): void {
    const replica = this.replicas.get(to);
    if (replica !== undefined) handleReplicationMessages(replica, [message]);
  }

  /** Time passes: every node ticks, messages arrive. */
  pass(ms: number): void {
    const stepMs = pendingTickMs(this.config);
    this.deliver();
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.nowMs += stepMs;
      for (const replica of this.replicas.values()) tick(replica);
      this.deliver();
    }
  }

  /** Values and tombstones that a node holds of a partition, by key. */
  contents(node: Peer, partition: number): Record<string, string | null> {
    return contentsOf(this.replica(node).partitions[partition]?.records.values() ?? []);
  }

  #start(self: Peer, founders: readonly Peer[]): Replica {
    const replica = createReplica({
      self,
      config: this.config,
      clock: { nowMs: () => this.nowMs },
      random: createRandom(self.id),
      founders,
      send: (to, message) => {
        if (!isEventualMessage(message)) throw new Error(`not of this mode: ${message.type}`);
        const envelope = { from: self.id, to, message };
        if (this.carries(envelope)) this.inFlight.push(envelope);
      },
      reply: (client, id, status, value) => {
        if (this.answers.has(`${client}:${id}`)) throw new Error('answered twice');
        this.answers.set(`${client}:${id}`, { status, value });
      },
      detach: (text: ByteString) => text,
      raise: (event) => this.events.push(event),
      ...(this.mutations === undefined ? {} : { mutations: this.mutations }),
    });
    this.peers.set(self.id, self);
    this.replicas.set(self.id, replica);
    return replica;
  }
}

/** Of these four, partition 3 (first point 3000...) is homed at b: its group is b, c, d. */
export const [a, b, c, d] = [peer('2'), peer('6'), peer('a'), peer('e')];

export function fourNodes(): ReplicaWorld {
  return new ReplicaWorld().found(a, b, c, d);
}
