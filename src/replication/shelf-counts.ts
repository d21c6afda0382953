/** What a node's shelves hold, counted: the same in both modes. */
import type { ByteString } from '../bytes.js';
import type { Shelf } from '../store.js';

/** Of a node's counters, those that its shelves tell. */
export interface ShelfCounts {
  /** Live records of the partitions led here, and of the others. */
  readonly records: number;
  readonly copies: number;
  readonly bytes: number;
  readonly tombstones: number;
}

export function countShelves(shelves: Iterable<Shelf>, nowMs: number): ShelfCounts {
  let copies = 0;
  let bytes = 0;
  let tombstones = 0;
  for (const shelf of shelves) {
    if (!shelf.led) copies += shelf.live;
    bytes += shelf.bytes;
    tombstones += shelf.tombstones;
  }
  return { records: countLed(shelves, nowMs), copies, bytes, tombstones };
}

/** Live records of the partitions led here; looks at each record only where some may have expired. */
export function countLed(shelves: Iterable<Shelf>, nowMs: number): number {
  let count = 0;
  for (const shelf of shelves) {
    if (!shelf.led) continue;
    count += shelf.live;
    if (shelf.earliestExpiry > nowMs) continue;
    for (const { tombstone, expiresAt } of shelf.records.values()) {
      if (!tombstone && expiresAt <= nowMs) count--;
    }
  }
  return count;
}

/** Partitions led here, and the live records in them; expired ones count until they are swept. */
export function ledBy(shelves: Iterable<Shelf>): { readonly partitions: number; readonly records: number } {
  let partitions = 0;
  let records = 0;
  for (const shelf of shelves) {
    if (!shelf.led) continue;
    partitions++;
    records += shelf.live;
  }
  return { partitions, records };
}

/** The record of a key, on whichever shelf it is. */
export function findRecord<Held>(
  shelves: Iterable<{ readonly records: ReadonlyMap<string, Held> }>,
  key: ByteString,
): Held | undefined {
  for (const { records } of shelves) {
    const found = records.get(key);
    if (found !== undefined) return found;
  }
  return undefined;
}
