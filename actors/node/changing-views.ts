/**
 * The partitions of a node that are between two views: one small chart each, spawned when a change begins and gone when the
 * replica is steady. An actor of its own, because a machine's cost of a child grows with the children it has: with 1,800 of
 * them, spawning and stopping one took the node's chart 3 ms of processor time, and takes this actor 0.4 ms.
 */
import {
  createActor,
  fromTransition,
  type ActorRefFrom,
  type DoneActorEvent,
  type ErrorActorEvent,
} from 'xstate';
import type { ReplicaEvent } from '../../src/replication/environment.js';
import { viewMachine, type ViewContext } from './changing-view.js';

type ViewChart = ActorRefFrom<typeof viewMachine>;

export interface ChangingViewsInput {
  readonly engine: ViewContext['engine'];
}

/** Stays one object: the map is owned, and outside snapshots. */
export interface ChangingViewsState extends ChangingViewsInput {
  /** By partition. */
  readonly charts: Map<number, ViewChart>;
}

type ChangingViewsEvent =
  | Extract<ReplicaEvent, { type: 'viewChanging' }>
  /** A chart is over: its replica is steady. */
  | DoneActorEvent<number>
  /** A door of the engine threw: the node must stop as if crashed. */
  | ErrorActorEvent
  /** From xstate, when this actor is stopped. */
  | { readonly type: 'xstate.stop' };

export const changingViews = fromTransition(
  (state: ChangingViewsState, event: ChangingViewsEvent, { self, stopChild }) => {
    const { engine, charts } = state;
    if (event.type === 'viewChanging') {
      const { partition } = event;
      const chart = charts.get(partition);
      if (chart !== undefined && chart.getSnapshot().status === 'active') chart.send(event);
      else if (engine.viewPhase(partition) !== 'steady') {
        const input: ViewContext = { partition, engine };
        const begun = createActor(viewMachine, { id: `view:${partition}`, parent: self, input });
        charts.set(partition, begun);
        begun.start();
      }
    } else if (event.type === 'xstate.stop') {
      for (const chart of charts.values()) stopChild(chart);
      charts.clear();
    } else if ('error' in event) throw event.error;
    else if (charts.get(event.output)?.getSnapshot().status === 'done') charts.delete(event.output);
    return state;
  },
  ({ input }: { input: ChangingViewsInput }): ChangingViewsState => ({ ...input, charts: new Map() }),
);
