/**
 * The replication region of a member: what its engine is about (filling, comparing, awaiting acknowledgements, or nothing),
 * and the ticks that this asks for. The engine does the work (src/replication); the region gives it time and the ring's view.
 */
import { assign, sendTo } from 'xstate';
import type { Activity } from '../../src/replication/engine.js';
import { joiningSetup } from './joining.js';
import type { NodeContext } from './setup.js';

export const replicatingSetup = joiningSetup.extend({
  actions: {
    takeOverlay: ({ context }) => context.engine.overlayChanged(context.overlay),
    tickEngine: ({ context }) => context.engine.tick(),
    noteTick: assign({ tickAtMs: ({ context }) => dueAtMs(context) }),
    tellChangingViews: sendTo('changingViews', ({ event }) => event),
  },
  guards: {
    isAbout: ({ context }, activity: Activity) => context.engine.activity() === activity,
    isTickSooner: ({ context }) => dueAtMs(context) < context.tickAtMs,
  },
  delays: {
    tickDue: ({ context }) => context.engine.tickInMs(),
  },
});

const ticking = {
  entry: 'noteTick',
  after: { tickDue: { target: 'judging', actions: 'tickEngine' } },
  on: { replicaPending: { guard: 'isTickSooner', target: 'judging' } },
} as const;

export const replicatingStates = replicatingSetup.createStateConfig({
  initial: 'judging',
  invoke: { id: 'changingViews', src: 'changingViews', input: ({ context }) => ({ engine: context.engine }) },
  on: {
    overlayChanged: { target: '.judging', actions: 'takeOverlay' },
    viewChanging: { actions: 'tellChangingViews' },
  },
  states: {
    judging: {
      always: [
        { guard: { type: 'isAbout', params: 'filling' }, target: 'filling' },
        { guard: { type: 'isAbout', params: 'comparing' }, target: 'comparing' },
        { guard: { type: 'isAbout', params: 'awaiting' }, target: 'awaiting' },
        { target: 'steady' },
      ],
    },
    /** Partitions came to this node that previous members still fill. */
    filling: ticking,
    /** Other members are not known to hold all that is held here: digests are compared, records sent. */
    comparing: ticking,
    /** Changes, forwards or reservations have not been answered yet. */
    awaiting: ticking,
    /** Nothing to do until the next round. */
    steady: { ...ticking, on: { replicaPending: { target: 'judging' } } },
  },
});

function dueAtMs({ engine }: NodeContext): number {
  return engine.environment.clock.nowMs() + engine.tickInMs();
}
