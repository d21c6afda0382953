/** Several linearizable engines in one place: a virtual clock, exact overlays, and a bag of messages that a test delivers by hand. */
import { trustBytes } from '../../../src/bytes.js';
import type { Identifier } from '../../../src/chord/identifier.js';
import type { RingConfig } from '../../../src/config.js';
import type { Peer } from '../../../src/peer.js';
import { createRandom } from '../../../src/random.js';
import type { LinearizableEngine } from '../../../src/replication/engine.js';
import { createLinearizableEngine } from '../../../src/replication/linearizable/engine.js';
import { askKinds, visitAsks } from '../../../src/replication/linearizable/packed-asks.js';
import type { Register } from '../../../src/replication/linearizable/register.js';
import { slotOf, type Slot } from '../../../src/replication/linearizable/slot.js';
import { tickMs } from '../../../src/replication/linearizable/timing.js';
import type { ReplicationMessage } from '../../../src/replication/messages.js';
import {
  createRequestWriter,
  finishRequests,
  flags as requestFlags,
  opcodes,
  writeRequest,
  type Opcode,
} from '../../../src/wire/requests.js';
import { contentsOf, exactOverlay, peer, testConfig, type Answer } from '../harness.js';

export interface Envelope {
  readonly from: Identifier;
  readonly to: Identifier;
  readonly message: ReplicationMessage;
}

interface Site {
  readonly peer: Peer;
  readonly engine: LinearizableEngine;
  /** By partition between two views: when its phase has lasted its time. */
  readonly dueAtMs: Map<number, number>;
}

/** Of these four, partition 3 (first point 3000...) is homed at b: its group is b, c, d, in this order. */
export const [a, b, c, d] = [peer('2'), peer('6'), peer('a'), peer('e')];
export const partition = 3;

export class SiteWorld {
  readonly config: RingConfig;
  readonly sites = new Map<Identifier, Site>();
  readonly dead = new Set<Identifier>();
  readonly answers = new Map<string, Answer>();
  /** Messages on their way, oldest first. */
  bag: Envelope[] = [];
  /** All that was ever sent. */
  sent: Envelope[] = [];
  /** Called for each message sent; false = lost. */
  carries: (envelope: Envelope) => boolean = () => true;
  /** Called for each message on its way; true = not now. */
  holds: (envelope: Envelope) => boolean = () => false;
  nowMs = 1_000_000;
  #requests = 0;

  constructor(config: Partial<RingConfig> = {}) {
    this.config = testConfig({ consistency: 'linearizable', ...config });
  }

  /** Starts nodes that found the ring together. */
  found(...founders: readonly Peer[]): this {
    for (const founder of founders) this.#start(founder, founders);
    this.changeRing();
    this.deliver();
    return this;
  }

  /** A node joins; every node's view of the ring is exact at once. */
  join(joiner: Peer): void {
    this.#start(joiner, []);
    this.changeRing();
  }

  /** A node ends without a word, and everybody knows. */
  kill(victim: Peer): void {
    this.dead.add(victim.id);
    this.sites.delete(victim.id);
    this.bag = this.bag.filter(({ to }) => to !== victim.id);
    this.changeRing();
  }

  changeRing(): void {
    const live = [...this.sites.values()].map((site) => site.peer);
    for (const site of this.sites.values()) {
      site.engine.overlayChanged(exactOverlay(site.peer, live, this.dead));
    }
  }

  engine(node: Peer): LinearizableEngine {
    const site = this.sites.get(node.id);
    if (site === undefined) throw new Error(`no site ${node.id}`);
    return site.engine;
  }

  slot(node: Peer, of = partition): Slot {
    const slot = slotOf(this.engine(node).site, of);
    if (slot === undefined) throw new Error(`no partition ${of}`);
    return slot;
  }

  register(node: Peer, key: string): Register | undefined {
    return this.slot(node).records.get(key);
  }

  /** Sends one request and answers its name; the answer may come later. */
  request(
    node: Peer,
    opcode: Opcode,
    key: string,
    value = '',
    options: { flags?: number; number?: number; moves?: number; client?: number; of?: number } = {},
  ): string {
    const id = ++this.#requests;
    const { client = 1, moves = 0, number = 0, of = partition } = options;
    const writer = createRequestWriter();
    const flags = (options.flags ?? 0) | (options.number === undefined ? 0 : requestFlags.number);
    writeRequest(writer, id, opcode, flags, moves, of, trustBytes(key), trustBytes(value), number);
    this.engine(node).handleRequests(client, finishRequests(writer));
    return `${client}:${id}`;
  }

  put(node: Peer, key: string, value: string): string {
    return this.request(node, opcodes.put, key, value);
  }

  get(node: Peer, key: string): string {
    return this.request(node, opcodes.get, key);
  }

