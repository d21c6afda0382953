/** What an undisturbed partition must come to (I13): a view of as many as may be, all of them active, with equal registers. */
import type { Identifier } from '../../../../src/chord/identifier.js';
import type { View } from '../../../../src/replication/linearizable/view.js';
import type { WatchedEngine, WatchedNode } from './linearizable-monitor.js';
import { brief } from './state-book.js';
import { show } from './view-book.js';

export function findUnrest<Engine extends WatchedEngine>(
  partition: number,
  view: View | undefined,
  nodes: ReadonlyMap<Identifier, WatchedNode<Engine>>,
): string | undefined {
  if (view === undefined) return undefined;
  const staying = [...nodes.values()].filter((node) => !node.departing);
  const [first] = staying;
  if (first === undefined) return undefined;
  for (const node of nodes.values()) {
    const slot = node.departing ? node.engine.site.slots[partition] : undefined;
    if (slot !== undefined && (slot.status === 'active' || slot.status === 'sealed'))
      return `${brief(node.peer.id)} has not left: it is ${slot.status} in epoch ${slot.epoch} of partition ${partition}, newest is ${show(view)}`;
  }
  const full = Math.min(first.engine.environment.config.replicas, staying.length);
  if (view.members.length !== full) return `${show(view)} has not ${full} members`;
  let registers: ReadonlyMap<string, number> | undefined;
  for (const { id } of view.members) {
    const node = nodes.get(id);
    if (node === undefined) return `${brief(id)} of ${show(view)} is gone`;
    const slot = node.engine.site.slots[partition];
    if (
      slot === undefined ||
      slot.status !== 'active' ||
      slot.epoch !== view.epoch ||
      slot.phase !== 'steady'
    )
      return `${brief(id)} of ${show(view)} is ${slot?.status ?? 'without a slot'} in epoch ${slot?.epoch ?? 0}, ${slot?.phase ?? ''}`;
    const held = new Map([...slot.records.values()].map(({ key, accepted }) => [key, accepted]));
    registers ??= held;
    if (held.size !== registers.size)
      return `members of ${show(view)} hold ${registers.size} and ${held.size} registers`;
    for (const [key, ballot] of held) {
      if (registers.get(key) !== ballot) return `members of ${show(view)} hold different states of "${key}"`;
    }
  }
  return undefined;
}
