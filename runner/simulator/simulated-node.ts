/** A node in the simulated world: the same `createNode` as on a thread, inside a process that can pause and die. */
import {
  createNode,
  type NodeEntry,
  type NodeInspection,
  type NodePorts,
  type NodeRuntime,
} from '../../actors/node/runtime.js';
import type { ByteString } from '../../src/bytes.js';
import type { Identifier } from '../../src/chord/identifier.js';
import type { Lookup } from '../../src/chord/lookup.js';
import type { RingConfig } from '../../src/config.js';
import type { Peer } from '../../src/peer.js';
import { createRandom } from '../../src/random.js';
import {
  opcodes,
  readRequests,
  replyStride,
  statuses,
  type ReplyBatch,
  type RequestBatch,
} from '../../src/wire/requests.js';
import type { Packet } from '../../src/wire/messages.js';
import { lookUp } from './look-up.js';
import { createProcess, type Process } from './process.js';
import type { ClockError, VirtualClock } from './virtual-clock.js';

/** What a simulated node does to its world. */
export interface NodeWorld {
  readonly seed: number;
  readonly config: RingConfig;
  readonly clock: VirtualClock;
  readonly mutations: ReadonlySet<string> | undefined;
  sendPacket(from: Identifier, to: Identifier, packet: Packet): void;
  sendReplies(from: Identifier, client: number, batch: ReplyBatch): void;
  /** The node is about to tell a client that its change of the key took effect. */
  acknowledged(node: SimulatedNode, key: ByteString): void;
  turned(node: SimulatedNode): void;
  answeredWhileAsking(node: SimulatedNode): void;
  failed(node: SimulatedNode, error: unknown): void;
  left(node: SimulatedNode): void;
  logged(node: SimulatedNode, level: string, message: string, details: unknown): void;
}

export interface SimulatedNode {
  readonly peer: Peer;
  readonly process: Process;
  readonly clockError: ClockError;
  /** Set once clients and the fault injector know the node as a member. */
  announced: boolean;
  /** The sender of the packet that the present turn hears, if it hears one. */
  hears: Identifier | undefined;
  departing: boolean;
  receivePacket(packet: Packet): void;
  receiveRequests(client: number, batch: RequestBatch): void;
  peerDead(id: Identifier): void;
  peerUnreachable(id: Identifier, unreachable: boolean): void;
  depart(): void;
  /** Has the node's own charts look an identifier up; `ended` hears the finished lookup. */
  lookUp(target: Identifier, ended: (lookup: Lookup) => void): void;
  inspect(): NodeInspection;
  stop(): void;
}

const changes: ReadonlySet<number> = new Set([opcodes.put, opcodes.delete, opcodes.append, opcodes.expire]);

/** Starts a node; its first turn runs before this returns. */
export function startNode(
  world: NodeWorld,
  peer: Peer,
  entry: NodeEntry,
  clockError: ClockError,
): SimulatedNode {
  /** Keys of changes that are not answered yet, by client and request. */
  const openChanges = new Map<string, ByteString>();
  let runtime: NodeRuntime | undefined;
  const process = createProcess(world.clock, clockError, {
    turned: () => {
      if (runtime !== undefined) world.turned(node);
    },
    threw: (error) => world.failed(node, error),
  });
  let questionBefore: number | undefined;
  const turn = (act: (running: NodeRuntime) => void, hears?: Identifier): void => {
    process.run(() => {
      if (runtime === undefined) return;
      node.hears = hears;
      questionBefore = pendingQuestion();
      act(runtime);
    });
    node.hears = undefined;
  };
  const pendingQuestion = (): number | undefined => runtime?.actor.getSnapshot().context.question?.requestId;
  const ports: NodePorts = {
    clock: process.clock,
    random: createRandom(`${world.seed}/node/${peer.id}`),
    defer: process.defer,
    sendPacket: (to, packet) => {
      const isAnswer = packet.messages.some((message) => message.type === 'neighbours');
      const isAsking = questionBefore !== undefined && questionBefore === pendingQuestion();
      if (isAnswer && isAsking && node.hears !== undefined) world.answeredWhileAsking(node);
      world.sendPacket(peer.id, to, packet);
    },
    sendReplies: (client, batch) => {
      noteAcknowledgements(client, batch);
      world.sendReplies(peer.id, client, batch);
    },
    detach: (text) => text,
    log: (level, message, details) => world.logged(node, level, message, details),
    failed: (error) => world.failed(node, error),
    left: () => world.left(node),
  };
  const noteAcknowledgements = (client: number, batch: ReplyBatch): void => {
    for (let index = 0; index + replyStride <= batch.head.length; index += replyStride) {
      const request = `${client} ${batch.head[index] ?? 0}`;
      const key = openChanges.get(request);
      if (key === undefined) continue;
      openChanges.delete(request);
      if (batch.head[index + 1] === statuses.ok) world.acknowledged(node, key);
    }
  };
  const node: SimulatedNode = {
    peer,
    process,
    clockError,
    announced: false,
    hears: undefined,
    departing: false,
    receivePacket: (packet) => turn((running) => running.receivePacket(packet), packet.from),
    receiveRequests(client, batch) {
      for (const request of readRequests(batch)) {
        if (changes.has(request.opcode)) openChanges.set(`${client} ${request.id}`, request.key);
      }
      turn((running) => running.receiveRequests(client, batch));
    },
    peerDead: (id) => turn((running) => running.peerDead(id)),
    peerUnreachable: (id, unreachable) => turn((running) => running.peerUnreachable(id, unreachable)),
    depart: () => turn((running) => running.depart()),
    lookUp: (target, ended) => turn((running) => lookUp(running, target, ended)),
    inspect() {
      if (runtime === undefined) throw new Error('the node has not started');
      return runtime.inspect();
    },
    stop() {
      process.stop();
      runtime?.stop();
    },
  };
  process.run(() => {
    runtime = createNode({
      self: peer,
      config: world.config,
      entry,
      ports,
      ...(world.mutations === undefined ? {} : { mutations: world.mutations }),
    });
  });
  return node;
}
