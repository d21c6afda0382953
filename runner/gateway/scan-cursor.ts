/** SCAN cursors: a partition and a place in it as one decimal integer, so that nothing of a scan is kept here. */
import { assert } from '../../src/errors.js';

export interface ScanPlace {
  readonly partition: number;
  /** The ring's own cursor within the partition, a decimal number; empty = its start. */
  readonly position: string;
}

/** `(position + 1, or 0 at the start) x partitions + partition`: within 64 bits, as clients expect. Never `0` but for the ring's start. */
export function cursorOf(place: ScanPlace, partitions: number): string {
  const { partition, position } = place;
  if (position === '') return String(partition);
  assert(/^\d{1,16}$/.test(position), 'a position within a partition is a decimal number');
  return String((BigInt(position) + 1n) * BigInt(partitions) + BigInt(partition));
}

/** Undefined when the text is no cursor. */
export function placeOf(cursor: string, partitions: number): ScanPlace | undefined {
  if (!/^\d{1,20}$/.test(cursor)) return undefined;
  const value = BigInt(cursor);
  const position = value / BigInt(partitions);
  return {
    partition: Number(value % BigInt(partitions)),
    position: position === 0n ? '' : String(position - 1n),
  };
}
