/** One lookup, as a chart: asks a node for its next hop, goes where the answer points, and round those that stay silent. */
import { assign, sendParent, setup } from 'xstate';
import type { Identifier } from '../../src/chord/identifier.js';
import {
  askedBy,
  lookupAnswered,
  lookupUnanswered,
  startLookup,
  type Lookup,
  type OwnTables,
} from '../../src/chord/lookup.js';
import type { NextHop } from '../../src/wire/messages.js';
import type { InsideEvent, Outgoing, OutsideEvent } from './events.js';

/** Request numbers reserved for each lookup: its n-th question has number `lookup * 128 + n`; more than `lookupHopsMax`. */
const requestsPerLookup = 128;

export interface LookupInput {
  readonly self: Identifier;
  readonly target: Identifier;
  /** The number of this lookup at its node; never reused. */
  readonly number: number;
  /** Where to start: what the own tables say, or the contact of a joiner. */
  readonly own: OwnTables;
  readonly timeoutMs: number;
  /** Of the node: what the runtime makes of `send`. */
  readonly post: (messages: readonly Outgoing[]) => void;
}

export interface LookupContext extends LookupInput {
  readonly lookup: Lookup;
}

/** The lookup that a `nextHop` answers, as numbered by its node. */
export function lookupNumberOf(answer: NextHop): number {
  return Math.floor(answer.requestId / requestsPerLookup);
}

/** Tells its parent `lookupEnded` with the finished lookup: its `state` is found or failed. */
export const lookupMachine = setup({
  types: {
    context: {} as LookupContext,
    events: {} as NextHop | OutsideEvent,
    input: {} as LookupInput,
  },
  actions: {
    send: (_, _messages: readonly Outgoing[]) => {
      throw new Error('send: the runtime provides it');
    },
    takeAnswer: assign({
      lookup: ({ context, event }) =>
        event.type === 'nextHop' ? lookupAnswered(context.lookup, event) : context.lookup,
    }),
    detour: assign({ lookup: ({ context }) => lookupUnanswered(context.lookup) }),
    tellParent: sendParent(({ context }): InsideEvent => ({
      type: 'lookupEnded',
      number: context.number,
      lookup: context.lookup,
    })),
  },
  guards: {
    isOver: ({ context }) => context.lookup.state.type !== 'asking',
    isAnswer: ({ context, event }) => event.type === 'nextHop' && event.requestId === requestIdOf(context),
    isAskedLost: ({ context, event }) =>
      (event.type === 'peerDead' || (event.type === 'peerUnreachable' && event.unreachable)) &&
      event.id === askedBy(context.lookup)?.id,
  },
  delays: {
    hopTimeout: ({ context }) => context.timeoutMs,
  },
}).createMachine({
  id: 'lookup',
  context: ({ input }) => ({ ...input, lookup: startLookup(input.target, input.own) }),
  initial: 'deciding',
  states: {
    deciding: {
      always: [{ guard: 'isOver', target: 'over' }, { target: 'asking' }],
    },
    asking: {
      entry: { type: 'send', params: ({ context }) => questionOf(context) },
      on: {
        nextHop: { guard: 'isAnswer', target: 'deciding', actions: 'takeAnswer' },
        peerDead: { guard: 'isAskedLost', target: 'deciding', actions: 'detour' },
        peerUnreachable: { guard: 'isAskedLost', target: 'deciding', actions: 'detour' },
      },
      after: {
        hopTimeout: { target: 'deciding', actions: 'detour' },
      },
    },
    over: { type: 'final', entry: 'tellParent' },
  },
});

function requestIdOf(context: LookupContext): number {
  return context.number * requestsPerLookup + context.lookup.asked;
}

function questionOf(context: LookupContext): readonly Outgoing[] {
  const asked = askedBy(context.lookup);
  if (asked === undefined) return [];
  const { self, target, lookup } = context;
  return [
    {
      to: asked.id,
      message: {
        type: 'getNextHop',
        from: self,
        requestId: requestIdOf(context),
        target,
        avoid: [...lookup.avoid],
      },
    },
  ];
}
