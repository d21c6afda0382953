/**
 * Workload files of the distributed systems course at NTUA ("Chordify"), both editions:
 * `insert_XX_part.txt` one title a line; `insert.txt` `title, value`; `query_XX.txt` one title a line;
 * `requests_XX.txt` `query, TITLE` or `insert, TITLE, VALUE`.
 * Titles are taken verbatim: some end in a space, and those are other keys.
 */
import { basename } from 'node:path';
import { bytesFromText, trustBytes, type ByteString } from '../../src/bytes.js';
import type { Operation } from '../workload/operation.js';
import { nothing, one, problem, excerpt, type Existing, type LineParser, type Place } from './format.js';

type Shape = 'titles' | 'pairs' | 'queries' | 'requests';

/** The parser for a file by its name, or by its first line where the name does not tell; undefined when neither does. */
export function chordifyParser(file: string, firstLine: string, existing: Existing): LineParser | undefined {
  const shape = shapeOf(basename(file), firstLine);
  if (shape === undefined) return undefined;
  return (line, place) => {
    if (line === '') return nothing;
    switch (shape) {
      case 'titles':
        return one(insert(line, inventedValue(place), existing));
      case 'pairs':
        return parsePair(line, existing);
      case 'queries':
        return one(query(line));
      case 'requests':
        return parseRequest(line, existing);
    }
  };
}

function shapeOf(name: string, firstLine: string): Shape | undefined {
  if (/^insert\.txt$/i.test(name)) return 'pairs';
  if (/^insert.*part.*\.txt$/i.test(name)) return 'titles';
  if (/^insert.*\.txt$/i.test(name)) return firstLine.includes(',') ? 'pairs' : 'titles';
  if (/^quer(y|ies).*\.txt$/i.test(name)) return 'queries';
  if (/^requests?.*\.txt$/i.test(name) || /^(insert|query),/.test(firstLine)) return 'requests';
  return undefined;
}

/** A file of titles gives no values: the client invents one that names the line, so it is unique in the run. */
function inventedValue(place: Place): ByteString {
  return bytesFromText(`${basename(place.file)}:${place.line}`);
}

function parsePair(line: ByteString, existing: Existing): ReturnType<LineParser> {
  const parts = cut(line);
  if (parts === undefined || parts[0] === '')
    return problem(`expected "title, value", found ${excerpt(line)}`);
  return one(insert(parts[0], parts[1], existing));
}

function parseRequest(line: ByteString, existing: Existing): ReturnType<LineParser> {
  const [verb, rest] = cut(line) ?? ['', trustBytes('')];
  if (verb === 'query' && rest !== '') return one(query(rest));
  if (verb === 'insert') {
    const pair = cut(rest);
    if (pair !== undefined && pair[0] !== '') return one(insert(pair[0], pair[1], existing));
  }
  return problem(`expected "query, TITLE" or "insert, TITLE, VALUE", found ${excerpt(line)}`);
}

/** Cuts at the first comma; one space after it belongs to the separator, all else to the parts. */
function cut(line: ByteString): readonly [ByteString, ByteString] | undefined {
  const comma = line.indexOf(',');
  if (comma === -1) return undefined;
  const after = line.startsWith(' ', comma + 1) ? comma + 2 : comma + 1;
  return [trustBytes(line.slice(0, comma)), trustBytes(line.slice(after))];
}

function insert(key: ByteString, value: ByteString, existing: Existing): Operation {
  const recorded = { key, value, atNs: undefined, client: undefined };
  return existing === 'append'
    ? { type: 'append', ...recorded }
    : { type: 'put', ...recorded, ttlMs: 0, onlyIf: undefined };
}

function query(key: ByteString): Operation {
  return { type: 'get', key, atNs: undefined, client: undefined };
}
