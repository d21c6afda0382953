/**
 * The time that an engine is given: a chart of one timer beside the node's, in which an event costs many times as much. The node's chart
 * hears when the engine has come to be about something else, not that it ticks.
 */
import { assign, sendParent, setup } from 'xstate';
import type { Activity, EngineDoors } from '../../src/replication/engine.js';
import type { ReplicaEnvironment } from '../../src/replication/environment.js';
import type { InsideEvent } from './events.js';

export interface TickerInput {
  /** Owned by the node, mutable, outside snapshots. */
  readonly engine: Pick<EngineDoors, 'activity' | 'tick' | 'tickInMs'> & {
    readonly environment: Pick<ReplicaEnvironment, 'clock'>;
  };
}

export interface TickerContext extends TickerInput {
  /** When the next tick is due, by the node's clock. */
  readonly tickAtMs: number;
  /** What the node's chart was told that the engine is about. */
  readonly told: Activity;
  /** What it was about at the look before. */
  readonly seen: Activity;
}

export type TickerEvent =
  /** The engine may want to tick sooner. */
  | { readonly type: 'replicaPending' }
  /** The engine was told of a new overlay. */
  | { readonly type: 'overlayTaken' };

const tickerSetup = setup({
  types: {
    context: {} as TickerContext,
    events: {} as TickerEvent,
    input: {} as TickerInput,
  },
  actions: {
    tick: ({ context }) => context.engine.tick(),
    noteTick: assign({ tickAtMs: ({ context }) => dueAtMs(context) }),
    noteSeen: assign({ seen: ({ context }) => context.engine.activity() }),
    noteTold: assign({ told: ({ context }) => context.seen }),
    tellActivity: sendParent(({ context }): InsideEvent => ({
      type: 'activityChanged',
      activity: context.told,
    })),
  },
  guards: {
    /** A clock that is past the time has jumped, or the thread is late: either way the timer is set anew. */
    isSooner: ({ context }) => {
      const nowMs = context.engine.environment.clock.nowMs();
      return nowMs + dueInMs(context) < context.tickAtMs || nowMs > context.tickAtMs;
    },
    /** Under load an engine has nothing under way for moments, which is no rest. */
    isAboutSomethingElse: ({ context: { engine, seen, told } }) => {
      const activity = engine.activity();
      return activity !== told && (activity !== 'steady' || seen === 'steady');
    },
  },
  delays: {
    tickDue: ({ context }) => dueInMs(context),
  },
});

export const tickerMachine = tickerSetup.createMachine({
  id: 'ticker',
  context: ({ input }) => ({
    ...input,
    tickAtMs: 0,
    told: input.engine.activity(),
    seen: input.engine.activity(),
  }),
  initial: 'waiting',
  states: {
    waiting: {
      entry: 'noteTick',
      after: { tickDue: { target: 'looking', actions: 'tick' } },
      on: {
        replicaPending: { guard: 'isSooner', target: 'waiting', reenter: true },
        overlayTaken: { target: 'looking' },
      },
    },
    looking: {
      always: [
        {
          guard: 'isAboutSomethingElse',
          target: 'waiting',
          actions: ['noteSeen', 'noteTold', 'tellActivity'],
        },
        { target: 'waiting', actions: 'noteSeen' },
      ],
    },
  },
});

/** An engine at rest wants no tick for seconds: until its rest is told, the second look at it comes sooner. */
function dueInMs({ engine, seen, told }: TickerContext): number {
  const isUntold = seen === 'steady' && told !== 'steady';
  return isUntold ? Math.min(restMs, engine.tickInMs()) : engine.tickInMs();
}

function dueAtMs(context: TickerContext): number {
  return context.engine.environment.clock.nowMs() + dueInMs(context);
}

/** How long an engine must be at rest before its rest is told. */
const restMs = 500;
