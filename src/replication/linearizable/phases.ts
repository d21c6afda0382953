/** Where a replica stands between two views, and the end of its service in one. */
import { setLed } from '../../store.js';
import type { ViewPhase } from '../engine.js';
import { isPlanted } from '../environment.js';
import type { Site } from './site.js';
import type { Slot } from './slot.js';

/** Tells the partition's chart, which gives each phase its time-out. */
export function setPhase(site: Site, slot: Slot, phase: ViewPhase): void {
  if (slot.phase === phase) return;
  slot.phase = phase;
  if (phase === 'steady') site.betweenViews.delete(slot);
  else site.betweenViews.add(slot);
  site.environment.raise({ type: 'viewChanging', partition: slot.partition });
}

/** V3: no data of the epoch is answered any more, ever. */
export function seal(site: Site, slot: Slot): void {
  if (slot.status !== 'active' || isPlanted(site.environment, 'noSealing')) return;
  slot.status = 'sealed';
  slot.lead = 'none';
  setLed(site.store, slot, false);
}
