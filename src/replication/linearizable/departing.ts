/** A node that wants to leave: it tells those that may drive it out of its views. */
import type { Identifier } from '../../chord/identifier.js';
import { raisePending, type Site } from './site.js';
import { neighbours } from './spreading.js';

export function handleWantsToLeave(site: Site, from: Identifier): void {
  if (site.leaving.has(from)) return;
  site.leaving.add(from);
  site.hintsDueAtMs = 0;
  raisePending(site);
}

/** Tells everybody who might drive a change or be a home. */
export function tellLeaving(site: Site): void {
  const told = new Set(neighbours(site));
  for (const slot of site.known) {
    if (slot.view !== undefined && slot.status !== 'none')
      for (const { id } of slot.view.members) told.add(id);
  }
  told.delete(site.self);
  for (const id of told) site.environment.send(id, { type: 'wantsToLeave', from: site.self });
}
