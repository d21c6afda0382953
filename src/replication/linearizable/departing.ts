/** Departing: a node that wants to leave tells those that can replace it in its views, and stays until they have. */
import type { Identifier } from '../../chord/identifier.js';
import { raisePending } from '../engine-state.js';
import { forgetRegisters } from './forgetting.js';
import type { Site } from './site.js';
import { neighbours } from './spreading.js';
import { placeIn } from './view.js';

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

/** The views that the node is a member of are looked at as soon as may be. */
export function handleWantsToLeave(site: Site, from: Identifier): void {
  if (site.leaving.has(from)) return;
  site.leaving.add(from);
  site.hintsDueAtMs = 0;
  raisePending(site);
}

/** Nothing is held here that a quorum of a later view does not hold. */
export function isHandedOver(site: Site): boolean {
  for (const slot of site.known) {
    if (slot.status === 'active' || slot.status === 'sealed' || slot.incoming !== undefined) return false;
    if (slot.status === 'warm') forgetRegisters(site, slot);
  }
  return true;
}

export function departureReport(site: Site): Readonly<Record<string, unknown>> {
  const waiting = [...site.known].filter(({ status }) => status === 'active' || status === 'sealed');
  const first = waiting.slice(0, 8).map(({ partition, status, phase, view }) => ({
    partition,
    status,
    phase,
    isMember: view !== undefined && placeIn(view, site.self) !== -1,
    members: view?.members.map(({ address }) => address),
  }));
  return { partitions: waiting.length, first };
}
