/**
 * The store: records of all partitions that a node holds, with an exact least-recently-used order over those of the
 * partitions that it leads. It never forgets by itself: whoever owns it asks for `victims` and removes them.
 *
 *   shelves[partition] -> Map key -> record          lookup, scan
 *   oldest <-> record <-> record <-> newest          recency; led shelves of a bounded store only
 */
import type { ByteString } from './bytes.js';
import type { Identifier } from './chord/identifier.js';

/** What a record takes beside the bytes of key and value; measured with test/store.test.ts's method on Node 20. */
export const recordOverheadBytes = 240;

export interface StoredRecord {
  readonly key: ByteString;
  /** Of replication/digest.ts; kept because it is asked for at every change. */
  readonly keyHash: number;
  readonly shelf: Shelf;
  /** Empty in a tombstone. */
  value: ByteString;
  hlc: number;
  writer: Identifier;
  /** Milliseconds since 1970; Infinity = never. */
  expiresAt: number;
  tombstone: boolean;
  newer: StoredRecord | undefined;
  older: StoredRecord | undefined;
}

/** One partition's records. */
export interface Shelf {
  readonly partition: number;
  /** Changed by addRecord and removeRecord only; shared and empty until the first record. */
  records: Map<string, StoredRecord>;
  led: boolean;
  /** Records that are not tombstones, and their bytes. */
  live: number;
  bytes: number;
  tombstones: number;
  /** No record expires before. */
  earliestExpiry: number;
}

export interface StoreBounds {
  /** Records of led partitions; 0 = no bound. */
  readonly maxEntries: number;
  /** Bytes (key + value + recordOverheadBytes) of records of led partitions; 0 = no bound. */
  readonly maxBytes: number;
}

export interface Store {
  readonly maxEntries: number;
  readonly maxBytes: number;
  /** Whether there is a bound: without one no order is kept. */
  readonly bounded: boolean;
  ledEntries: number;
  ledBytes: number;
  newest: StoredRecord | undefined;
  oldest: StoredRecord | undefined;
}

export function createStore(bounds: StoreBounds): Store {
  const maxEntries = bounds.maxEntries === 0 ? Infinity : bounds.maxEntries;
  const maxBytes = bounds.maxBytes === 0 ? Infinity : bounds.maxBytes;
  const bounded = maxEntries !== Infinity || maxBytes !== Infinity;
  return { maxEntries, maxBytes, bounded, ledEntries: 0, ledBytes: 0, newest: undefined, oldest: undefined };
}

/** The records of a shelf without any. */
export const noRecords = new Map<string, StoredRecord>();

export function createShelf(partition: number): Shelf {
  const counts = { live: 0, bytes: 0, tombstones: 0, earliestExpiry: Infinity };
  return { partition, records: noRecords, led: false, ...counts };
}

/** Puts a new record on its shelf, as the most recent. The shelf must have none with that key. */
export function addRecord(store: Store, record: StoredRecord): void {
  const { shelf } = record;
  if (shelf.records === noRecords) shelf.records = new Map();
  shelf.records.set(record.key, record);
  count(store, record, 1);
}

/** Gives a record on its shelf new contents; it becomes the most recent. */
export function changeRecord(
  store: Store,
  record: StoredRecord,
  value: ByteString,
  expiresAt: number,
  tombstone: boolean,
): void {
  count(store, record, -1);
  record.value = value;
  record.expiresAt = expiresAt;
  record.tombstone = tombstone;
  count(store, record, 1);
}

export function removeRecord(store: Store, record: StoredRecord): void {
  record.shelf.records.delete(record.key);
  count(store, record, -1);
}

/** Notes a use of a live record of a led shelf. Does nothing in a store without bounds. */
export function touchRecord(store: Store, record: StoredRecord): void {
  if (!store.bounded || store.newest === record || !record.shelf.led) return;
  unlink(store, record);
  link(store, record);
}

/** Takes a shelf into the count and the order, or out of both. Records come in by their versions, as the most recent. */
export function setLed(store: Store, shelf: Shelf, led: boolean): void {
  if (shelf.led === led) return;
  shelf.led = led;
  const sign = led ? 1 : -1;
  store.ledEntries += sign * shelf.live;
  store.ledBytes += sign * shelf.bytes;
  if (!store.bounded || shelf.live === 0) return;
  const records = [...shelf.records.values()].filter((record) => !record.tombstone);
  if (led) records.sort((a, b) => a.hlc - b.hlc);
  for (const record of records) {
    if (led) link(store, record);
    else unlink(store, record);
  }
}

/** Whether the store leads more than it may by so many entries, or by as many bytes as that many of the oldest have: changes must wait. */
export function isBeyond(store: Store, slackEntries: number): boolean {
  if (!store.bounded || !isOverfull(store)) return false;
  const oldestBytes = store.oldest === undefined ? 0 : bytesOf(store.oldest.key, store.oldest.value);
  return (
    store.ledEntries > store.maxEntries + slackEntries ||
    store.ledBytes > store.maxBytes + slackEntries * oldestBytes
  );
}

export function isOverfull(store: Store): boolean {
  return store.ledEntries > store.maxEntries || store.ledBytes > store.maxBytes;
}

/** What must go, least recently used first; never the most recent one. Remove each before asking for the next. */
export function* victims(store: Store): Generator<StoredRecord> {
  while (isOverfull(store)) {
    const victim = store.oldest;
    if (victim === undefined || victim === store.newest) return;
    yield victim;
    if (store.oldest === victim) return;
  }
}

export function bytesOf(key: ByteString, value: ByteString): number {
  return key.length + value.length + recordOverheadBytes;
}

function count(store: Store, record: StoredRecord, sign: 1 | -1): void {
  const shelf = record.shelf;
  if (record.tombstone) {
    shelf.tombstones += sign;
    return;
  }
  const bytes = sign * bytesOf(record.key, record.value);
  shelf.live += sign;
  shelf.bytes += bytes;
  if (sign === 1 && record.expiresAt < shelf.earliestExpiry) shelf.earliestExpiry = record.expiresAt;
  if (!shelf.led) return;
  store.ledEntries += sign;
  store.ledBytes += bytes;
  if (!store.bounded) return;
  if (sign === 1) link(store, record);
  else unlink(store, record);
}

/** Makes a record that is in no order the most recent. */
function link(store: Store, record: StoredRecord): void {
  record.older = store.newest;
  record.newer = undefined;
  if (store.newest === undefined) store.oldest = record;
  else store.newest.newer = record;
  store.newest = record;
}

function unlink(store: Store, record: StoredRecord): void {
  if (record.newer === undefined) store.newest = record.older;
  else record.newer.older = record.older;
  if (record.older === undefined) store.oldest = record.newer;
  else record.older.newer = record.newer;
  record.newer = undefined;
  record.older = undefined;
}
