/**
 * The replication region of a member: what its replica is about (filling, comparing, awaiting acknowledgements, or nothing),
 * and the ticks that this asks for. The replica does the work (src/replication); the region gives it time and the ring's view.
 */
import {
  hasUnconfirmed,
  isAwaiting,
  isFilling,
  overlayChanged,
  tick,
} from '../../src/replication/eventual.js';
import { pendingTickMs } from '../../src/replication/replica.js';
import { joiningSetup } from './joining.js';

export const replicatingSetup = joiningSetup.extend({
  actions: {
    takeOverlay: ({ context }) => overlayChanged(context.replica, context.overlay),
    tickReplica: ({ context }) => tick(context.replica),
  },
  guards: {
    isFilling: ({ context }) => isFilling(context.replica),
    hasUnconfirmed: ({ context }) => hasUnconfirmed(context.replica),
    isAwaiting: ({ context }) => isAwaiting(context.replica),
  },
  delays: {
    /** Until the next round of anti-entropy, which the replica jitters. */
    roundDue: ({ context }) =>
      Math.max(
        pendingTickMs(context.config),
        context.replica.nextRoundAtMs - context.replica.environment.clock.nowMs(),
      ),
    /** While something awaits an answer. */
    pendingTick: ({ context }) => pendingTickMs(context.config),
  },
});

const tickingSoon = { after: { pendingTick: { target: 'judging', actions: 'tickReplica' } } } as const;

export const replicatingStates = replicatingSetup.createStateConfig({
  initial: 'judging',
  on: {
    overlayChanged: { target: '.judging', actions: 'takeOverlay' },
  },
  states: {
    judging: {
      always: [
        { guard: 'isFilling', target: 'filling' },
        { guard: 'hasUnconfirmed', target: 'comparing' },
        { guard: 'isAwaiting', target: 'awaiting' },
        { target: 'steady' },
      ],
    },
    /** Partitions came to this node that previous members still fill. */
    filling: tickingSoon,
    /** Other members are not known to hold all that is held here: digests are compared, records sent. */
    comparing: tickingSoon,
    /** Changes, forwards or reservations have not been answered yet. */
    awaiting: tickingSoon,
    /** Nothing to do until the next round. */
    steady: {
      after: { roundDue: { target: 'judging', actions: 'tickReplica' } },
      on: { replicaPending: { target: 'judging' } },
    },
  },
});
