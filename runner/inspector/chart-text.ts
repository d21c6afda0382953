/** Statecharts in a line of text: where a node stands, and its replicas that are between two views. Pure: the page loads this very file. */
import type { NodeStatus, WithoutQuorum } from '../../src/admin.js';

/** The regions of a living node's chart with their states: `ring idle, replication steady`. */
export function chartText({ activeStates }: Pick<NodeStatus, 'activeStates'>): string {
  if (activeStates === undefined) return '-';
  return activeStates
    .map((path) => path.split('.').filter((name) => name !== 'alive'))
    .filter((names) => names.length !== 1 || activeStates.length === 1)
    .map((names) => names.join(' '))
    .join(', ');
}

/** How many replicas are in each state of a view change: `fetching 2, sealed 1`; `steady` when none is in any. */
export function viewsText({ changingViews }: Pick<NodeStatus, 'changingViews'>): string {
  if (changingViews === undefined) return '-';
  const counts = new Map<string, number>();
  for (const { state } of changingViews) counts.set(state, (counts.get(state) ?? 0) + 1);
  const texts = [...counts].sort().map(([state, count]) => `${state} ${count}`);
  return texts.length === 0 ? 'steady' : texts.join(', ');
}

/** The partition, the view it was in, and whom it waits for. */
export function lostText({ partition, epoch, waitsFor }: WithoutQuorum): readonly [string, string, string] {
  return [String(partition), epoch, waitsFor.length === 0 ? 'every member is gone' : waitsFor.join(' ')];
}
