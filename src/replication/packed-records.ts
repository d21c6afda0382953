/**
 * Records on their way between replicas, packed as structures of arrays (see wire/requests.ts for why).
 *
 *   head     [ partition | kind, writer's place << 8 | key bytes | value bytes ]  x records
 *   numbers  [ hybrid clock's reading | expiry ]                                 x records
 *   writers  the identifiers that `writer's place` counts in
 *   text     key value key value ...     (a character a byte)
 */
import { emptyBytes, trustBytes, type ByteString } from '../bytes.js';
import type { Identifier } from '../chord/identifier.js';
import { noWriter } from './version.js';

export const kinds = {
  /** A record with a value. */
  value: 0,
  /** A deleted record. */
  tombstone: 1,
  /** Not a record: copies of the key up to the version are to be forgotten without a trace (eviction, expiry). */
  evict: 2,
  /** Not a record: everything in the partition up to the version is gone. No key. */
  flush: 3,
} as const;
export type Kind = (typeof kinds)[keyof typeof kinds];

export const recordStride = 4;

export interface PackedRecords {
  readonly head: ArrayLike<number>;
  readonly numbers: ArrayLike<number>;
  readonly writers: readonly Identifier[];
  readonly text: ByteString;
}

export interface RecordWriter {
  head: number[];
  numbers: number[];
  writers: Identifier[];
  text: string;
}

/** One change of a partition's contents: a record, or its end. */
export interface Change {
  readonly partition: number;
  readonly kind: Kind;
  readonly key: ByteString;
  readonly value: ByteString;
  readonly hlc: number;
  readonly writer: Identifier;
  /** Milliseconds since 1970; Infinity = never. */
  readonly expiresAt: number;
}

export function createRecordWriter(): RecordWriter {
  return { head: [], numbers: [], writers: [], text: '' };
}

export function writeChange(run: RecordWriter, change: Change): void {
  const { key, value } = change;
  let place = run.writers.indexOf(change.writer);
  if (place === -1) place = run.writers.push(change.writer) - 1;
  run.head.push(change.partition, change.kind | (place << 8), key.length, value.length);
  run.numbers.push(change.hlc, change.expiresAt);
  run.text += key + value;
}

export function finishRecords(run: RecordWriter): PackedRecords {
  return {
    head: run.head,
    numbers: run.numbers,
    writers: run.writers,
    text: trustBytes(run.text),
  };
}

/** Unpacks a run in order. Keys and values are parts of its text: detach what is kept. */
export function visitChanges(records: PackedRecords, visit: (change: Change) => void): void {
  const { head, numbers, writers, text } = records;
  let at = 0;
  for (let index = 0, place = 0; index + recordStride <= head.length; index += recordStride, place += 2) {
    const tag = head[index + 1] ?? 0;
    const keyEnd = at + (head[index + 2] ?? 0);
    const valueEnd = keyEnd + (head[index + 3] ?? 0);
    visit({
      partition: head[index] ?? 0,
      kind: kindOf(tag & 0xff),
      key: trustBytes(text.substring(at, keyEnd)),
      value: valueEnd === keyEnd ? emptyBytes : trustBytes(text.substring(keyEnd, valueEnd)),
      hlc: numbers[place] ?? 0,
      writer: writers[tag >> 8] ?? noWriter,
      expiresAt: numbers[place + 1] ?? Infinity,
    });
    at = valueEnd;
  }
}

export function countRecords(records: PackedRecords): number {
  return Math.floor(records.head.length / recordStride);
}

/** What the run takes in memory, about. */
export function bytesOfRecords(records: PackedRecords): number {
  return records.text.length + countRecords(records) * 32;
}

/** The distinct partitions of a run. */
export function partitionsOfRecords(records: PackedRecords): Set<number> {
  const partitions = new Set<number>();
  for (let index = 0; index < records.head.length; index += recordStride) {
    partitions.add(records.head[index] ?? 0);
  }
  return partitions;
}

function kindOf(code: number): Kind {
  return code === 0 || code === 1 || code === 2 || code === 3 ? code : kinds.value;
}
