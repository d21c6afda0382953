/** Warming up (V1 of docs/design/replication.md): who is to become a member copies the registers before its view begins. */
import type { Identifier } from '../../chord/identifier.js';
import { raisePending } from '../engine-state.js';
import { ask, askPage, createIncoming, type Incoming, type Source } from './incoming.js';
import type { WarmUp } from './messages.js';
import type { Site } from './site.js';
import { slotOf, type Slot } from './slot.js';
import { phaseMs, transfersMax } from './timing.js';
import { applyCopy } from './transferring.js';
import { placeIn, type View } from './view.js';

/** A driver asks this node to copy a partition in advance. The view has been learnt before. */
export function handleWarmUp(site: Site, message: WarmUp): void {
  const { view, from } = message;
  const { partition, epoch } = view;
  const slot = slotOf(site, partition);
  if (slot?.view === undefined || placeIn(view, site.self) !== -1) return;
  // Nobody else may be left of the driver's view to tell it.
  if (slot.view.epoch > epoch)
    return site.environment.send(from, { type: 'views', from: site.self, views: [slot.view] });
  if (slot.status === 'active' || slot.status === 'sealed') return;
  if (slot.status === 'warm' && slot.epoch === epoch) {
    site.environment.send(from, { type: 'warmedUp', from: site.self, partition, epoch });
    return;
  }
  let transfers = 0;
  for (const other of site.known) if (other !== slot && other.warming !== undefined) transfers++;
  // The driver asks again: by then others are done.
  if (transfers < transfersMax) warmUp(site, slot, view, from);
}

/** Copies the registers of a view in advance, from one of its members; what is lost on the way is asked for again. */
function warmUp(site: Site, slot: Slot, view: View, from: Identifier): void {
  const { warming } = slot;
  if (warming?.epoch === view.epoch) {
    const source = warming.sources.get(from);
    if (site.environment.clock.nowMs() - warming.sinceMs < phaseMs) return;
    if (source !== undefined) return askPage(site, slot, warming, from, source);
  }
  const incoming = createIncoming(site, slot, undefined, view.epoch);
  slot.warming = incoming;
  site.known.add(slot);
  ask(site, slot, incoming, from);
  raisePending(site);
}

export function finishWarming(
  site: Site,
  slot: Slot,
  incoming: Incoming,
  from: Identifier,
  source: Source,
): void {
  slot.warming = undefined;
  if (slot.status !== 'none' && slot.status !== 'warm') return;
  applyCopy(site, slot, incoming, source);
  slot.status = 'warm';
  slot.warmedAtMs = site.environment.clock.nowMs();
  slot.epoch = incoming.epoch;
  const { partition } = slot;
  site.environment.send(from, { type: 'warmedUp', from: site.self, partition, epoch: incoming.epoch });
}
