/**
 * The replication region of a member: what its engine is about (filling, comparing, awaiting acknowledgements, or nothing). The
 * engine does the work (src/replication); the region gives it the ring's view, and its ticker (ticker.ts) gives it time.
 */
import { sendTo } from 'xstate';
import type { Activity } from '../../src/replication/engine.js';
import { joiningSetup } from './joining.js';

export const replicatingSetup = joiningSetup.extend({
  actions: {
    takeOverlay: ({ context }) => context.engine.overlayChanged(context.overlay),
    tellTicker: sendTo('ticker', ({ event }) =>
      event.type === 'replicaPending' ? event : { type: 'overlayTaken' },
    ),
    tellChangingViews: sendTo('changingViews', ({ event }) => event),
  },
  guards: {
    isAbout: ({ context, event }, activity: Activity) =>
      (event.type === 'activityChanged' ? event.activity : context.engine.activity()) === activity,
  },
});

export const replicatingStates = replicatingSetup.createStateConfig({
  initial: 'judging',
  invoke: [
    { id: 'ticker', src: 'ticker', input: ({ context }) => ({ engine: context.engine }) },
    { id: 'changingViews', src: 'changingViews', input: ({ context }) => ({ engine: context.engine }) },
  ],
  on: {
    overlayChanged: { actions: ['takeOverlay', 'tellTicker'] },
    replicaPending: { actions: 'tellTicker' },
    activityChanged: { target: '.judging' },
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
    filling: {},
    /** Other members are not known to hold all that is held here: digests are compared, records sent. */
    comparing: {},
    /** Changes, forwards or reservations have not been answered yet. */
    awaiting: {},
    /** Nothing to do until the next round. */
    steady: {},
  },
});
