/**
 * The dispatcher: a client's outstanding operations, batched per node and turn, each ended by exactly one of a reply,
 * a deadline, a signal, or the end of the node that had it. Where an operation goes is routing.ts's concern.
 */
import { emptyBytes, trustBytes, type ByteString } from '../bytes.js';
import type { Identifier } from '../chord/identifier.js';
import { RondoError } from '../errors.js';
import { record } from '../histogram.js';
import { partitionOfFirstWord } from '../replication/partition.js';
import {
  changes,
  createRequestWriter,
  finishRequests,
  replyStride,
  statuses,
  writeRequest,
  type Opcode,
  type ReplyBatch,
  type Status,
} from '../wire/requests.js';
import { outstandingOperations, slotMask, type Dispatcher, type Link, type Pending } from './state.js';

/** Operations outstanding at once. */
const slotsMax = slotMask + 1;
const partitionCacheMax = 65_536;
/** A timer set for longer fires at once. */
const timerMsMax = 0x7fffffff;
/** The partition of a key; recent keys are remembered, because SHA-1 costs more than all else a client does for a get. */
export function partitionOfKey(dispatcher: Dispatcher, key: ByteString): number {
  const cache = dispatcher.partitionCache;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const partition = partitionOfFirstWord(dispatcher.ports.firstWord(key), dispatcher.settings.partitions);
  if (cache.size >= partitionCacheMax) cache.clear();
  cache.set(key, partition);
  return partition;
}

/** Starts one operation; exactly one of settle and fail is called, later. `pinnedTo` asks that node and no other. */
export function startOperation(
  dispatcher: Dispatcher,
  opcode: Opcode,
  flags: number,
  partition: number,
  key: ByteString,
  value: ByteString,
  number: number,
  timeoutMs: number | undefined,
  settle: Pending['settle'],
  fail: Pending['fail'],
  pinnedTo?: Identifier,
): Pending | undefined {
  if (dispatcher.closed) return void fail(new RondoError('CLOSED', 'the client is closed'));
  if (timeoutMs !== undefined && !(timeoutMs >= 0))
    return void fail(new RondoError('INVALID_ARGUMENT', `timeoutMs must be 0 or more, not ${timeoutMs}`));
  if (dispatcher.outstanding === slotsMax)
    return void fail(new RondoError('BUSY', `${slotsMax} operations are outstanding: wait for some`));
  if (!dispatcher.flushScheduled) scheduleFlush(dispatcher, dispatcher.outstanding === 0);
  // A number comes again after 2^31 operations, so a reply that is late by seconds meets no other operation.
  do dispatcher.sequence = (dispatcher.sequence + 1) & 0x7fffffff;
  while (dispatcher.slots[dispatcher.sequence & slotMask] !== undefined);
  dispatcher.outstanding++;
  const deadlineMs = dispatcher.turnMs + (timeoutMs ?? dispatcher.settings.requestTimeoutMs);
  const pending: Pending = {
    id: dispatcher.sequence,
    opcode,
    flags,
    partition,
    key,
    value,
    number,
    startedUs: dispatcher.turnUs,
    deadlineMs,
    pinned: pinnedTo !== undefined,
    link: undefined,
    sentAtMs: 0,
    moves: 0,
    tries: 0,
    refusal: undefined,
    settle,
    fail,
  };
  dispatcher.slots[pending.id & slotMask] = pending;
  wakeAt(
    dispatcher,
    changes.has(opcode)
      ? deadlineMs
      : Math.min(deadlineMs, dispatcher.turnMs + dispatcher.settings.readRetryMs),
  );
  const link = pinnedTo === undefined ? dispatcher.leaders[partition] : dispatcher.links.get(pinnedTo);
  if (link !== undefined && !link.gone) enqueue(dispatcher, link, pending);
  else if (pinnedTo === undefined) dispatcher.reroute(pending, undefined, emptyBytes);
  else failPending(dispatcher, pending, new RondoError('NOQUORUM', `node ${pinnedTo} is gone`));
  return pending;
}

/** Ends an operation from outside (an aborted signal). */
export function cancelOperation(dispatcher: Dispatcher, pending: Pending, error: RondoError): void {
  if (dispatcher.slots[pending.id & slotMask] === pending) failPending(dispatcher, pending, error);
}

/** Handles one batch of replies: the hot path of a client. */
export function receiveReplies(dispatcher: Dispatcher, batch: ReplyBatch): void {
  const { head, text } = batch;
  const nowUs = dispatcher.ports.microseconds();
  let at = 0;
  for (let index = 0; index + replyStride <= head.length; index += replyStride) {
    const id = head[index] ?? 0;
    const status = (head[index + 1] ?? 0) as Status;
    const end = at + (head[index + 2] ?? 0);
    const pending = dispatcher.slots[id & slotMask];
    if (pending !== undefined && pending.id === id) {
      const value = end === at ? emptyBytes : trustBytes(text.substring(at, end));
      if (sendsBack(status, pending) && !pending.pinned) {
        unlink(pending);
        dispatcher.reroute(pending, status, value);
      } else {
        if (!pending.pinned) record(dispatcher.latency, nowUs - pending.startedUs);
        release(dispatcher, pending);
        pending.settle(status, value);
      }
    }
    at = end;
  }
}

