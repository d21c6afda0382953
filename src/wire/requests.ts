/**
 * Batches between a client and a node: structures of arrays. Over a MessagePort a batch travels as one Latin-1 string, the form
 * that measured fastest (src/io/packing.ts; ARCHITECTURE.md, "Decisions").
 *
 *   RequestBatch.head   [ id | opcode, flags, moves | partition | key bytes | value bytes ]  x requests
 *   RequestBatch.text   key value key value ...            (a character a byte)
 *   RequestBatch.numbers  one number for each request whose flags include `number`, in order
 *
 *   ReplyBatch.head     [ id | status | value bytes ]  x replies
 *   ReplyBatch.text     value value ...
 */
import { trustBytes, type ByteString } from '../bytes.js';
import { RondoError } from '../errors.js';

export const opcodes = {
  /** value; absent */
  get: 1,
  /** `number` = ttlMs (0 = none); flags ifAbsent, ifPresent, returnPrevious, keepTtl. Reply ok | refused, with the previous value when asked; then absent = stored where there was none. */
  put: 2,
  /** ok if a record was deleted; absent */
  delete: 3,
  /** ok with the new length in decimal */
  append: 4,
  /** ok | absent, without the value */
  exists: 5,
  /** ok with the value's length in decimal | absent */
  length: 6,
  /** ok with the remaining ms in decimal, -1 = no expiry | absent */
  ttl: 7,
  /**
   * `number` = ttlMs from now; 0 removes the expiry, negative deletes. Flags: ifAbsent and ifPresent ask for no expiry or one
   * before, ifLater and ifSooner for one before that is sooner or later (none is the latest), returnPrevious for the value.
   * ok | refused | absent
   */
  expire: 8,
  /** ok with the value | reserved: the caller is the one to load and put it. Waits while another loads. `number` = reservation ms; negative = gives the reservation back: absent */
  getOrReserve: 9,
  /** `number` = step, a safe integer. ok with the sum in decimal. Linearizable rings only. */
  increment: 10,
  /** `number` = bytes of the expected value, which precedes the new one; flag keepTtl. ok | refused with the value that is there | absent. Linearizable rings only. */
  compareAndSet: 11,
  /** Of `partition`: value = cursor (empty = start), `number` = most records. Reply ok: JSON head and records, see scanReply. */
  scan: 12,
  /** Live records that this node leads, in decimal, over all partitions */
  count: 13,
  /** Empties `partition`. ok */
  flush: 14,
  /** The next hop towards the identifier in `key` (40 hex characters): reply moved (home known) or hop */
  route: 15,
  /** value = step in decimal. ok with the sum in decimal. Linearizable rings only. */
  incrementByFloat: 16,
  /** ok with the value that was deleted | absent */
  getDelete: 17,
  /** `number` = offset at which the value is written; a gap is filled with zero bytes. ok with the new length in decimal */
  setRange: 18,
  /** value = `first last` in decimal: offsets of the first and the last byte wanted, negative = from the end. ok with the bytes | absent */
  getRange: 19,
} as const;
export type Opcode = (typeof opcodes)[keyof typeof opcodes];

/** Operations that alter data, so that none may be sent twice. */
export const changes: ReadonlySet<number> = new Set<Opcode>([
  opcodes.put,
  opcodes.delete,
  opcodes.append,
  opcodes.expire,
  opcodes.increment,
  opcodes.compareAndSet,
  opcodes.flush,
  opcodes.incrementByFloat,
  opcodes.getDelete,
  opcodes.setRange,
]);

export const flags = {
  ifAbsent: 1,
  ifPresent: 2,
  returnPrevious: 4,
  keepTtl: 8,
  number: 16,
  ifLater: 32,
  ifSooner: 64,
} as const;

export const statuses = {
  ok: 0,
  absent: 1,
  /** A condition (ifAbsent, ifPresent) did not hold; the value is the present one when returnPrevious was asked. */
  refused: 2,
  /** Not led here: value = comma-separated identifiers of the natural group as this node knows it, leader first. */
  moved: 3,
  /** Not near: value = `via` and then comma-separated identifiers of next hops, best first: `finger 12,id,id`. */
  hop: 4,
  /** A limit is reached; no effect. Value = message. */
  busy: 5,
  /** Certainly no effect. Value = message. */
  error: 6,
  /** No effect at present, try again soon (joining, leaving). Value = message. */
  tryAgain: 7,
  /** getOrReserve: load the value and put it. */
  reserved: 8,
  /** The outcome cannot be known. Value = message. */
  unknown: 9,
  /** Certainly no effect: a quorum of the partition's view did not answer. Value = message. */
  noQuorum: 10,
  /** Certainly no effect: the ring's mode does not offer the operation. Value = message. */
  unsupported: 11,
} as const;
export type Status = (typeof statuses)[keyof typeof statuses];

export const requestStride = 5;
export const replyStride = 3;

export interface RequestBatch {
  readonly head: readonly number[];
  readonly text: ByteString;
  readonly numbers?: Float64Array;
}

export interface ReplyBatch {
  readonly head: readonly number[];
  readonly text: ByteString;
}

