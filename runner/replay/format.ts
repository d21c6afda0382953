/** What a workload file format is: a parser of single lines, and the words for a line that it cannot read. */
import type { ByteString } from '../../src/bytes.js';
import type { Operation } from '../workload/operation.js';

export const formatNames = ['chordify', 'ycsb', 'twemcache', 'jsonl', 'redis-monitor'] as const;
export type FormatName = (typeof formatNames)[number];

/** Where a line stands; lines count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

export type Parsed =
  /** One line may hold several operations (MSET). */
  | { readonly type: 'operations'; readonly operations: readonly Operation[] }
  /** A line that holds none by its nature: a header, a comment, a command about the connection. */
  | { readonly type: 'nothing' }
  /** What is wrong and what was expected, without the place. */
  | { readonly type: 'problem'; readonly message: string };

/** Reads one line, its ending removed. Any bytes may come; it never throws. */
export type LineParser = (line: ByteString, place: Place) => Parsed;

/** What an insert does to a key that exists: the course's editions differ. */
export type Existing = 'replace' | 'append';

export const nothing: Parsed = { type: 'nothing' };

export function problem(message: string): Parsed {
  return { type: 'problem', message };
}

export function one(operation: Operation): Parsed {
  return { type: 'operations', operations: [operation] };
}

/** A part of a line for a message: printable, and short. */
export function excerpt(text: string): string {
  const printable = text.replace(/[^\u0020-\u007e]/g, '?');
  return JSON.stringify(printable.length > 40 ? `${printable.slice(0, 40)}...` : printable);
}
