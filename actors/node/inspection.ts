/** A node's inside for checkers, status and statistics: reads only. */
import type { SnapshotFrom, StateValue } from 'xstate';
import type { ChangingView, NodeStats, NodeStatus } from '../../src/admin.js';
import type { Identifier } from '../../src/chord/identifier.js';
import type { RingState } from '../../src/chord/ring.js';
import type { FingerTable } from '../../src/chord/finger-table.js';
import { identifiersOf } from '../../src/chord/successor-list.js';
import type { changingViews } from './changing-views.js';
import type { NodeInspection, RingSnapshot } from './contract.js';
import type { nodeMachine } from './machine.js';
import { isSmall } from './tables.js';
import type { NodeContext } from './setup.js';

/** Charts of view changes listed in a status. */
const changingViewsMax = 256;

/** The name of the node's state as administration shows it. */
export type NodeState = 'joining' | 'member' | 'departing' | 'left';

/** Makes inspections of one node; ring snapshots are the same object as long as no pointer changes. */
export function createInspector(): (context: NodeContext, state: NodeState) => NodeInspection {
  let known:
    { readonly ring: RingState; readonly fingers: FingerTable; readonly snapshot: RingSnapshot } | undefined;
  return (context, state) => {
    const { ring, fingers, directory, overlay, engine } = context;
    if (known?.ring !== ring || known.fingers !== fingers) {
      known = { ring, fingers, snapshot: snapshotOf(context) };
    }
    return {
      state,
      ring: known.snapshot,
      ringState: ring,
      overlay,
      engine,
      directoryLive: () => directory.live.map(({ id }) => id),
      directoryDead: () => directory.deadIdentifiers(),
      copies: () => engine.copies(),
      copyOf: (key) => engine.copyOf(key),
      filling: () => engine.filling(),
    };
  };
}

/** As administration shows it. Costs a look at every chart of a view change. */
export function statusOf(snapshot: SnapshotFrom<typeof nodeMachine>, state: NodeState): NodeStatus {
  const { self, overlay, engine } = snapshot.context;
  const { partitions, records } = engine.led();
  return {
    id: self.id,
    address: self.address,
    state,
    predecessor: overlay.predecessor?.id ?? null,
    successors: overlay.successors.map(({ id }) => id),
    partitionsLed: partitions,
    records,
    activeStates: activePaths(snapshot.value),
    changingViews: changingViewsOf(snapshot),
  };
}

/** A path for each innermost state that is active. */
function activePaths(value: StateValue): string[] {
  if (typeof value === 'string') return [value];
  return Object.entries(value).flatMap(([name, inner]) => {
    const below = inner === undefined ? [] : activePaths(inner);
    return below.length === 0 ? [name] : below.map((path) => `${name}.${path}`);
  });
}

function changingViewsOf(snapshot: SnapshotFrom<typeof nodeMachine>): ChangingView[] {
  const charts = snapshot.children['changingViews']?.getSnapshot() as
    SnapshotFrom<typeof changingViews> | undefined;
  const listed: ChangingView[] = [];
  for (const [partition, chart] of charts?.context.charts ?? []) {
    if (listed.length === changingViewsMax) break;
    listed.push({ partition, state: chart.getSnapshot().value });
  }
  return listed.sort((one, other) => one.partition - other.partition);
}

export function statsOf({ engine }: NodeContext): NodeStats {
  return engine.stats();
}

function snapshotOf(context: NodeContext): RingSnapshot {
  const { self, ring, fingers } = context;
  const peers = ring.successors.map(({ id }) => id);
  // A small ring has no placeholders: its list is as long as there are others.
  const successors = isSmall(context) ? peers : identifiersOf(self.id, ring.successors, ring.length);
  return {
    predecessor: ring.predecessor?.id,
    successors,
    placeholders: successors.slice(peers.length),
    fingers: new Map<number, Identifier>(fingers.map((row) => [row.first, row.peer.id])),
  };
}
