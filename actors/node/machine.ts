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
    /** Better routes alone: the engine (owned, outside snapshots) takes other changes at `overlayChanged`. */
    handRoutesToEngine: ({ context }) => context.engine.routesChanged(context.overlay),
    raiseOverlayChanged: raise({ type: 'overlayChanged' }),
  },
  guards: {
    isFounder: ({ context }) => context.entry.type === 'founder',
    isEngineConcerned: ({ context }) => isOverlayStale(context) && isEngineConcerned(context),
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
        input: ({ context }) => ({ engine: context.engine }),
      },
      always: [
        {
          guard: 'isEngineConcerned',
          actions: ['refreshOverlay', 'raiseOverlayChanged'],
        },
        { guard: 'isOverlayStale', actions: ['refreshOverlay', 'handRoutesToEngine'] },
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
function isEngineConcerned(context: Parameters<typeof refreshOverlay>[0]): boolean {
  const { overlay } = refreshOverlay(context);
  return overlay !== undefined && overlay.differsForReplicas(context.overlay);
}