  /** What was answered to a request; undefined = nothing yet. */
  answer(name: string): Answer | undefined {
    return this.answers.get(name);
  }

  /** The answer to a request, after messages and time as it needs. */
  await(name: string): Answer {
    for (let step = 0; step < 400 && !this.answers.has(name); step++) this.pass(tickMs);
    const answer = this.answers.get(name);
    if (answer === undefined) throw new Error('no answer');
    return answer;
  }

  /** Delivers what is on its way and not held, and what that leads to, in order; of the given type only, if one is given. */
  deliver(type?: ReplicationMessage['type']): void {
    for (let step = 0; ; step++) {
      if (step > 100_000) throw new Error('messages never end');
      const next = this.bag.find(
        (envelope) => !this.holds(envelope) && (type === undefined || envelope.message.type === type),
      );
      if (next === undefined) return;
      this.deliverOne(next);
    }
  }

  /** What is on its way now of that type, held or not. */
  deliverAll(type: ReplicationMessage['type']): void {
    for (const envelope of this.bag.filter(({ message }) => message.type === type)) this.deliverOne(envelope);
  }

  /** One round trip's half: what is on its way now, and nothing that it leads to. */
  deliverOnce(): void {
    for (const envelope of this.bag.filter((one) => !this.holds(one))) this.deliverOne(envelope);
  }

  deliverOne(envelope: Envelope): void {
    this.bag = this.bag.filter((other) => other !== envelope);
    this.sites.get(envelope.to)?.engine.handleMessages([envelope.message]);
  }

  /** The message of that type on its way. */
  find(type: ReplicationMessage['type'], from: Peer, to: Peer): Envelope {
    const found = this.bag.find(
      (one) => one.message.type === type && one.from === from.id && one.to === to.id,
    );
    if (found === undefined) throw new Error(`no ${type} is on its way`);
    return found;
  }

  tick(node: Peer): void {
    this.engine(node).tick();
  }

  /** The partition's phase has lasted its time at this node. */
  due(node: Peer): void {
    this.engine(node).viewDue(partition);
  }

  /** Time passes: every node ticks, phases become due, messages arrive. */
  pass(ms: number): void {
    this.deliver();
    for (let passed = 0; passed < ms; passed += tickMs) {
      this.nowMs += tickMs;
      for (const site of this.sites.values()) {
        site.engine.tick();
        for (const [of, atMs] of site.dueAtMs) {
          if (atMs > this.nowMs) continue;
          site.engine.viewDue(of);
          this.#arm(site, of);
        }
      }
      this.deliver();
    }
  }

  /** The clocks of all nodes are set back; timers that run go on as before. */
  setClocksBack(ms: number): void {
    this.nowMs -= ms;
    for (const { dueAtMs } of this.sites.values())
      for (const [of, atMs] of dueAtMs) dueAtMs.set(of, atMs - ms);
  }

  /** Kinds of the questions about registers that were sent since the last call, one letter each. */
  asked(): string {
    let kinds = '';
    for (const { message } of this.sent.splice(0)) {
      if (message.type !== 'registerAsks') continue;
      visitAsks(message.asks, (kind) => (kinds += letters[kind] ?? '?'));
    }
    return [...kinds].sort().join('');
  }

  /** Values and tombstones that a node holds of the partition, by key. */
  contents(node: Peer): Record<string, string | null> {
    return contentsOf(this.slot(node).records.values());
  }

  #arm(site: Site, of: number): void {
    if (site.engine.viewPhase(of) === 'steady') site.dueAtMs.delete(of);
    else site.dueAtMs.set(of, this.nowMs + site.engine.viewDelayMs(of));
  }

  #start(self: Peer, founders: readonly Peer[]): void {
    const engine = createLinearizableEngine({
      self,
      config: this.config,
      clock: { nowMs: () => this.nowMs },
      random: createRandom(self.id),
      founders,
      send: (to, message) => {
        const envelope = { from: self.id, to, message };
        if (!this.carries(envelope)) return;
        this.sent.push(envelope);
        this.bag.push(envelope);
      },
      reply: (client, id, status, value) => {
        if (this.answers.has(`${client}:${id}`)) throw new Error('answered twice');
        this.answers.set(`${client}:${id}`, { status, value });
      },
      detach: (text) => text,
      raise: (event) => {
        const site = this.sites.get(self.id);
        if (event.type === 'viewChanging' && site !== undefined) this.#arm(site, event.partition);
      },
    });
    this.sites.set(self.id, { peer: self, engine, dueAtMs: new Map() });
  }
}

const letters: Readonly<Record<number, string>> = {
  [askKinds.read]: 'r',
  [askKinds.prepare]: 'p',
  [askKinds.accept]: 'a',
  [askKinds.drop]: 'd',
};
