/** Serves batches of clients' requests: gets and plain puts inline, in place; everything else one by one. The hot path. */
import { trustBytes, type ByteString } from '../bytes.js';
import { touchRecord, type StoredRecord } from '../store.js';
import { flags, opcodes, requestStride, statuses, type RequestBatch } from '../wire/requests.js';
import { enforceBounds, expireRecord, isTooFull } from './bounds.js';
import { writeLocally } from './changes.js';
import { movesUntilTaken, type ClientRequest } from './engine-state.js';
import { isPlanted } from './environment.js';
import { forwardRequest } from './filling.js';
import { route } from './next-hops.js';
import { absentState, operations } from './operations.js';
import { servePartition } from './partition-requests.js';
import { redirect } from './redirecting.js';
import type { PartitionState, Replica } from './replica.js';
import { giveBack, reserve, settleReservation } from './reservations.js';

const plainPut = opcodes.put;
const plainPutTtl = opcodes.put | (flags.number << 8);
const conditions = flags.ifAbsent | flags.ifPresent | flags.returnPrevious | flags.keepTtl;

/** Answers each request of a batch through `environment.reply`, at once or, where a record must be fetched, later. */
export function serveRequests(replica: Replica, client: number, batch: RequestBatch): void {
  const { head, text, numbers } = batch;
  const { partitions, counters, environment } = replica;
  const nowMs = environment.clock.nowMs();
  const { bounded } = replica.store;
  let reads = 0;
  let hits = 0;
  let at = 0;
  let numbersAt = 0;
  for (let index = 0; index + requestStride <= head.length; index += requestStride) {
    const id = head[index] ?? 0;
    const operation = head[index + 1] ?? 0;
    const partition = partitions[head[index + 2] ?? 0];
    const keyEnd = at + (head[index + 3] ?? 0);
    const valueEnd = keyEnd + (head[index + 4] ?? 0);
    const key = trustBytes(text.substring(at, keyEnd));
    const number = (operation & (flags.number << 8)) === 0 ? 0 : (numbers?.[numbersAt++] ?? 0);
    if (partition === undefined) {
      environment.reply(client, id, statuses.error, 'no such partition');
    } else if ((operation & 0xffff) === opcodes.get && partition.readable) {
      const record = partition.records.get(key);
      reads++;
      // The record's own expiry costs a look elsewhere in memory: most partitions hold none that expires.
      const lives = record !== undefined && (partition.earliestExpiry > nowMs || record.expiresAt > nowMs);
      if (lives && !record.tombstone) {
        hits++;
        if (bounded) touchRecord(replica.store, record);
        environment.reply(client, id, statuses.ok, record.value);
      } else {
        if (record !== undefined) expireRecord(replica, partition, record, nowMs);
        environment.reply(client, id, statuses.absent, '');
      }
    } else {
      const value = trustBytes(text.substring(keyEnd, valueEnd));
      const plain = (operation & 0xffff) === plainPut || (operation & 0xffff) === plainPutTtl;
      if (plain && partition.led && fits(replica, key, value)) {
        putPlainly(replica, client, id, partition, key, value, number, nowMs);
      } else {
        const request: ClientRequest = {
          client,
          id,
          opcode: operation & 0xff,
          flags: (operation >> 8) & 0xff,
          moves: operation >> 16,
          value,
          number,
        };
        serve(replica, partition, key, request, nowMs, false);
      }
    }
    at = valueEnd;
  }
  counters.batches++;
  counters.reads += reads;
  counters.hits += hits;
  counters.misses += reads - hits;
}

/** Serves one request of any kind. `looked`: a missing record was asked for elsewhere already, and merged if there was one. */
export function serve(
  replica: Replica,
  partition: PartitionState,
  key: ByteString,
  request: ClientRequest,
  nowMs: number,
  looked: boolean,
): void {
  const { environment, counters } = replica;
  const { client, id, opcode } = request;
  const taken = request.moves >= movesUntilTaken && replica.departure !== 'announced';
  const operation = operations.get(opcode);
  if (opcode === opcodes.route) {
    route(replica, client, id, key);
  } else if (needsOneLeader(opcode)) {
    const message = 'needs the linearizable mode (start the ring with --consistency linearizable)';
    environment.reply(client, id, statuses.unsupported, message);
  } else if (opcode === opcodes.scan || opcode === opcodes.count || opcode === opcodes.flush) {
    servePartition(replica, partition, request, partition.led || taken, nowMs);
  } else if (operation === undefined && opcode !== opcodes.getOrReserve) {
    environment.reply(client, id, statuses.error, `unknown operation ${opcode}`);
  } else if (!mayServe(partition, opcode, taken)) {
    redirect(replica, client, id, partition);
  } else if (!fits(replica, key, request.value)) {
    environment.reply(client, id, statuses.error, 'the key or the value is longer than this ring allows');
  } else {
    let record = partition.records.get(key);
    const must = record === undefined && needsState(request) && partition.copy !== 'complete' && !looked;
    if (must && !isPlanted(replica.environment, 'serveWhileFilling')) {
      forwardRequest(replica, partition, key, request, nowMs);
      return;
    }
    if (record !== undefined && expireRecord(replica, partition, record, nowMs)) {
      record = partition.records.get(key);
    }
    if (operation !== undefined) operate(replica, partition, key, record, request, nowMs);
    else if (request.number < 0) giveBack(replica, key, client, id, nowMs);
    else {
      counters.reads++;
      if (record === undefined || !isLive(record, nowMs)) {
        counters.misses++;
        reserve(replica, partition.partition, key, client, id, request.number, nowMs);
      } else {
        counters.hits++;
        touchRecord(replica.store, record);
        environment.reply(client, id, statuses.ok, record.value);
      }
    }
  }
}

