/** The node's figure: joining, then alive (ring, lookups, replication and membership side by side), then left. */
import { assign, raise } from 'xstate';
import { departingSetup, departingStates } from './departing.js';
import { hearing } from './hearing.js';
import { joining } from './joining.js';
import { lookingUp, refreshingFingers } from './looking-up.js';
import { pacing, probing } from './probing.js';
import { replicatingStates } from './replicating.js';
import { stabilizing } from './stabilizing.js';
import { isOverlayStale, refreshOverlay } from './tables.js';

const machineSetup = departingSetup.extend({
  actions: {
    refreshOverlay: assign(({ context }) => refreshOverlay(context)),
    /** Better routes alone: the replica (owned, outside snapshots) takes other changes at `overlayChanged`. */
    handRoutesToReplica: ({ context }) => {
      if (context.replica.overlay !== undefined) context.replica.overlay = context.overlay;
    },
    raiseOverlayChanged: raise({ type: 'overlayChanged' }),
  },
  guards: {
    isFounder: ({ context }) => context.entry.type === 'founder',
    isReplicaConcerned: ({ context }) => isOverlayStale(context) && isReplicaConcerned(context),
    isOverlayStale: ({ context }) => isOverlayStale(context),
  },
});

export const nodeMachine = machineSetup.createMachine({
  id: 'node',
  context: ({ input }) => input,
  initial: 'entering',
  states: {
    entering: {
      always: [{ guard: 'isFounder', target: 'alive' }, { target: 'joining' }],
    },
    joining,
    alive: {
      type: 'parallel',
      entry: ['refreshOverlay', 'raiseOverlayChanged'],
      invoke: {
        id: 'dataPlane',
        src: 'dataPlane',
        input: ({ context }) => ({ replica: context.replica }),
      },
      always: [
        {
          guard: 'isReplicaConcerned',
          actions: ['refreshOverlay', 'raiseOverlayChanged'],
        },
        { guard: 'isOverlayStale', actions: ['refreshOverlay', 'handRoutesToReplica'] },
      ],
      on: { departed: { target: 'left' } },
      states: {
        hearing,
        ring: stabilizing,
        pacing,
        refreshingFingers,
        lookingUp,
        probing,
        replication: replicatingStates,
        membership: {
          initial: 'member',
          states: {
            member: { on: { depart: { target: 'departing' } } },
            departing: departingStates,
          },
        },
      },
    },
    left: { type: 'final' },
  },
});

/** Whether the pointers or lives that replication goes by are about to change: fingers alone do not count. */
function isReplicaConcerned(context: Parameters<typeof refreshOverlay>[0]): boolean {
  const { overlay } = refreshOverlay(context);
  return overlay !== undefined && overlay.differsForReplicas(context.overlay);
}
