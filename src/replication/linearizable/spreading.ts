/** Views told to those that may not know them, and asked for by those that know too old ones (V7 and V8 of docs/design/replication.md). */
import type { Identifier } from '../../chord/identifier.js';
import { isDead } from '../engine-state.js';
import type { GetViews, Views } from './messages.js';
import { seemsAlive, type Site } from './site.js';
import { slotOf } from './slot.js';
import { placeIn, type View } from './view.js';

/**
 * Tells members that have not said they are active of their view, until they do: messages get lost, and who decided the view may be
 * dead. Former members wait for the answers, so that their registers can go (V7).
 */
export function spreadViews(site: Site): void {
  const told = new Map<Identifier, View[]>();
  for (const { status, view, activated } of site.known) {
    if (view === undefined || (status !== 'sealed' && status !== 'active')) continue;
    for (const { id } of view.members) {
      if (id === site.self || activated.has(id) || isDead(site, id)) continue;
      const views = told.get(id) ?? [];
      views.push(view);
      told.set(id, views);
    }
  }
  for (const [peer, views] of told) site.environment.send(peer, { type: 'views', from: site.self, views });
}

/**
 * Who knows only a view that it takes no part in, that it wants to leave, or of which nobody else is left, asks what came after it: its
 * members may all have left, and then nobody tells. A home must know whom to speak to, a former member whether its registers may go.
 */
export function askForNewer(site: Site): void {
  const asked = new Map<Identifier, number[]>();
  for (const { partition, status, phase, view, members } of site.known) {
    // One member alone decides; of several, a later view may have been decided while this one was out of sight.
    if (view === undefined || (status === 'active' && members.length === 1)) continue;
    const alive = view.members.filter(({ id }) => id !== site.self && seemsAlive(site, id));
    const isFormer = status === 'sealed' && placeIn(view, site.self) === -1;
    // Who was cut off while it was replaced waits to be, though it has been: the others have forgotten it.
    const waitsToLeave = site.departure !== 'none' && status === 'active' && phase === 'steady';
    if (alive.length > 0 && !isFormer && !waitsToLeave) continue;
    for (const id of alive.length > 0 ? alive.map((peer) => peer.id) : neighbours(site)) {
      const list = asked.get(id) ?? [];
      list.push(partition);
      asked.set(id, list);
    }
  }
  for (const [peer, partitions] of asked) askForViews(site, [peer], partitions);
}

export function askForViews(site: Site, peers: Iterable<Identifier>, partitions: readonly number[]): void {
  for (const id of peers) site.environment.send(id, { type: 'getViews', from: site.self, partitions });
}

export function answerGetViews(site: Site, message: GetViews): void {
  const views: View[] = [];
  for (const partition of message.partitions) {
    const slot = slotOf(site, partition);
    if (slot?.view === undefined) continue;
    views.push(slot.view);
    const { epoch } = slot.view;
    if (slot.status === 'active' && slot.epoch === epoch)
      site.environment.send(message.from, { type: 'activated', from: site.self, partition, epoch });
  }
  if (views.length > 0) site.environment.send(message.from, { type: 'views', from: site.self, views });
}

/** Who tells of a view that is active here need not tell again. */
export function confirmActive(site: Site, message: Views): void {
  for (const { partition, epoch } of message.views) {
    const slot = site.slots[partition];
    if (slot?.status === 'active' && slot.epoch === epoch)
      site.environment.send(message.from, { type: 'activated', from: site.self, partition, epoch });
  }
}

export function neighbours(site: Site): Set<Identifier> {
  const { overlay } = site;
  const ids = new Set<Identifier>();
  for (const { id } of overlay?.successors ?? []) ids.add(id);
  if (overlay?.predecessor !== undefined) ids.add(overlay.predecessor.id);
  ids.delete(site.self);
  return ids;
}
