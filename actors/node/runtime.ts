/** A node at work: its chart's actor, fed from outside and flushed once a turn. Threads and the simulator run the same. */
import { createActor } from 'xstate';
import { RondoError } from '../../src/errors.js';
import { createEngine } from '../../src/replication/create-engine.js';
import type { Engine } from '../../src/replication/engine.js';
import type { ReplicaEvent } from '../../src/replication/environment.js';
import type { SettleRecovery } from '../../src/replication/linearizable/recovering.js';
import type { ReplicationMessage } from '../../src/replication/messages.js';
import { isChordMessage } from '../../src/wire/messages.js';
import { requestStride, statuses, type RequestBatch } from '../../src/wire/requests.js';
import type { NodeOptions, NodeRuntime } from './contract.js';
import type { Outgoing } from './events.js';
import { createInspector, statsOf, statusOf, type NodeState } from './inspection.js';
import { lookupMachine } from './looking-up-machine.js';
import { nodeMachine } from './machine.js';
import { Outbox } from './outbox.js';
import { firstContext } from './tables.js';

export type * from './contract.js';
export type { NodeEntry } from './events.js';

/** The child that hears what an engine raises. */
const hearers = { replicaPending: 'ticker', viewChanging: 'changingViews' } as const;

const stayTuned = 'the node is joining the ring';

/** One machine for all nodes of a thread: making it costs more than all else that a node starts with. */
const runningMachine = nodeMachine.provide({
  actions: { send: ({ context }, messages) => context.post(messages) },
  actors: {
    lookup: lookupMachine.provide({ actions: { send: ({ context }, messages) => context.post(messages) } }),
  },
});

/** Starts a node. It is at work when this returns: a founder serves, a joiner has asked its first contact. */
export function createNode(options: NodeOptions): NodeRuntime {
  const { self, config, entry, ports } = options;
  const outbox = new Outbox(config.clusterId, self.id, ports);
  const engine = createNodeEngine(options, outbox, (event) => {
    // There are hundreds of these: an event costs the node's big chart ten times what it costs a small one.
    const hearer = actor.getSnapshot().children[hearers[event.type]];
    if (hearer !== undefined) hearer.send(event);
    else actor.send(event);
  });
  const post = (messages: readonly Outgoing[]): void => {
    for (const { to, message } of messages) outbox.send(to, message);
  };
  const actor = createActor(runningMachine, {
    id: self.address,
    clock: ports.clock,
    input: firstContext(self, config, entry, ports.random, engine, post),
  });
  const inspector = createInspector();
  const membership = watchMembership();
  let foreignPackets = 0;
  let isStopped = false;

  const stateNow = (): NodeState => {
    const snapshot = actor.getSnapshot();
    if (snapshot.status === 'done' || snapshot.matches('left')) return 'left';
    if (!snapshot.matches('alive')) return 'joining';
    return snapshot.matches({ alive: { membership: 'member' } }) ? 'member' : 'departing';
  };

  actor.subscribe({
    next: (snapshot) => {
      if (snapshot.matches('alive')) membership.reached();
    },
    error: (error) => ports.failed(error),
    complete: () => {
      if (!isStopped) ports.left();
    },
  });
  actor.start();

  return {
    self,
    actor,
    receivePacket(packet) {
      if (packet.clusterId !== config.clusterId) {
        foreignPackets++;
        ports.log('warn', 'dropped a packet of another ring', { from: packet.from, dropped: foreignPackets });
        return;
      }
      if (actor.getSnapshot().context.unreachable.has(packet.from)) {
        actor.send({ type: 'peerUnreachable', id: packet.from, unreachable: false });
      }
      const messages: ReplicationMessage[] = [];
      for (const message of packet.messages) {
        if (isChordMessage(message)) actor.send(message);
        else messages.push(message);
      }
      if (messages.length > 0)
        actor.getSnapshot().children['dataPlane']?.send({ type: 'peerMessages', messages });
    },
    receiveRequests(client, batch) {
      outbox.beginReplies(client);
      const dataPlane = actor.getSnapshot().children['dataPlane'];
      if (dataPlane !== undefined) dataPlane.send({ type: 'requests', client, batch });
      else refuse(outbox, client, batch);
      outbox.endReplies(client);
    },
    clientClosed(client) {
      outbox.forgetClient(client);
      actor.getSnapshot().children['dataPlane']?.send({ type: 'clientClosed', client });
    },
    peerDead: (id) => actor.send({ type: 'peerDead', id }),
    peerUnreachable: (id, unreachable) => actor.send({ type: 'peerUnreachable', id, unreachable }),
    recover: (partition, living) =>
      new Promise((resolve, reject) => {
        const dataPlane = actor.getSnapshot().children['dataPlane'];
        const settle: SettleRecovery = (outcome) =>
          outcome instanceof RondoError ? reject(outcome) : resolve(outcome);
        if (dataPlane === undefined) settle(new RondoError('BUSY', 'the node is no member of the ring'));
        else dataPlane.send({ type: 'recover', partition, living, settle });
      }),
    depart: () => actor.send({ type: 'depart' }),
    status: () => statusOf(actor.getSnapshot(), stateNow()),
    stats: () => statsOf(actor.getSnapshot().context),
    inspect: () => inspector(actor.getSnapshot().context, stateNow()),
    whenMember: membership.when,
    stop: () => {
      isStopped = true;
      actor.stop();
    },
  };
}

function createNodeEngine(
  options: NodeOptions,
  outbox: Outbox,
  raise: (event: ReplicaEvent) => void,
): Engine {
  const { self, config, entry, ports, mutations } = options;
  return createEngine({
    self,
    config,
    clock: ports.clock,
    random: ports.random,
    founders: entry.type === 'founder' ? entry.founders : [],
    send: (to, message) => outbox.send(to, message),
    reply: (client, id, status, value) => outbox.reply(client, id, status, value),
    detach: (text) => ports.detach(text),
    raise,
    log: ports.log,
    ...(mutations === undefined ? {} : { mutations }),
  });
}

/** A node that is no member holds nothing and knows no other: every request may be tried again. */
function refuse(outbox: Outbox, client: number, batch: RequestBatch): void {
  for (let at = 0; at + requestStride <= batch.head.length; at += requestStride) {
    outbox.reply(client, batch.head[at] ?? 0, statuses.tryAgain, stayTuned);
  }
}

/** A promise of the moment in which the node becomes a member. */
function watchMembership(): { readonly reached: () => void; readonly when: () => Promise<void> } {
  let reached = (): void => undefined;
  const reaching = new Promise<void>((resolve) => {
    reached = resolve;
  });
  return { reached: () => reached(), when: () => reaching };
}