/** Applies an operation of the table to a record and stores what changed. */
function operate(
  replica: Replica,
  partition: PartitionState,
  key: ByteString,
  record: StoredRecord | undefined,
  request: ClientRequest,
  nowMs: number,
): void {
  const { environment, counters } = replica;
  const { client, id, opcode } = request;
  const operation = operations.get(opcode);
  if (operation === undefined) return;
  const before = record === undefined || !isLive(record, nowMs) ? absentState : record;
  const { state, status, reply } = operation(before, request, nowMs);
  if (isRead(opcode)) {
    counters.reads++;
    if (before === absentState) counters.misses++;
    else counters.hits++;
  } else counters.writes++;
  if (state === before) {
    if (record !== undefined) touchRecord(replica.store, record);
    environment.reply(client, id, status, reply);
    return;
  }
  const { value, expiresAt } = state;
  if (value !== undefined && !fits(replica, key, value)) {
    environment.reply(client, id, statuses.error, 'the value would become longer than this ring allows');
  } else if (value !== undefined && isTooFull(replica, partition)) {
    environment.reply(client, id, statuses.busy, 'the store is full and still evicting');
  } else {
    const kept = value === undefined ? undefined : environment.detach(value);
    writeLocally(replica, partition, key, record, kept, expiresAt, nowMs);
    if (kept !== undefined && replica.reservations.size > 0) settleReservation(replica, key, kept);
    if (replica.store.bounded) enforceBounds(replica);
    environment.reply(client, id, status, reply);
  }
}

function putPlainly(
  replica: Replica,
  client: number,
  id: number,
  partition: PartitionState,
  key: ByteString,
  value: ByteString,
  ttlMs: number,
  nowMs: number,
): void {
  const { environment } = replica;
  replica.counters.writes++;
  if (isTooFull(replica, partition)) {
    environment.reply(client, id, statuses.busy, 'the store is full and still evicting');
    return;
  }
  const kept = environment.detach(value);
  const expiresAt = ttlMs > 0 ? nowMs + ttlMs : Infinity;
  writeLocally(replica, partition, key, partition.records.get(key), kept, expiresAt, nowMs);
  if (replica.reservations.size > 0) settleReservation(replica, key, kept);
  if (replica.store.bounded) enforceBounds(replica);
  environment.reply(client, id, statuses.ok, '');
}

/** Any member answers reads; only the leader takes changes, and whoever a request was moved to twice. */
function mayServe(partition: PartitionState, opcode: number, taken: boolean): boolean {
  if (isRead(opcode) && opcode !== opcodes.getOrReserve) {
    return partition.member || (taken && partition.copy === 'complete');
  }
  return partition.led || taken;
}

function isRead(opcode: number): boolean {
  return (
    opcode === opcodes.get ||
    opcode === opcodes.exists ||
    opcode === opcodes.length ||
    opcode === opcodes.ttl ||
    opcode === opcodes.getRange ||
    opcode === opcodes.getOrReserve
  );
}

/** What means something only where no two nodes decide at the same time. */
function needsOneLeader(opcode: number): boolean {
  return (
    opcode === opcodes.increment || opcode === opcodes.incrementByFloat || opcode === opcodes.compareAndSet
  );
}

/** Only a put without conditions has an outcome that does not depend on what was there. */
function needsState(request: ClientRequest): boolean {
  return request.opcode !== opcodes.put || (request.flags & conditions) !== 0;
}

function isLive(record: StoredRecord, nowMs: number): boolean {
  return !record.tombstone && record.expiresAt > nowMs;
}

function fits(replica: Replica, key: ByteString, value: ByteString): boolean {
  const { keyBytesMax, valueBytesMax } = replica.environment.config;
  return key.length <= keyBytesMax && value.length <= valueBytesMax;
}
