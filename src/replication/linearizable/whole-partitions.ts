/**
 * Requests for a whole partition: scan, count and flush. A page of a scan unites the keys of a quorum, each read like any
 * other; a flush is a view change to a view that starts empty.
 */
import { trustBytes, type ByteString } from '../../bytes.js';
import type { Identifier } from '../../chord/identifier.js';
import { opcodes, packScanPage, statuses, type Status } from '../../wire/requests.js';
import { raisePending } from '../engine-state.js';
import { cursorAfter, cutPage } from '../scan-page.js';
import { countLed } from '../shelf-counts.js';
import { changeKey } from './changing.js';
import type { Epoch } from './ballot.js';
import type { KeysListed, ListKeys } from './messages.js';
import { operationOfRead } from './reading.js';
import { nobody, noQuorum } from './requests.js';
import { seemsAlive, type Site } from './site.js';
import { slotOf, type Slot } from './slot.js';
import { requestMsMax, resendMs } from './timing.js';

/** A page of a scan whose keys are being listed. */
export interface PendingPage {
  readonly slot: Slot;
  readonly epoch: Epoch;
  readonly client: number;
  readonly id: number;
  readonly after: number;
  readonly through: number;
  readonly keys: Set<ByteString>;
  readonly listedBy: Set<Identifier>;
  readonly untilMs: number;
  askedAtMs: number;
}

export function servePartition(
  site: Site,
  slot: Slot,
  client: number,
  id: number,
  opcode: number,
  value: ByteString,
  number: number,
  nowMs: number,
): void {
  const { reply } = site.environment;
  if (opcode === opcodes.count) reply(client, id, statuses.ok, String(countLed(site.known, nowMs)));
  else if (opcode === opcodes.scan) startPage(site, slot, client, id, value, number, nowMs);
  else {
    site.counters.writes++;
    slot.flushes.push({ client, id, untilMs: nowMs + requestMsMax, epoch: 0 });
    site.hintsDueAtMs = 0;
    raisePending(site);
  }
}

export function answerListKeys(site: Site, message: ListKeys): void {
  const { partition, epoch, after, through, requestId, from } = message;
  const slot = slotOf(site, partition);
  const active = slot?.status === 'active' && slot.epoch === epoch;
  const keys: ByteString[] = [];
  if (slot !== undefined && active) {
    for (const register of slot.records.values()) {
      const { keyHash, tombstone } = register;
      if (keyHash > after && keyHash <= through && !tombstone) keys.push(register.key);
    }
  }
  site.environment.send(from, { type: 'keysListed', from: site.self, requestId, active, keys });
}

export function handleKeysListed(site: Site, message: KeysListed, nowMs: number): void {
  const page = site.pages.get(message.requestId);
  if (page === undefined || !message.active) return;
  if (page.slot.status !== 'active' || page.slot.epoch !== page.epoch) return;
  page.listedBy.add(message.from);
  for (const key of message.keys) page.keys.add(key);
  if (page.listedBy.size + 1 < page.slot.quorum) return;
  site.pages.delete(message.requestId);
  readPage(site, page, nowMs);
}

/** Asks again for pages that were not listed, and gives up in time. Returns whether some are awaited. */
export function tickPages(site: Site, nowMs: number): boolean {
  for (const [requestId, page] of site.pages) {
    const { slot, client, id } = page;
    if (slot.epoch !== page.epoch || slot.status !== 'active') {
      site.pages.delete(requestId);
      site.environment.reply(client, id, statuses.tryAgain, 'the partition is changing hands');
    } else if (page.untilMs <= nowMs) {
      site.pages.delete(requestId);
      site.environment.reply(client, id, statuses.noQuorum, noQuorum(slot));
    } else if (nowMs - page.askedAtMs >= resendMs)
      askForKeys(site, requestId, page, slot.members.length, nowMs);
  }
  return site.pages.size > 0;
}

function startPage(
  site: Site,
  slot: Slot,
  client: number,
  id: number,
  cursor: ByteString,
  asked: number,
  nowMs: number,
): void {
  const own = cutPage(slot.records.values(), cursor, asked, ({ tombstone }) => !tombstone);
  const page: PendingPage = {
    slot,
    epoch: slot.epoch,
    client,
    id,
    after: own.after,
    through: own.through,
    keys: new Set(own.records.map(({ key }) => key)),
    listedBy: new Set(),
    untilMs: nowMs + requestMsMax,
    askedAtMs: nowMs,
  };
  if (slot.quorum === 1) return readPage(site, page, nowMs);
  const requestId = site.nextRequestId++;
  site.pages.set(requestId, page);
  askForKeys(site, requestId, page, slot.quorum - 1, nowMs);
  raisePending(site);
}

function askForKeys(site: Site, requestId: number, page: PendingPage, count: number, nowMs: number): void {
  const { slot, epoch, after, through, listedBy } = page;
  page.askedAtMs = nowMs;
  const others = slot.members.filter(({ id }) => id !== site.self && !listedBy.has(id));
  const first = others.filter(({ id }) => seemsAlive(site, id));
  for (const { id } of [...first, ...others.filter((peer) => !first.includes(peer))].slice(0, count)) {
    const { partition } = slot;
    const from = site.self;
    site.environment.send(id, { type: 'listKeys', from, requestId, partition, epoch, after, through });
  }
}

function readPage(site: Site, page: PendingPage, nowMs: number): void {
  const { slot, client, id, keys, through } = page;
  const records: (readonly [ByteString, ByteString])[] = [];
  let open = keys.size;
  let failure: readonly [Status, ByteString] | undefined;
  const answer = (): void => {
    if (failure !== undefined) site.environment.reply(client, id, failure[0], failure[1]);
    else {
      const page = packScanPage({ next: cursorAfter(through), records });
      site.environment.reply(client, id, statuses.ok, page);
    }
  };
  if (open === 0) return answer();
  for (const key of keys) {
    const heard = (status: Status, value: ByteString): void => {
      if (status === statuses.ok) records.push([key, value]);
      else if (status !== statuses.absent) failure = [status, value];
      if (--open === 0) answer();
    };
    site.requests++;
    const operation = { ...operationOfRead(nobody, 0, nowMs), heard };
    changeKey(site, slot, key, operation, nowMs, false);
  }
}

/** This node's proposal empties the partition, and none was accepted before: those that wait now wait for that epoch. */
export function claimFlushes(slot: Slot, epoch: Epoch): void {
  for (const flush of slot.flushes) flush.epoch = epoch;
}

/** The partition was emptied with the given epoch: ends the wait of those that had asked before that was proposed. */
export function answerFlushes(site: Site, slot: Slot, epoch: Epoch): void {
  for (const flush of slot.flushes) {
    if (flush.epoch === epoch) site.environment.reply(flush.client, flush.id, statuses.ok, '');
  }
  slot.flushes = slot.flushes.filter((flush) => flush.epoch !== epoch);
}

export function tickFlushes(site: Site, slot: Slot, nowMs: number): void {
  if (slot.flushes.length === 0) return;
  for (const { client, id, untilMs } of slot.flushes) {
    if (untilMs <= nowMs) site.environment.reply(client, id, statuses.unknown, flushUnknown);
  }
  slot.flushes = slot.flushes.filter(({ untilMs }) => untilMs > nowMs);
}

const flushUnknown = trustBytes('the partition was not emptied in time: it may be emptied later');
