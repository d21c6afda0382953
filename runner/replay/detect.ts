/** Tells a workload file's format by its name, or by its first lines. */
import { basename } from 'node:path';
import type { ByteString } from '../../src/bytes.js';
import { chordifyParser } from './chordify.js';
import type { Existing, FormatName, LineParser } from './format.js';
import { parseJsonLine } from './jsonl.js';
import { parseMonitorLine } from './redis-monitor.js';
import { parseTwemcacheLine } from './twemcache.js';
import { parseYcsbLine } from './ycsb.js';

const byName: readonly (readonly [RegExp, FormatName])[] = [
  [/\.(jsonl|ndjson)$/i, 'jsonl'],
  [/^(insert|query|queries|requests?)([._-].*)?\.txt$/i, 'chordify'],
];

/** Tried in order against each of the first lines. */
const byContent: readonly (readonly [RegExp, FormatName])[] = [
  [/^\s*\{/, 'jsonl'],
  [/^\+?\d+\.\d+ \[\d+ [^\]]+\] "/, 'redis-monitor'],
  [/^(INSERT|READ|UPDATE|SCAN|DELETE) \S+ \S/, 'ycsb'],
  [/^\d+(\.\d+)?,.+,\d+,\d+,[^,]*,[a-z]+,\d+$/, 'twemcache'],
  [/^(insert|query), ?\S/, 'chordify'],
];

/** Undefined when neither name nor first lines tell. */
export function detectFormat(file: string, firstLines: readonly string[]): FormatName | undefined {
  const named = byName.find(([pattern]) => pattern.test(basename(file)));
  if (named !== undefined) return named[1];
  for (const line of firstLines) {
    const seen = byContent.find(([pattern]) => pattern.test(line));
    if (seen !== undefined) return seen[1];
  }
  return undefined;
}

/** Undefined when the format is chordify and neither the file's name nor its first line tells which of its shapes it is. */
export function parserFor(
  format: FormatName,
  file: string,
  firstLine: ByteString,
  existing: Existing,
): LineParser | undefined {
  switch (format) {
    case 'chordify':
      return chordifyParser(file, firstLine, existing);
    case 'ycsb':
      return parseYcsbLine;
    case 'twemcache':
      return parseTwemcacheLine;
    case 'jsonl':
      return parseJsonLine;
    case 'redis-monitor':
      return parseMonitorLine;
  }
}
