/** Members' answers, each handed to whoever asked; and the ticks that all askers need. */
import { visitAnswers } from './packed-asks.js';
import { changeAnswered, changeKey, tickChange } from './changing.js';
import { collectionAnswered } from './collecting.js';
import { forgetOldBatches, takeBatch } from './asking.js';
import type { RegisterAnswers } from './messages.js';
import { operationOf, readAnswered, tickRead } from './reading.js';
import type { Site } from './site.js';

export function handleAnswers(site: Site, message: RegisterAnswers, nowMs: number): void {
  const batch = takeBatch(site, message.from, message.requestId);
  if (batch === undefined) return;
  visitAnswers(message.answers, (index, outcome, ballot, state) => {
    const asker = batch.askers[index];
    if (asker === undefined) return;
    const place = asker.slot.members.findIndex((peer) => peer.id === message.from);
    if (place === -1) return;
    if (asker.kind === 'read') {
      const { slot, key } = asker;
      if (readAnswered(site, asker, place, outcome, ballot))
        changeKey(site, slot, key, operationOf(asker), nowMs, true);
    } else if (asker.kind === 'change') {
      if (state?.value !== undefined) state.value = site.environment.detach(state.value);
      changeAnswered(site, asker, place, batch.ballots[index] ?? 0, outcome, ballot, state, nowMs);
    } else collectionAnswered(site, asker, place, batch.kinds[index] ?? 0, outcome, ballot, nowMs);
  });
}

/** Asks again what was not answered; returns whether something is still awaited. */
export function tickAskers(site: Site, nowMs: number): boolean {
  const { reads, changes } = site;
  site.reads = [];
  site.changes = [];
  for (const read of reads) {
    if (!read.done && tickRead(site, read, nowMs))
      changeKey(site, read.slot, read.key, operationOf(read), nowMs, true);
    if (!read.done) site.reads.push(read);
  }
  for (const change of changes) {
    if (!change.done) tickChange(site, change, nowMs);
    if (!change.done) site.changes.push(change);
  }
  forgetOldBatches(site, nowMs);
  return site.reads.length > 0 || site.changes.length > 0;
}