/** One request, unpacked. The hot path reads batches in place instead. */
export interface Request {
  readonly id: number;
  readonly opcode: Opcode;
  readonly flags: number;
  readonly moves: number;
  readonly partition: number;
  readonly key: ByteString;
  readonly value: ByteString;
  /** Present iff flags include `number`. */
  readonly number: number;
}

export interface RequestWriter {
  count: number;
  head: number[];
  text: string;
  numbers: number[];
}

export function createRequestWriter(): RequestWriter {
  return { count: 0, head: [], text: '', numbers: [] };
}

export function writeRequest(
  writer: RequestWriter,
  id: number,
  opcode: Opcode,
  requestFlags: number,
  moves: number,
  partition: number,
  key: ByteString,
  value: ByteString,
  number: number,
): void {
  writer.count++;
  writer.head.push(id, opcode | (requestFlags << 8) | (moves << 16), partition, key.length, value.length);
  writer.text += key + value;
  if ((requestFlags & flags.number) !== 0) writer.numbers.push(number);
}

export function finishRequests(writer: RequestWriter): RequestBatch {
  const { head } = writer;
  const text = trustBytes(writer.text);
  return writer.numbers.length === 0
    ? { head, text }
    : { head, text, numbers: new Float64Array(writer.numbers) };
}

/** Unpacks a batch into objects: for tests, the simulator's history and cold paths. */
export function readRequests(batch: RequestBatch): Request[] {
  const requests: Request[] = [];
  let at = 0;
  let numbersAt = 0;
  for (let index = 0; index + requestStride <= batch.head.length; index += requestStride) {
    const [id = 0, operation = 0, partition = 0, keyBytes = 0, valueBytes = 0] = batch.head.slice(
      index,
      index + requestStride,
    );
    const requestFlags = (operation >> 8) & 0xff;
    const hasNumber = (requestFlags & flags.number) !== 0;
    requests.push({
      id,
      opcode: (operation & 0xff) as Opcode,
      flags: requestFlags,
      moves: operation >> 16,
      partition,
      key: trustBytes(batch.text.slice(at, at + keyBytes)),
      value: trustBytes(batch.text.slice(at + keyBytes, at + keyBytes + valueBytes)),
      number: hasNumber ? (batch.numbers?.[numbersAt++] ?? 0) : 0,
    });
    at += keyBytes + valueBytes;
  }
  return requests;
}

export interface ReplyWriter {
  count: number;
  head: number[];
  text: string;
}

export function createReplyWriter(): ReplyWriter {
  return { count: 0, head: [], text: '' };
}

export function writeReply(writer: ReplyWriter, id: number, status: Status, value: string): void {
  writer.count++;
  writer.head.push(id, status, value.length);
  writer.text += value;
}

export function finishReplies(writer: ReplyWriter): ReplyBatch {
  return { head: writer.head, text: trustBytes(writer.text) };
}

/** One page of a scan: records in no order; `next` is the cursor to go on with, undefined at the partition's end. */
export interface ScanPage {
  readonly next: string | undefined;
  readonly records: readonly (readonly [key: ByteString, value: ByteString])[];
}

/** Packs a scan page as one value: `[next or null, [key bytes, value bytes, ...]]` in JSON, a line end, then keys and values. */
export function packScanPage(page: ScanPage): ByteString {
  const lengths: number[] = [];
  let text = '';
  for (const [key, value] of page.records) {
    lengths.push(key.length, value.length);
    text += key + value;
  }
  return trustBytes(`${JSON.stringify([page.next ?? null, lengths])}\n${text}`);
}

/** Throws RondoError INTERNAL when it is no page: what is wrong with a reply, which may come from another host, ends its call alone. */
export function unpackScanPage(packed: ByteString): ScanPage {
  const line = packed.indexOf('\n');
  const [next, lengths] = headOfPage(packed.slice(0, Math.max(0, line)));
  const records: [ByteString, ByteString][] = [];
  let at = line + 1;
  for (let index = 0; index < lengths.length; index += 2) {
    const keyEnd = at + (lengths[index] ?? 0);
    const valueEnd = keyEnd + (lengths[index + 1] ?? 0);
    records.push([trustBytes(packed.slice(at, keyEnd)), trustBytes(packed.slice(keyEnd, valueEnd))]);
    at = valueEnd;
  }
  if (at !== packed.length) throw noPage('is of another length than it says');
  return { next: next ?? undefined, records };
}

function headOfPage(json: string): readonly [string | null, readonly number[]] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    throw noPage('does not begin with JSON');
  }
  const [next, lengths] = Array.isArray(parsed) ? (parsed as unknown[]) : [];
  if (next !== null && typeof next !== 'string') throw noPage('has no cursor');
  if (!isLengths(lengths) || lengths.length % 2 !== 0) throw noPage('has no lengths');
  return [next, lengths];
}

function noPage(why: string): RondoError {
  return new RondoError('INTERNAL', `the page of a scan that a node answered ${why}`);
}

function isLengths(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((length) => Number.isSafeInteger(length) && length >= 0);
}
