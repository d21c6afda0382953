/**
 * One partition between two views, as a chart: where its replica stands, and for how long (docs/design/replication.md, 1).
 * The engine decides; this gives it time. A steady replica has no chart (changing-views.ts).
 */
import { setup } from 'xstate';
import type { EngineDoors } from '../../src/replication/engine.js';
import type { ReplicaEvent } from '../../src/replication/environment.js';
import type { ViewPhase } from '../../src/replication/view-phase.js';

export interface ViewContext {
  readonly partition: number;
  /** Owned by the node, mutable, outside snapshots. */
  readonly engine: Pick<EngineDoors, 'viewPhase' | 'viewDelayMs' | 'viewDue'>;
}

const viewSetup = setup({
  types: {
    context: {} as ViewContext,
    events: {} as Extract<ReplicaEvent, { type: 'viewChanging' }>,
    input: {} as ViewContext,
    output: {} as number,
  },
  actions: {
    /** Asks again, or drives the change. A change of phase that this leads to is heard afterwards. */
    takeTurn: ({ context }) => context.engine.viewDue(context.partition),
  },
  guards: {
    isIn: ({ context }, phase: ViewPhase) => context.engine.viewPhase(context.partition) === phase,
  },
  delays: {
    /** The engine's, jittered: read anew on each entry. */
    viewDelay: ({ context }) => context.engine.viewDelayMs(context.partition),
  },
});

export const viewMachine = viewSetup.createMachine({
  id: 'view',
  context: ({ input }) => input,
  output: ({ context }) => context.partition,
  initial: 'judging',
  on: {
    /** Time starts anew even where several changes within one turn have led back to the same phase. */
    viewChanging: [
      { guard: { type: 'isIn', params: 'fetching' }, target: '.fetching' },
      { guard: { type: 'isIn', params: 'sealed' }, target: '.sealed' },
      { guard: { type: 'isIn', params: 'accepting' }, target: '.accepting' },
      { guard: { type: 'isIn', params: 'preparing' }, target: '.preparing' },
      { guard: { type: 'isIn', params: 'warming' }, target: '.warming' },
      { target: '.steady' },
    ],
  },
  states: {
    judging: {
      always: [
        { guard: { type: 'isIn', params: 'warming' }, target: 'warming' },
        { guard: { type: 'isIn', params: 'preparing' }, target: 'preparing' },
        { guard: { type: 'isIn', params: 'accepting' }, target: 'accepting' },
        { guard: { type: 'isIn', params: 'sealed' }, target: 'sealed' },
        { guard: { type: 'isIn', params: 'fetching' }, target: 'fetching' },
        { target: 'steady' },
      ],
    },
    /** This node drives a change and waits until newcomers have copied the partition (V1). */
    warming: { after: { viewDelay: { target: 'warming', reenter: true, actions: 'takeTurn' } } },
    /** It asks the members of the old view for promises (V2). */
    preparing: { after: { viewDelay: { target: 'preparing', reenter: true, actions: 'takeTurn' } } },
    /** It asks them to accept the next view. */
    accepting: { after: { viewDelay: { target: 'accepting', reenter: true, actions: 'takeTurn' } } },
    /** The replica answers no more, and no decision is known: after the delay it drives the change itself (V4). */
    sealed: { after: { viewDelay: { target: 'sealed', reenter: true, actions: 'takeTurn' } } },
    /** The next view is decided: the replica collects what that starts from (V5). */
    fetching: { after: { viewDelay: { target: 'fetching', reenter: true, actions: 'takeTurn' } } },
    steady: { type: 'final' },
  },
});
