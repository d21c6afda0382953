/** A ring of real nodes over a virtual clock and a network of one millisecond: for tests of the charts together. */
import type { Identifier } from '../../src/chord/identifier.js';
import { sha1 } from '../../src/chord/sha1.js';
import { bytesFromText } from '../../src/bytes.js';
import { defaultConfig, type RingConfig } from '../../src/config.js';
import type { Peer } from '../../src/peer.js';
import { createRandom } from '../../src/random.js';
import type { Packet } from '../../src/wire/messages.js';
import { createNode, type NodeEntry, type NodeRuntime } from '../../actors/node/runtime.js';
import { VirtualClock } from './virtual-clock.js';

export function peerNamed(name: string, host = name): Peer {
  return { id: sha1(bytesFromText(name)), address: name, host, incarnation: 1 };
}

export class VirtualRing {
  readonly clock = new VirtualClock();
  readonly nodes = new Map<Identifier, NodeRuntime>();
  readonly left: Identifier[] = [];
  readonly packets: Packet[] = [];
  readonly config: RingConfig;
  /** Answers false for packets that the network loses. */
  carries: (from: Identifier, to: Identifier, packet: Packet) => boolean = () => true;
  /** The random numbers of all nodes; a test may fix them to make clocks strike together. */
  random: () => number;

  constructor(options: Partial<RingConfig> = {}, seed = 1) {
    this.config = {
      ...defaultConfig,
      clusterId: 'test',
      consistency: 'eventual',
      partitions: 256,
      ...options,
    };
    this.random = createRandom(seed);
  }

  found(names: readonly string[]): readonly NodeRuntime[] {
    const founders = names.map((name) => peerNamed(name));
    return founders.map((self) => this.start(self, { type: 'founder', founders }));
  }

  join(name: string, ...contacts: readonly Peer[]): NodeRuntime {
    return this.start(peerNamed(name), { type: 'joiner', contacts });
  }

  start(self: Peer, entry: NodeEntry): NodeRuntime {
    const node = createNode({
      self,
      config: this.config,
      entry,
      ports: {
        clock: this.clock,
        random: () => this.random(),
        defer: (callback) => void this.clock.setTimeout(callback, 0),
        sendPacket: (to, packet) => this.#carry(self.id, to, packet),
        sendReplies: () => undefined,
        detach: (text) => text,
        log: () => undefined,
        failed: (error) => {
          throw error;
        },
        left: () => {
          this.left.push(self.id);
          this.nodes.delete(self.id);
          this.#tellDead(self.id);
        },
      },
    });
    this.nodes.set(self.id, node);
    return node;
  }

  /** The node's thread ends without a word; everybody is told, as a host tells. */
  kill(id: Identifier): void {
    this.nodes.get(id)?.stop();
    this.nodes.delete(id);
    this.#tellDead(id);
  }

  /** The live nodes' peers in ring order. */
  ringOrder(): readonly Peer[] {
    return [...this.nodes.values()].map((node) => node.self).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** What is not as it should be in an ideal ring: predecessors and successor lists, by address. */
  flaws(): readonly string[] {
    const order = this.ringOrder();
    const flaws: string[] = [];
    order.forEach((peer, index) => {
      const inspection = this.nodes.get(peer.id)?.inspect();
      const clockwise = [...order.slice(index + 1), ...order.slice(0, index)];
      const successors = clockwise.slice(0, this.config.successors).map(({ id }) => id);
      const found = inspection?.overlay.successors.map(({ id }) => id) ?? [];
      if (inspection?.overlay.predecessor?.id !== clockwise.at(-1)?.id)
        flaws.push(`${peer.address}: predecessor`);
      if (found.join() !== successors.join()) flaws.push(`${peer.address}: successors`);
    });
    return flaws;
  }

  #carry(from: Identifier, to: Identifier, packet: Packet): void {
    this.packets.push(packet);
    if (!this.carries(from, to, packet)) return;
    this.clock.setTimeout(() => this.nodes.get(to)?.receivePacket(packet), 1);
  }

  #tellDead(id: Identifier): void {
    for (const node of this.nodes.values()) node.peerDead(id);
  }
}
