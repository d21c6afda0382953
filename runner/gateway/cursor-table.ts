/**
 * SCAN cursors: one decimal integer for a partition and a place in it. A place that is itself a small number travels in the
 * cursor; any other is kept here under a number, the oldest forgotten first, so that memory is bounded.
 */

export interface ScanPlace {
  readonly partition: number;
  /** The ring's own cursor within the partition; empty = its start. */
  readonly position: string;
}

const positionBitsMax = 46;

export interface CursorTable {
  /** Never `0`, which to clients means the end. */
  cursorOf(place: ScanPlace): string;
  /** Undefined when the cursor is malformed, of another ring, or forgotten. */
  placeOf(cursor: string): ScanPlace | undefined;
}

/**
 * ```
 * cursor = ((number x 4) + kind) x partitions + partition       kind 0: the partition's start
 *                                                               kind 1: number is the position
 *                                                               kind 2: number is a row of this table
 * ```
 */
export function createCursorTable(partitions: number, placesMax = 4_096): CursorTable {
  const kept = new Map<number, string>();
  let lastNumber = 0;

  function keep(position: string): number {
    kept.set(++lastNumber, position);
    const oldest = kept.keys().next();
    if (kept.size > placesMax && oldest.done !== true) kept.delete(oldest.value);
    return lastNumber;
  }

  function encode(number: number, kind: number, partition: number): string {
    return String((BigInt(number) * 4n + BigInt(kind)) * BigInt(partitions) + BigInt(partition));
  }

  return {
    cursorOf({ partition, position }) {
      if (position === '') return encode(0, 0, partition);
      const isNumber = /^(0|[1-9]\d*)$/.test(position) && Number(position) < 2 ** positionBitsMax;
      return isNumber ? encode(Number(position), 1, partition) : encode(keep(position), 2, partition);
    },
    placeOf(cursor) {
      if (!/^\d{1,20}$/.test(cursor)) return undefined;
      const value = BigInt(cursor);
      const partition = Number(value % BigInt(partitions));
      const kind = Number((value / BigInt(partitions)) % 4n);
      const number = Number(value / BigInt(partitions) / 4n);
      if (kind === 0) return number === 0 ? { partition, position: '' } : undefined;
      if (kind === 1) return { partition, position: String(number) };
      const position = kind === 2 ? kept.get(number) : undefined;
      return position === undefined ? undefined : { partition, position };
    },
  };
}
