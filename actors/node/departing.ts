/**
 * Departing: hand over what only this node holds, tell everybody, answer until predecessor and successor have replaced
 * this node, leave (replication.md, section 2, rule 7; chord.md, "What it assumes").
 */
import { raise } from 'xstate';
import type { Peer } from '../../src/peer.js';
import { isPlanted } from '../../src/replication/environment.js';
import type { Outgoing } from './events.js';
import { replicatingSetup } from './replicating.js';
import type { NodeContext } from './setup.js';
import { progressWith } from './tables.js';

export const departingSetup = replicatingSetup.extend({
  actions: {
    raiseDeparted: raise({ type: 'departed' }),
    startHandingOver: ({ context }) => context.engine.startHandingOver(),
    stopServing: ({ context }) => context.engine.stopServing(),
    reportDelay: ({ context }, params: { readonly during: string }) =>
      context.engine.environment.log?.(
        'warn',
        `departing takes long: ${params.during}`,
        context.engine.departureReport(),
      ),
  },
  guards: {
    isHandedOver: ({ context }) =>
      context.engine.isHandedOver() || isPlanted(context.engine.environment, 'departWithoutHandOver'),
    /** Nobody is left who could take anything over; the unreachable are waited for. */
    isLastAlive: ({ context }) => context.directory.live.every((peer) => peer.id === context.self.id),
    hasNoPredecessor: ({ context }) => predecessorOf(context) === undefined,
    hasNoSuccessor: ({ context }) => context.overlay.successors.length === 0,
    isPredecessorPast: ({ context, event }) =>
      event.type === 'neighbours' &&
      event.from === predecessorOf(context)?.id &&
      event.successors.every((peer) => peer.id !== context.self.id),
    isSuccessorPast: ({ context, event }) =>
      event.type === 'neighbours' &&
      event.from === context.overlay.successors[0]?.id &&
      event.predecessor?.id !== context.self.id,
  },
  delays: {
    departDeadline: ({ context }) => context.config.departMs,
    /** From one look at whether all is handed over, or whether a neighbour has replaced this node, to the next. */
    departurePoll: ({ context }) => context.config.questionTimeoutMs / 2,
  },
});

const askPredecessor = {
  type: 'send',
  params: ({ context }: { readonly context: NodeContext }) => questionTo(context, predecessorOf(context)),
} as const;
const askSuccessor = {
  type: 'send',
  params: ({ context }: { readonly context: NodeContext }) =>
    questionTo(context, context.overlay.successors[0]),
} as const;

export const departingStates = departingSetup.createStateConfig({
  initial: 'handingOver',
  states: {
    handingOver: {
      entry: 'startHandingOver',
      initial: 'waiting',
      states: {
        waiting: { after: { departurePoll: { target: 'looking' } } },
        looking: {
          always: [
            { guard: 'isHandedOver', target: '#node.alive.membership.departing.announcing' },
            { target: 'waiting' },
          ],
        },
      },
      always: { guard: 'isLastAlive', target: 'leaving' },
      /** Only reported: records that nobody else holds must not go with the node. */
      after: {
        departDeadline: { actions: { type: 'reportDelay', params: { during: 'handing over' } } },
      },
    },
    announcing: {
      entry: ['stopServing', { type: 'send', params: ({ context }) => farewells(context) }],
      always: { target: 'awaitingReplacement' },
    },
    /** Goes on answering the ring's questions until the neighbours point past this node. */
    awaitingReplacement: {
      type: 'parallel',
      onDone: { target: 'leaving' },
      after: {
        departDeadline: {
          target: 'leaving',
          actions: { type: 'reportDelay', params: { during: 'waiting for the neighbours' } },
        },
      },
      states: {
        predecessor: {
          initial: 'asking',
          states: {
            asking: {
              entry: askPredecessor,
              always: { guard: 'hasNoPredecessor', target: 'past' },
              on: { neighbours: { guard: 'isPredecessorPast', target: 'past' } },
              after: { departurePoll: { target: 'asking', reenter: true } },
            },
            past: { type: 'final' },
          },
        },
        successor: {
          initial: 'asking',
          states: {
            asking: {
              entry: askSuccessor,
              always: { guard: 'hasNoSuccessor', target: 'past' },
              on: { neighbours: { guard: 'isSuccessorPast', target: 'past' } },
              after: { departurePoll: { target: 'asking', reenter: true } },
            },
            past: { type: 'final' },
          },
        },
      },
    },
    leaving: { entry: 'raiseDeparted' },
  },
});

function predecessorOf(context: NodeContext): Peer | undefined {
  return context.overlay.predecessor;
}

/** Asked under numbers of the engine's, negative, so that the ring region does not take the answers for its own. */
function questionTo(context: NodeContext, peer: Peer | undefined): readonly Outgoing[] {
  if (peer === undefined) return [];
  const requestId = -context.engine.nextRequestId();
  const directoryAfter = progressWith(context, peer.id).heard;
  const from = context.self.id;
  return [
    { to: peer.id, message: { type: 'getNeighbours', from, requestId, directoryAfter, directory: [] } },
  ];
}

/** To everybody in the tables, so that none goes on asking this node. */
function farewells(context: NodeContext): readonly Outgoing[] {
  const { self, overlay, fingers } = context;
  const peers = new Map<Peer['id'], Peer>();
  for (const peer of overlay.successors) peers.set(peer.id, peer);
  for (const { peer } of fingers) peers.set(peer.id, peer);
  if (overlay.predecessor !== undefined) peers.set(overlay.predecessor.id, overlay.predecessor);
  for (const peer of context.engine.peers()) peers.set(peer.id, peer);
  peers.delete(self.id);
  return [...peers.values()].map(({ id }) => ({
    to: id,
    message: { type: 'leaving', from: self.id, peer: self },
  }));
}
