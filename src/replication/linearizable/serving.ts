/** Serves batches of clients' requests: gets inline, everything else one by one. The hot path of the linearizable mode. */
import { trustBytes, type ByteString } from '../../bytes.js';
import { isBeyond } from '../../store.js';
import { changes, flags, opcodes, requestStride, statuses, type RequestBatch } from '../../wire/requests.js';
import { movesUntilTaken } from '../engine-state.js';
import { route } from '../next-hops.js';
import { operations } from '../operations.js';
import { giveBack } from '../reservations.js';
import { changeKey } from './changing.js';
import type { Operation } from './key-change.js';
import { isLeading } from './leading.js';
import { confirmRead, getKey, operationOfRead } from './reading.js';
import { stateOf } from './register.js';
import { redirect } from './requests.js';
import { reserve } from './reserving.js';
import type { Site } from './site.js';
import { slotOf, type Slot } from './slot.js';
import { requestMsMax, requestsMax, tombstoneBytesMax } from './timing.js';
import { servePartition } from './whole-partitions.js';

export function serveRequests(site: Site, client: number, batch: RequestBatch): void {
  const { head, text, numbers } = batch;
  const { environment, counters } = site;
  const nowMs = environment.clock.nowMs();
  let at = 0;
  let numbersAt = 0;
  let reads = 0;
  counters.batches++;
  for (let index = 0; index + requestStride <= head.length; index += requestStride) {
    const id = head[index] ?? 0;
    const operation = head[index + 1] ?? 0;
    const partition = head[index + 2] ?? 0;
    const slot = site.slots[partition] ?? slotOf(site, partition);
    const keyEnd = at + (head[index + 3] ?? 0);
    const valueEnd = keyEnd + (head[index + 4] ?? 0);
    const key = trustBytes(text.substring(at, keyEnd));
    const number = (operation & (flags.number << 8)) === 0 ? 0 : (numbers?.[numbersAt++] ?? 0);
    const opcode = operation & 0xff;
    if (slot === undefined) environment.reply(client, id, statuses.error, 'no such partition');
    else if (opcode === opcodes.route) route(site, client, id, key);
    else if (opcode === opcodes.count) servePartition(site, slot, client, id, opcode, key, number, nowMs);
    else if (!isServed(site, slot, operation >> 16)) redirect(site, slot, client, id);
    else if (site.requests >= requestsMax) environment.reply(client, id, statuses.busy, tooMany);
    else if (opcode === opcodes.get) {
      reads++;
      if (getKey(site, slot, client, id, key, nowMs)) {
        at = valueEnd;
        continue;
      }
      site.requests++;
      changeKey(site, slot, key, operationOfRead(client, id, nowMs), nowMs, false);
    } else {
      const value = environment.detach(trustBytes(text.substring(keyEnd, valueEnd)));
      serveOther(site, slot, key, {
        client,
        id,
        opcode,
        flags: (operation >> 8) & 0xff,
        moves: operation >> 16,
        value,
        number,
        untilMs: nowMs + requestMsMax,
      });
    }
    at = valueEnd;
  }
  counters.reads += reads;
}

/** Members coordinate: the leader, or whoever a request reaches that was sent about. */
function isServed(site: Site, slot: Slot, moves: number): boolean {
  if (slot.status !== 'active') return false;
  return slot.led || moves >= movesUntilTaken || isLeading(site, slot);
}

function serveOther(site: Site, slot: Slot, key: ByteString, request: Operation): void {
  const { environment, counters } = site;
  const { client, id, opcode } = request;
  const nowMs = request.untilMs - requestMsMax;
  if (opcode === opcodes.scan || opcode === opcodes.flush) {
    servePartition(site, slot, client, id, opcode, request.value, request.number, nowMs);
    return;
  }
  const { keyBytesMax, valueBytesMax } = environment.config;
  const valueBytes = opcode === opcodes.compareAndSet ? request.number : request.value.length;
  if (key.length > keyBytesMax || valueBytes > valueBytesMax) {
    environment.reply(client, id, statuses.error, 'the key or the value is longer than this ring allows');
    return;
  }
  if (opcode === opcodes.getOrReserve) {
    if (request.number < 0) giveBack(site, key, client, id, nowMs);
    else reserve(site, slot, environment.detach(key), request, nowMs);
    return;
  }
  const apply = operations.get(opcode);
  if (apply === undefined) {
    environment.reply(client, id, statuses.error, `unknown operation ${opcode}`);
    return;
  }
  const removes = removing.has(opcode);
  if (changes.has(opcode) && !removes && isBeyond(site.store, environment.config.evictionSlackEntries)) {
    environment.reply(client, id, statuses.busy, 'the store is full and still evicting');
    return;
  }
  if (site.tombstoneBytes > tombstoneBytesMax && removes) {
    environment.reply(client, id, statuses.busy, 'too many deleted keys are not collected yet');
    return;
  }
  site.requests++;
  if (changes.has(opcode)) {
    counters.writes++;
    changeKey(site, slot, key, request, nowMs, false);
    return;
  }
  counters.reads++;
  const register = slot.records.get(key);
  const isExpired = register !== undefined && !register.tombstone && register.expiresAt <= nowMs;
  if (isExpired || slot.changes.has(key)) changeKey(site, slot, key, request, nowMs, false);
  else {
    const state = stateOf(register, slot.versionFloor);
    const { status, reply } = apply(state, request, nowMs);
    if (state.value === undefined) counters.misses++;
    else counters.hits++;
    confirmRead(site, slot, key, request, register?.accepted ?? 0, status, reply, nowMs);
  }
}

const removing: ReadonlySet<number> = new Set([opcodes.delete, opcodes.expire, opcodes.getDelete]);
const tooMany = trustBytes(`${requestsMax} requests are under way at this node`);
