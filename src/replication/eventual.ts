/** The eventual mode: every door into a replica, and what each leads to (replication.md, section 2). */
import { assertNever } from '../errors.js';
import type { Overlay } from '../overlay.js';
import type { RequestBatch } from '../wire/requests.js';
import { answerCompare, answerVersions, takeConfirmed, takeRecords } from './answering.js';
import { enforceBounds, sweepExpired, sweepTombstones } from './bounds.js';
import { handleCompared, handleRecordsTaken, handleVersions, startDueSessions } from './comparing.js';
import { departureReport, dropConfirmedCopies, isHandedOver } from './dropping.js';
import { completeOrphans, handleForward, releaseForwards, takeForwarded, tickForwards } from './filling.js';
import { answerGroups, askForGroups, handleGroups } from './group-lookup.js';
import { refreshRole, takeOverlay } from './groups.js';
import { forgetConfirmations } from './keeping.js';
import { handleReplicate, mergeRecords } from './merging.js';
import type { EventualMessage, Forwarded } from './messages.js';
import { flushChanges, handleReplicated, hasHints, resendHints } from './outbox.js';
import { redirect } from './redirecting.js';
import type { Replica } from './replica.js';
import { releaseReservations, tickReservations } from './reservations.js';
import { serve, serveRequests } from './serving.js';
import { tickSessions } from './sessions.js';

export function overlayChanged(replica: Replica, overlay: Overlay): void {
  takeOverlay(replica, overlay);
  startDueSessions(replica, replica.environment.clock.nowMs(), false);
  flushChanges(replica);
}

export function handleRequests(replica: Replica, client: number, batch: RequestBatch): void {
  serveRequests(replica, client, batch);
  flushChanges(replica);
}

export function handleReplicationMessages(replica: Replica, messages: readonly EventualMessage[]): void {
  for (const message of messages) handleMessage(replica, message);
  flushChanges(replica);
}

/** To be called every `pendingTickMs` while something is filling, unconfirmed or awaited, else when `nextRoundAtMs` has come. */
export function tick(replica: Replica): void {
  const nowMs = replica.environment.clock.nowMs();
  replica.pendingRaised = false;
  resendHints(replica, nowMs);
  tickForwards(replica, nowMs);
  passOnReservations(replica, nowMs);
  tickSessions(replica, nowMs);
  if (replica.store.bounded) enforceBounds(replica);
  sweepExpired(replica, nowMs);
  completeOrphans(replica, nowMs);
  dropConfirmedCopies(replica);
  const isRound = nowMs >= replica.nextRoundAtMs;
  if (isRound) {
    const { config, random } = replica.environment;
    replica.nextRoundAtMs = nowMs + config.antiEntropyIntervalMs * (0.5 + random());
    sweepTombstones(replica, nowMs);
  }
  askForGroups(replica, nowMs);
  startDueSessions(replica, nowMs, isRound);
  flushChanges(replica);
}

export function clientClosed(replica: Replica, client: number): void {
  releaseForwards(replica, client);
  releaseReservations(replica, client);
  flushChanges(replica);
}

export function startHandingOver(replica: Replica): void {
  if (replica.departure !== 'none') return;
  replica.departure = 'handingOver';
  for (const partition of replica.known) forgetConfirmations(replica, partition);
  if (replica.overlay !== undefined) overlayChanged(replica, replica.overlay);
}

export function stopServing(replica: Replica): void {
  replica.departure = 'announced';
  for (const partition of replica.known) refreshRole(replica, partition);
  passOnReservations(replica, replica.environment.clock.nowMs());
  flushChanges(replica);
}

/** Whether a partition's copy here is not whole yet. */
export function isFilling(replica: Replica): boolean {
  return replica.known.some((partition) => partition.copy === 'filling');
}

/** Whether some member is not known to hold all that is held here. */
export function hasUnconfirmed(replica: Replica): boolean {
  return replica.known.some((partition) => partition.unsynced.size > 0);
}

/** Whether something awaits an answer or a time-out. */
export function isAwaiting(replica: Replica): boolean {
  const { forwards, reservations, groupAsks, pendingRaised } = replica;
  return (
    pendingRaised || forwards.size > 0 || reservations.size > 0 || groupAsks.size > 0 || hasHints(replica)
  );
}

export { departureReport, isHandedOver };

function passOnReservations(replica: Replica, nowMs: number): void {
  tickReservations(replica, replica.partitions, nowMs, (partition, client, id) =>
    redirect(replica, client, id, partition),
  );
}

function handleMessage(replica: Replica, message: EventualMessage): void {
  switch (message.type) {
    case 'replicate':
      return handleReplicate(replica, message);
    case 'replicated':
      return handleReplicated(replica, message);
    case 'compare':
      return answerCompare(replica, message);
    case 'compared':
      return handleCompared(replica, message);
    case 'getVersions':
      return answerVersions(replica, message);
    case 'versions':
      return handleVersions(replica, message);
    case 'records':
      return takeRecords(replica, message);
    case 'recordsTaken':
      return handleRecordsTaken(replica, message);
    case 'confirmed':
      return takeConfirmed(replica, message);
    case 'forward':
      return handleForward(replica, message);
    case 'forwarded':
      return handleForwarded(replica, message);
    case 'getGroups':
      return answerGroups(replica, message);
    case 'groups':
      return handleGroups(replica, message);
    default:
      return assertNever(message);
  }
}

/** A previous member answered: the requests that waited for the record are served, wherever the partition is led by now. */
function handleForwarded(replica: Replica, message: Forwarded): void {
  const forwarding = takeForwarded(replica, message);
  const partition = forwarding && replica.partitions[forwarding.partition];
  if (forwarding === undefined || partition === undefined) return;
  mergeRecords(replica, message.records, message.from);
  const nowMs = replica.environment.clock.nowMs();
  for (const request of forwarding.waiting) serve(replica, partition, forwarding.key, request, nowMs, true);
}