/** A node's thread has ended, or it is unreachable: reads go elsewhere, changes that had left for it have an unknown outcome. */
export function removeNode(dispatcher: Dispatcher, id: Identifier): void {
  const link = dispatcher.links.get(id);
  if (link === undefined) return;
  link.gone = true;
  dispatcher.links.delete(id);
  for (const pending of outstandingOperations(dispatcher)) {
    if (pending.link !== link) continue;
    if (pending.pinned) {
      failPending(
        dispatcher,
        pending,
        new RondoError('NOQUORUM', `node ${link.peer.address} has ended, or is cut off`),
      );
    } else if (isChange(pending)) {
      failPending(
        dispatcher,
        pending,
        new RondoError(
          'UNKNOWN',
          `node ${link.peer.address} ended, or was cut off, while it had this change: it may have taken effect`,
        ),
      );
    } else {
      unlink(pending);
      dispatcher.reroute(pending, undefined, emptyBytes);
    }
  }
}

/** Fails all that is outstanding with CLOSED; nothing can be started afterwards. */
export function closeDispatcher(dispatcher: Dispatcher): void {
  if (dispatcher.closed) return;
  dispatcher.closed = true;
  if (dispatcher.timer !== undefined) dispatcher.ports.clock.clearTimeout(dispatcher.timer);
  for (const pending of outstandingOperations(dispatcher)) {
    failPending(dispatcher, pending, new RondoError('CLOSED', 'the client was closed'));
  }
}

function scheduleFlush(dispatcher: Dispatcher, urgent: boolean): void {
  dispatcher.flushScheduled = true;
  dispatcher.turnUs = dispatcher.ports.microseconds();
  dispatcher.turnMs = dispatcher.ports.clock.nowMs();
  dispatcher.ports.defer(() => flush(dispatcher), urgent);
}

function flush(dispatcher: Dispatcher): void {
  dispatcher.flushScheduled = false;
  const links = dispatcher.dirty;
  dispatcher.dirty = [];
  for (const link of links) {
    const writer = link.writer;
    if (writer.count === 0 || link.gone) continue;
    link.writer = createRequestWriter();
    dispatcher.ports.sendRequests(link.peer.id, finishRequests(writer));
  }
}

/** Puts the operation into the next batch to that node. */
export function enqueue(dispatcher: Dispatcher, link: Link, pending: Pending): void {
  if (!dispatcher.flushScheduled) scheduleFlush(dispatcher, false);
  const bytes = bytesOf(pending);
  if (link.outstandingBytes + bytes > dispatcher.settings.outstandingBytesMax && link.outstandingBytes > 0) {
    const message = `${link.outstandingBytes} bytes are outstanding at node ${link.peer.address}: wait for some`;
    return failPending(dispatcher, pending, new RondoError('BUSY', message));
  }
  link.outstandingBytes += bytes;
  pending.link = link;
  pending.sentAtMs = dispatcher.turnMs;
  if (link.writer.count === 0) dispatcher.dirty.push(link);
  writeRequest(
    link.writer,
    pending.id,
    pending.opcode,
    pending.flags,
    pending.moves,
    pending.partition,
    pending.key,
    pending.value,
    pending.number,
  );
}

/** Whether the operation alters data, so that it must not be sent twice. */
export function isChange(pending: Pending): boolean {
  return changes.has(pending.opcode);
}

export function failPending(dispatcher: Dispatcher, pending: Pending, error: RondoError): void {
  release(dispatcher, pending);
  pending.fail(error);
}

/** Takes the operation off the node that had it. */
export function unlink(pending: Pending): void {
  if (pending.link !== undefined) pending.link.outstandingBytes -= bytesOf(pending);
  pending.link = undefined;
}

/** Makes sure that `sweep` runs at the given time or before. */
export function wakeAt(dispatcher: Dispatcher, atMs: number): void {
  if (atMs >= dispatcher.timerAtMs || dispatcher.closed) return;
  if (dispatcher.timer !== undefined) dispatcher.ports.clock.clearTimeout(dispatcher.timer);
  dispatcher.timerAtMs = atMs;
  dispatcher.timer = dispatcher.ports.clock.setTimeout(
    () => {
      dispatcher.timer = undefined;
      dispatcher.timerAtMs = Infinity;
      dispatcher.sweep();
    },
    Math.min(timerMsMax, Math.max(1, atMs - dispatcher.ports.clock.nowMs())),
  );
}

/** Whether the operation certainly had no effect there and may have one elsewhere, or later. Reads never end unknown. */
function sendsBack(status: Status, pending: Pending): boolean {
  if (status <= statuses.refused) return false;
  return (
    status === statuses.moved ||
    status === statuses.hop ||
    status === statuses.tryAgain ||
    status === statuses.noQuorum ||
    (status === statuses.unknown && !isChange(pending))
  );
}

function bytesOf(pending: Pending): number {
  return pending.key.length + pending.value.length + 20;
}

function release(dispatcher: Dispatcher, pending: Pending): void {
  unlink(pending);
  dispatcher.slots[pending.id & slotMask] = undefined;
  dispatcher.outstanding--;
}
