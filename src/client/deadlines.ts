/** Deadlines: one timer for all of a client's operations; it ends the late ones and sends again what may be. */
import { emptyBytes } from '../bytes.js';
import { RondoError } from '../errors.js';
import { opcodes } from '../wire/requests.js';
import { failPending, isChange, unlink, wakeAt } from './dispatcher.js';
import { isOutstanding, tryLater } from './routing.js';
import { outstandingOperations, type Dispatcher, type Pending } from './state.js';

/** Attaches deadlines to a dispatcher. A sweep costs a look at every outstanding operation; sweeps are at least 20 ms apart. */
export function attachDeadlines(dispatcher: Dispatcher): void {
  dispatcher.sweep = () => {
    const nowMs = dispatcher.ports.clock.nowMs();
    dispatcher.turnMs = nowMs;
    let nextMs = Infinity;
    for (const pending of outstandingOperations(dispatcher)) {
      if (pending.deadlineMs <= nowMs) {
        failPending(dispatcher, pending, lateError(pending));
        continue;
      }
      nextMs = Math.min(nextMs, pending.deadlineMs);
      if (pending.link === undefined || !isRepeatable(pending)) continue;
      const retryAtMs = pending.sentAtMs + dispatcher.settings.readRetryMs;
      if (retryAtMs <= nowMs) {
        // The leader may be slow or cut off: forget it, so that a lookup finds who answers now.
        dispatcher.leaders[pending.partition] = undefined;
        unlink(pending);
        tryLater(dispatcher, pending);
      } else nextMs = Math.min(nextMs, retryAtMs);
    }
    const due = dispatcher.delayed.filter(({ atMs }) => atMs <= nowMs);
    dispatcher.delayed = dispatcher.delayed.filter(({ atMs }) => atMs > nowMs);
    for (const { pending } of due) {
      if (isOutstanding(dispatcher, pending)) dispatcher.reroute(pending, undefined, emptyBytes);
    }
    for (const { atMs } of dispatcher.delayed) nextMs = Math.min(nextMs, atMs);
    if (nextMs !== Infinity)
      wakeAt(dispatcher, Math.max(nextMs, nowMs + (dispatcher.delayed.length > 0 ? 1 : 20)));
  };
}

function isRepeatable(pending: Pending): boolean {
  return !isChange(pending) && !pending.pinned && pending.opcode !== opcodes.getOrReserve;
}

/** Says what a node said last, where one did: a read that was refused was answered, and TIMEOUT is for those that were not. */
function lateError(pending: Pending): RondoError {
  const { link, refusal } = pending;
  const where = link === undefined ? 'no node would take it' : `node ${link.peer.address} did not answer`;
  const said = refusal === undefined ? '' : ` (${refusal})`;
  if (link !== undefined && isChange(pending))
    return new RondoError('UNKNOWN', `the deadline passed: ${where}; the change may have taken effect`);
  if (refusal !== undefined || isChange(pending))
    return new RondoError('NOQUORUM', `the deadline passed: ${where}${said}; it had no effect`);
  return new RondoError('TIMEOUT', `the deadline passed: ${where}`);
}
