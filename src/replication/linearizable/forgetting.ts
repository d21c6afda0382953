/** The end of a replica (V7 of docs/design/replication.md): its registers go, the newest view stays known. */
import { setLed } from '../../store.js';
import { remove } from './acceptor.js';
import { noBallot } from './ballot.js';
import { setPhase } from './phases.js';
import type { Site } from './site.js';
import type { Slot } from './slot.js';

export function forgetRegisters(site: Site, slot: Slot): void {
  setLed(site.store, slot, false);
  for (const register of [...slot.records.values()]) remove(site, slot, register);
  slot.status = 'none';
  slot.epoch = 0;
  slot.members = [];
  slot.place = -1;
  slot.promises.clear();
  slot.promisedAll = noBallot;
  slot.floor = noBallot;
  slot.versionFloor = 0;
  slot.highest = noBallot;
  slot.lead = 'none';
  slot.collections.clear();
  slot.warm.clear();
  slot.driving = undefined;
  slot.repairing = undefined;
  setPhase(site, slot, 'steady');
}
