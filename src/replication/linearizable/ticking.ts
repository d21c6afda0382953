/** What a site does as time goes by: asks again, gives up, sweeps and hints; and how soon it wants to do so again. */
import type { Activity } from '../engine.js';
import { raisePending } from '../engine-state.js';
import { tickAskers } from './answers.js';
import { enforceBounds, sweepExpired } from './bounding.js';
import { collectTombstones } from './collecting.js';
import { forgetRegisters } from './forgetting.js';
import { hint } from './hinting.js';
import { tickLead } from './leading.js';
import { watchQuorums } from './quorum-watch.js';
import { tickRecoveries } from './recovering.js';
import { tickRepair } from './repairing.js';
import { tickReservations } from './reserving.js';
import type { Site } from './site.js';
import { resendMsMax, tickMs } from './timing.js';
import { tickFlushes, tickPages } from './whole-partitions.js';

export function tick(site: Site): void {
  const nowMs = site.environment.clock.nowMs();
  site.pendingRaised = false;
  if (nowMs < site.tickedAtMs - stepBackMs) clockWentBack(site, nowMs);
  site.tickedAtMs = nowMs;
  tickReservations(site, nowMs);
  sweepExpired(site, nowMs);
  enforceBounds(site, nowMs);
  let isAwaiting = tickAskers(site, nowMs);
  if (tickPages(site, nowMs)) isAwaiting = true;
  for (const slot of site.known) {
    tickRepair(site, slot, nowMs);
    if (tickLead(site, slot, nowMs)) isAwaiting = true;
    if (slot.tombstones > 0 || slot.collections.size > 0) collectTombstones(site, slot, nowMs);
    tickFlushes(site, slot, nowMs);
    const { warming } = slot;
    if (slot.status === 'warm' && slot.incoming === undefined && nowMs - slot.warmedAtMs > warmMsMax)
      forgetRegisters(site, slot);
    if (warming === undefined) continue;
    if (nowMs - warming.sinceMs > abandonedMs) slot.warming = undefined;
    else isAwaiting = true;
  }
  if (tickRecoveries(site, nowMs)) isAwaiting = true;
  if (nowMs >= site.hintsDueAtMs) {
    hint(site, nowMs);
    watchQuorums(site, nowMs);
  }
  if (isAwaiting || site.concerned.size > 0 || site.reservations.size > 0 || site.asking.batches.size > 0)
    raisePending(site);
}

/** Soon while something is awaited, else when hints are due. */
export function tickInMs(site: Site): number {
  if (site.pendingRaised) return tickMs;
  return Math.max(tickMs, site.hintsDueAtMs - site.environment.clock.nowMs());
}

export function activityOf(site: Site): Activity {
  for (const slot of site.known)
    if (slot.incoming !== undefined || slot.warming !== undefined) return 'filling';
  if (site.concerned.size > 0) return 'comparing';
  return site.pendingRaised ? 'awaiting' : 'steady';
}

/** What waits for a time that is now far off is done at once instead. */
function clockWentBack(site: Site, nowMs: number): void {
  site.hintsDueAtMs = nowMs;
  site.driveAtMs = nowMs;
  for (const read of site.reads) read.sentAtMs = Math.min(read.sentAtMs, nowMs - resendMsMax);
  for (const change of site.changes) {
    change.sentAtMs = nowMs - resendMsMax;
    change.retryAtMs = Math.min(change.retryAtMs, nowMs);
  }
  for (const page of site.pages.values()) page.askedAtMs = nowMs - resendMsMax;
  for (const recovering of site.recoveries.values())
    recovering.askedAtMs = Math.min(recovering.askedAtMs, nowMs - resendMsMax);
  for (const slot of site.known) {
    slot.leadSentAtMs = Math.min(slot.leadSentAtMs, nowMs);
    slot.collectedAtMs = Math.min(slot.collectedAtMs, nowMs);
    slot.warmedAtMs = Math.min(slot.warmedAtMs, nowMs);
    for (const collection of slot.collections.values())
      collection.sentAtMs = Math.min(collection.sentAtMs, nowMs - resendMsMax);
    for (const copied of [slot.warming, slot.repairing])
      if (copied !== undefined) copied.sinceMs = Math.min(copied.sinceMs, nowMs - resendMsMax);
    if (slot.suggested !== undefined)
      slot.suggested = { ...slot.suggested, heardAtMs: Math.min(slot.suggested.heardAtMs, nowMs) };
    // Who said it was warm said so at a time that is to come: it is asked again.
    slot.warm.clear();
  }
  site.concerned.clear();
}

/** A warm-up that its driver has not asked for again for so long is given up. */
const abandonedMs = 5_000;
/** A copy made in advance that is not asked for again for so long is dropped. */
const warmMsMax = 60_000;
/** A clock set back by more than this makes everything due at once. */
const stepBackMs = 1_000;
