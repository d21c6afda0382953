/** Learning of decided views, from wherever they are known (V3, V7, V8 of docs/design/replication.md). */
import { startFetching } from './fetching.js';
import { forgetRegisters } from './forgetting.js';
import { seal, setPhase } from './phases.js';
import type { Site } from './site.js';
import { slotOf } from './slot.js';
import { placeIn, type View } from './view.js';

export function learnViews(site: Site, views: readonly View[]): void {
  for (const view of views) learnView(site, view);
}

/** The higher epoch wins: what is held of an older one is sealed; a member of the new one collects what it starts from. */
export function learnView(site: Site, view: View): void {
  const slot = slotOf(site, view.partition);
  if (slot === undefined || (slot.view !== undefined && slot.view.epoch >= view.epoch)) return;
  slot.view = view;
  slot.activated.clear();
  slot.driving = undefined;
  slot.repairing = undefined;
  slot.tries = 0;
  site.known.add(slot);
  seal(site, slot);
  if (placeIn(view, site.self) !== -1) return startFetching(site, slot, view);
  slot.incoming = undefined;
  // That a later view could be decided shows that a quorum of the one before it was active (V7).
  const isSpent = slot.status === 'sealed' && slot.epoch < view.previousEpoch;
  if (isSpent || (slot.status === 'warm' && slot.epoch < view.epoch)) forgetRegisters(site, slot);
  setPhase(site, slot, 'steady');
}
