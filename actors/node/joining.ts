/**
 * Joining, as Zave's step 1: find by lookup a member whose successor lies beyond the joiner, ask it for its list, and
 * adopt that; whatever goes wrong, look up again (Zave 2017, section 5; chord.md, "Operations").
 */
import { assign, raise, sendTo } from 'xstate';
import type { Identifier } from '../../src/chord/identifier.js';
import type { Lookup } from '../../src/chord/lookup.js';
import { closerMember, isPlaceFor, joinAfter } from '../../src/chord/ring.js';
import type { NextHops } from '../../src/overlay.js';
import type { Peer } from '../../src/peer.js';
import { isPlanted } from '../../src/replication/environment.js';
import type { Neighbours } from '../../src/wire/messages.js';
import { lookupNumberOf } from './looking-up-machine.js';
import { probingSetup } from './probing.js';
import type { NodeContext, NodeEvent } from './setup.js';
import { answerBusy, askForNeighbours, notifyTo } from './stabilizing-steps.js';
import { answerPing } from './hearing.js';
import { hearDirectory, isDeadIn, isSmall, newQuestion } from './tables.js';

export const joiningSetup = probingSetup.extend({
  actions: {
    numberJoinLookup: assign({ lookups: ({ context }) => context.lookups + 1 }),
    tellJoinLookup: sendTo('joinLookup', ({ event }) => event),
    tryNextContact: assign({ contact: ({ context }) => context.contact + 1 }),
    askInformant: assign(({ context, event }) => {
      const member = event.type === 'lookupEnded' ? informantOf(event.lookup) : undefined;
      return member === undefined ? {} : newQuestion(context, member);
    }),
    askCloserMember: assign(({ context, event }) => {
      const member = event.type === 'neighbours' ? closerThan(context, event) : undefined;
      return member === undefined ? {} : newQuestion(context, member);
    }),
    adoptMember: assign(({ context, event }) =>
      event.type === 'neighbours' ? joinedAfter(context, event) : {},
    ),
    beginAtOnce: raise({ type: 'stabilizeDue' }),
  },
  guards: {
    isFounder: ({ context }) => context.entry.type === 'founder',
    isMemberFound: ({ event }) => event.type === 'lookupEnded' && informantOf(event.lookup) !== undefined,
    isPlace: ({ context, event }) => {
      const answer = answerTo(context, event);
      if (answer?.successors.length === 0 && isPlanted(context.engine.environment, 'betweenEqualEnds'))
        return false;
      return answer !== undefined && isPlaceFor(context.self.id, answer);
    },
    isCloserKnown: ({ context, event }) => {
      const answer = answerTo(context, event);
      return answer !== undefined && closerThan(context, answer) !== undefined;
    },
    isOfJoinLookup: ({ context, event }) =>
      event.type === 'nextHop' && lookupNumberOf(event) === context.lookups,
  },
});

/** Everybody else in a small ring hears of the joiner at once; in a larger one stabilization does the rest. */
export const announceInSmallRing = {
  type: 'send',
  params: ({ context }: { readonly context: NodeContext }) =>
    isSmall(context) ? notifyTo(context, context.ring.successors) : [],
} as const;

export const joining = joiningSetup.createStateConfig({
  initial: 'findingMember',
  on: {
    ping: { actions: answerPing },
    getNeighbours: { actions: answerBusy },
    peerDead: { actions: 'learnDeath' },
    leaving: { actions: 'learnDeath' },
    peerUnreachable: { actions: ['learnReach', 'tellEngineOfReach'] },
  },
  states: {
    findingMember: {
      entry: 'numberJoinLookup',
      invoke: {
        id: 'joinLookup',
        src: 'lookup',
        input: ({ context }) => ({
          self: context.self.id,
          target: context.self.id,
          number: context.lookups,
          own: (avoid) => contactOf(context, avoid),
          timeoutMs: context.config.questionTimeoutMs,
          post: context.post,
        }),
      },
      on: {
        nextHop: { guard: 'isOfJoinLookup', actions: 'tellJoinLookup' },
        peerDead: { actions: ['learnDeath', 'tellJoinLookup'] },
        peerUnreachable: { actions: ['learnReach', 'tellEngineOfReach', 'tellJoinLookup'] },
        lookupEnded: [
          { guard: 'isMemberFound', target: 'askingMember', actions: 'askInformant' },
          { target: 'waiting', actions: 'tryNextContact' },
        ],
      },
    },
    /** Step 1: `between(m, j, m.successors[0])` must still hold when m answers. */
    askingMember: {
      entry: askForNeighbours,
      on: {
        neighbours: [
          {
            guard: 'isPlace',
            target: '#node.alive',
            actions: ['adoptMember', announceInSmallRing, 'beginAtOnce'],
          },
          { guard: 'isCloserKnown', target: 'askingMember', reenter: true, actions: 'askCloserMember' },
          { guard: 'isAnswer', target: 'waiting' },
        ],
        busy: { guard: 'isAnswer', target: 'waiting' },
        peerDead: { guard: 'isAskedLost', target: 'waiting', actions: 'learnDeath' },
        leaving: { guard: 'isAskedLost', target: 'waiting', actions: 'learnDeath' },
        peerUnreachable: {
          guard: 'isAskedLost',
          target: 'waiting',
          actions: ['learnReach', 'tellEngineOfReach'],
        },
      },
      after: {
        questionTimeout: [
          { guard: 'mayTryAgain', target: 'askingMember', reenter: true, actions: 'countTry' },
          { target: 'waiting', actions: 'tryNextContact' },
        ],
      },
    },
    /** Nobody is asked; soon it begins again, from the next known node where the last one did not answer. */
    waiting: {
      entry: 'endQuestion',
      after: { joinRetry: { target: 'findingMember' } },
    },
  },
});

/** The member to ask first: whoever knew the joiner's place. It is near, and names who is nearer. */
function informantOf(lookup: Lookup): Peer | undefined {
  return lookup.state.type === 'found' ? lookup.state.informant : undefined;
}

function answerTo(context: NodeContext, event: NodeEvent): Neighbours | undefined {
  return event.type === 'neighbours' && event.requestId === context.question?.requestId ? event : undefined;
}

/**
 * Whom to ask next when the asked is not the member before the joiner's place: in a small ring any member knows the home
 * of all, and that a member was the informant says little of where it stands.
 */
function closerThan(context: NodeContext, answer: Neighbours): Peer | undefined {
  return closerMember(context.self.id, answer, isDeadIn(context));
}

/** The contact whose turn it is, among those not known to be dead; nobody when all are, and then it waits. */
function contactOf(context: NodeContext, avoid: ReadonlySet<Identifier>): NextHops {
  const contacts = context.entry.type === 'joiner' ? context.entry.contacts : [];
  const alive = contacts.filter(({ id }) => !context.directory.isDead(id));
  const contact = alive[context.contact % Math.max(alive.length, 1)];
  return {
    kind: 'hop',
    via: 'contact',
    peers: contact === undefined || avoid.has(contact.id) ? [] : [contact],
  };
}

function joinedAfter(context: NodeContext, answer: Neighbours): Partial<NodeContext> {
  const changes = hearDirectory(context, answer);
  context.directory.learnJoined(context.self);
  const ring = joinAfter(context.self, answer, context.ring.length, isDeadIn(context));
  return { ...changes, ring, question: undefined };
}
