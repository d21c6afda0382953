/** What a member does with news and short questions in any state: who lives, who is dead, who asks for a hop or for life. */
import { assign } from 'xstate';
import type { Ping } from '../../src/wire/messages.js';
import { lookingUpSetup } from './looking-up.js';
import type { NodeContext } from './setup.js';
import { learnDeath, learnReach, nextHopFor } from './tables.js';

export const hearingSetup = lookingUpSetup.extend({
  actions: {
    learnDeath: assign(({ context, event }) => {
      if (event.type === 'peerDead') return learnDeath(context, event.id);
      return event.type === 'leaving' ? learnDeath(context, event.peer.id) : {};
    }),
    learnReach: assign(({ context, event }) =>
      event.type === 'peerUnreachable' ? learnReach(context, event.id, event.unreachable) : {},
    ),
    tellEngineOfReach: ({ context, event }) => {
      if (event.type === 'peerUnreachable') context.engine.peerUnreachable(event.id, event.unreachable);
    },
    /** Whoever notifies has joined. */
    learnNotifier: assign(({ context, event }) => {
      if (event.type === 'notify') context.directory.learnJoined(event.peer);
      return {};
    }),
  },
  guards: {
    isNewcomer: ({ context, event }) =>
      event.type === 'notify' && context.directory.peerOf(event.peer.id) === undefined,
  },
});

/** Answers a question for life: in any state but `left`, at once. */
export const answerPing = {
  type: 'send',
  params: ({ context, event }: { readonly context: NodeContext; readonly event: Ping }) =>
    [
      { to: event.from, message: { type: 'pong', from: context.self.id, requestId: event.requestId } },
    ] as const,
} as const;

/** The region comes first in its parallel state, so that the other regions' actions find the tables up to date. */
export const hearing = hearingSetup.createStateConfig({
  on: {
    ping: { actions: answerPing },
    getNextHop: {
      actions: {
        type: 'send',
        params: ({ context, event }) => [{ to: event.from, message: nextHopFor(context, event) }],
      },
    },
    notify: { guard: 'isNewcomer', actions: 'learnNotifier' },
    leaving: { actions: 'learnDeath' },
    peerDead: { actions: 'learnDeath' },
    peerUnreachable: { actions: ['learnReach', 'tellEngineOfReach'] },
  },
});
