/** A node of the arena: an engine and nothing else, given turns, time and a view of the ring as a node's charts would give them. */
import type { Identifier } from '../../../src/chord/identifier.js';
import type { RingConfig } from '../../../src/config.js';
import type { Peer } from '../../../src/peer.js';
import type { Clock, TimerHandle } from '../../../src/ports.js';
import { createRandom } from '../../../src/random.js';
import type { EngineDoors } from '../../../src/replication/engine.js';
import type { ReplicaEnvironment } from '../../../src/replication/environment.js';
import type { ReplicationMessage } from '../../../src/replication/messages.js';
import {
  createReplyWriter,
  finishReplies,
  writeReply,
  type ReplyBatch,
  type ReplyWriter,
  type Status,
} from '../../../src/wire/requests.js';
import { createProcess, type Process } from '../process.js';
import type { ClockError, VirtualClock } from '../virtual-clock.js';
import { overlayOf, type Membership } from './membership.js';

export type EngineMaker<Engine extends EngineDoors> = (environment: ReplicaEnvironment) => Engine;

/** Whoever watches a node. */
export interface NodeObserver<Engine extends EngineDoors> {
  /** The node is about to answer a client. */
  replying(node: ArenaNode<Engine>, client: number, id: number, status: Status, value: string): void;
  /** Its turn, in which it heard the messages, has ended; what it said has not left yet. */
  turned(
    node: ArenaNode<Engine>,
    said: ReadonlyMap<Identifier, readonly ReplicationMessage[]>,
    heard: readonly ReplicationMessage[],
  ): void;
  /** A partition came to another phase between two views. */
  phaseChanged(node: ArenaNode<Engine>, partition: number): void;
  failed(node: ArenaNode<Engine>, error: unknown): void;
}

/** What a node does to its world. */
export interface NodeWorld<Engine extends EngineDoors> extends NodeObserver<Engine> {
  readonly seed: number;
  readonly config: RingConfig;
  readonly clock: VirtualClock;
  readonly mutations: ReadonlySet<string>;
  readonly createEngine: EngineMaker<Engine>;
  sendMessages(from: Identifier, to: Identifier, messages: readonly ReplicationMessage[]): void;
  sendReplies(from: Identifier, client: number, batch: ReplyBatch): void;
  logged(node: ArenaNode<Engine>, message: string, details: unknown): void;
}

export interface ArenaNode<Engine extends EngineDoors> extends Membership {
  readonly peer: Peer;
  readonly engine: Engine;
  readonly process: Process;
  departing: boolean;
  /** Partitions of which the view is not steady here. */
  readonly changing: ReadonlySet<number>;
  /** Lets the engine do something, then sends what it said and sets its timers. */
  turn(act: (engine: Engine) => void): void;
  hear(messages: readonly ReplicationMessage[]): void;
  /** The membership changed: shows the engine the ring. */
  showRing(): void;
  /** The machine's clock is set forwards (backwards when negative). */
  jump(milliseconds: number): void;
}

/** `membership.known` includes the node itself. Its first turn is to be `showRing`. */
export function startArenaNode<Engine extends EngineDoors>(
  world: NodeWorld<Engine>,
  peer: Peer,
  founders: readonly Peer[],
  membership: Membership,
  clockError: ClockError,
): ArenaNode<Engine> {
  const process = createProcess(world.clock, clockError, {
    turned: () => undefined,
    threw: (error) => world.failed(node, error),
  });
  const said = new Map<Identifier, ReplicationMessage[]>();
  const replies = new Map<number, ReplyWriter>();
  const phasesChanged = new Set<number>();
  const changing = new Set<number>();
  const viewTimers = new Map<number, TimerHandle>();
  let tickTimer: TimerHandle = undefined;
  let tickAtMs = Infinity;
  let tickMoved = true;
  let jumpedMs = 0;
  let heard = nothingHeard;

  const nowMs = (): number => process.clock.nowMs() + jumpedMs;
  const clock: Pick<Clock, 'nowMs'> = { nowMs };
  const engine = world.createEngine({
    self: peer,
    config: world.config,
    clock,
    random: createRandom(`${world.seed}/node/${peer.address}/${peer.incarnation}`),
    founders,
    send(to, message) {
      const batch = said.get(to);
      if (batch === undefined) said.set(to, [message]);
      else batch.push(message);
    },
    reply(client, id, status, value) {
      world.replying(node, client, id, status, value);
      const writer = replies.get(client) ?? createReplyWriter();
      replies.set(client, writer);
      writeReply(writer, id, status, value);
    },
    detach: (text) => text,
    raise(event) {
      tickMoved = true;
      if (event.type === 'viewChanging') phasesChanged.add(event.partition);
    },
    log: (_level, message, details) => world.logged(node, message, details),
    mutations: world.mutations,
  });

  const armTick = (): void => {
    tickMoved = false;
    const atMs = world.clock.nowMs() + engine.tickInMs();
    if (atMs >= tickAtMs) return;
    process.clock.clearTimeout(tickTimer);
    tickAtMs = atMs;
    tickTimer = process.clock.setTimeout(() => {
      tickAtMs = Infinity;
      tickMoved = true;
      act((running) => running.tick());
    }, atMs - world.clock.nowMs());
  };
  const armView = (partition: number): void => {
    process.clock.clearTimeout(viewTimers.get(partition));
    viewTimers.delete(partition);
    if (!changing.has(partition)) return;
    const due = (): void => act((running) => running.viewDue(partition), partition);
    viewTimers.set(partition, process.clock.setTimeout(due, engine.viewDelayMs(partition)));
  };
  const lookAtPhases = (): void => {
    for (const partition of phasesChanged) {
      if (engine.viewPhase(partition) === 'steady') changing.delete(partition);
      else changing.add(partition);
      world.phaseChanged(node, partition);
    }
  };
  /** `viewDue`: a partition whose time between two views was up, and begins anew. */
  const act = (does: (running: Engine) => void, viewDue?: number): void => {
    does(engine);
    lookAtPhases();
    world.turned(node, said, heard);
    heard = nothingHeard;
    for (const [to, messages] of said) world.sendMessages(peer.id, to, messages);
    said.clear();
    for (const [client, writer] of replies) world.sendReplies(peer.id, client, finishReplies(writer));
    replies.clear();
    if (process.state === 'stopped') return;
    if (viewDue !== undefined) phasesChanged.add(viewDue);
    for (const partition of phasesChanged) armView(partition);
    phasesChanged.clear();
    if (tickMoved) armTick();
  };
  const node: ArenaNode<Engine> = {
    peer,
    engine,
    process,
    known: membership.known,
    dead: membership.dead,
    unreachable: membership.unreachable,
    departing: false,
    changing,
    turn: (does) => process.run(() => act(does)),
    hear: (messages) =>
      process.run(() => {
        heard = messages;
        act((running) => running.handleMessages(messages));
      }),
    showRing: () => node.turn((running) => running.overlayChanged(overlayOf(peer, node))),
    jump: (milliseconds) => void (jumpedMs += milliseconds),
  };
  return node;
}

const nothingHeard: readonly ReplicationMessage[] = [];
