/**
 * What Redis' MONITOR prints: `1339518083.107412 [0 127.0.0.1:60866] "set" "k" "v"`. Commands about the connection
 * hold no operation; data commands beyond strings are named as problems.
 */
import { trustBytes, type ByteString } from '../../src/bytes.js';
import type { Operation } from '../workload/operation.js';
import { nothing, problem, excerpt, type Parsed } from './format.js';

const shape = /^(\d+\.\d+) \[\d+ ([^\]]+)\] (".*")$/s;
const argument = /"((?:[^"\\]|\\.)*)"(?: |$)/sy;
const connectionCommands = new Set(
  'auth client cluster command config dbsize echo flushall flushdb hello info keys latency memory monitor ping quit reset scan select slowlog subscribe publish type wait ttl pttl exists strlen object debug multi exec'.split(
    ' ',
  ),
);

interface Recorded {
  readonly atNs: number;
  readonly client: string;
}

export function parseMonitorLine(line: ByteString): Parsed {
  if (line === '' || line === 'OK' || line === '+OK') return nothing;
  const match = shape.exec(line.startsWith('+') ? line.slice(1) : line);
  const words = match === null ? undefined : unquoteAll(match[3] ?? '');
  if (match === null || words === undefined) {
    return problem(`expected 'seconds [database client] "command" "argument" ...', found ${excerpt(line)}`);
  }
  const recorded = { atNs: Math.round(Number(match[1]) * 1e9), client: match[2] ?? '' };
  const [verb = '', ...rest] = words;
  return operationsOf(verb.toLowerCase(), rest, recorded);
}

function operationsOf(verb: string, words: readonly ByteString[], recorded: Recorded): Parsed {
  const [first, second, third] = words;
  if (connectionCommands.has(verb) || verb.startsWith('rondo.')) return nothing;
  if (first === undefined) return problem(`${excerpt(verb)} without a key`);
  switch (verb) {
    case 'get':
      return several([{ type: 'get', key: first, ...recorded }]);
    case 'mget':
      return several(words.map((key) => ({ type: 'get', key, ...recorded })));
    case 'del':
    case 'unlink':
      return several(words.map((key) => ({ type: 'delete', key, ...recorded })));
    case 'append':
      return second === undefined
        ? problem('"append" without a value')
        : several([{ type: 'append', key: first, value: second, ...recorded }]);
    case 'set':
      return second === undefined ? problem('"set" without a value') : setOf(words, first, second, recorded);
    case 'setnx':
      return second === undefined
        ? problem('"setnx" without a value')
        : several([{ type: 'put', key: first, value: second, ttlMs: 0, onlyIf: 'absent', ...recorded }]);
    case 'setex':
    case 'psetex': {
      const ttlMs = Number(second) * (verb === 'setex' ? 1_000 : 1);
      if (third === undefined || !isTtl(ttlMs)) return problem(`"${verb}" needs a time and a value`);
      return several([{ type: 'put', key: first, value: third, ttlMs, onlyIf: undefined, ...recorded }]);
    }
    case 'incr':
    case 'decr':
    case 'incrby':
    case 'decrby': {
      const step = verb.endsWith('by') ? Number(second) : 1;
      if (!Number.isSafeInteger(step)) return problem(`"${verb}" without a whole number`);
      return several([
        { type: 'increment', key: first, step: verb.startsWith('d') ? -step : step, ...recorded },
      ]);
    }
    case 'mset':
      return msetOf(words, recorded);
    default:
      return problem(
        `${excerpt(verb)} is not replayed: this ring keeps strings (get, set, mget, mset, append, incr, del)`,
      );
  }
}

function setOf(words: readonly ByteString[], key: ByteString, value: ByteString, recorded: Recorded): Parsed {
  let ttlMs = 0;
  let onlyIf: 'absent' | 'present' | undefined;
  for (let index = 2; index < words.length; index++) {
    const option = (words[index] ?? '').toLowerCase();
    if (option === 'nx') onlyIf = 'absent';
    else if (option === 'xx') onlyIf = 'present';
    else if (option === 'ex' || option === 'px')
      ttlMs = Number(words[++index]) * (option === 'ex' ? 1_000 : 1);
    else if (option === 'exat' || option === 'pxat') {
      ttlMs = Number(words[++index]) * (option === 'exat' ? 1_000 : 1) - recorded.atNs / 1e6;
    } else if (option !== 'get' && option !== 'keepttl') return problem(`"set" with ${excerpt(option)}`);
    if (ttlMs !== 0 && !isTtl(ttlMs)) return problem(`"set" with ${excerpt(option)} and no valid time`);
  }
  return several([{ type: 'put', key, value, ttlMs, onlyIf, ...recorded }]);
}

function msetOf(words: readonly ByteString[], recorded: Recorded): Parsed {
  const operations: Operation[] = [];
  for (let index = 0; index < words.length; index += 2) {
    const key = words[index];
    const value = words[index + 1];
    if (key === undefined || value === undefined) return problem('"mset" with a key that has no value');
    operations.push({ type: 'put', key, value, ttlMs: 0, onlyIf: undefined, ...recorded });
  }
  return several(operations);
}

function several(operations: readonly Operation[]): Parsed {
  return { type: 'operations', operations };
}

function isTtl(ttlMs: number): boolean {
  return Number.isFinite(ttlMs) && ttlMs > 0;
}

/** Undefined when the text is not a row of quoted words. */
function unquoteAll(text: string): readonly ByteString[] | undefined {
  const words: ByteString[] = [];
  argument.lastIndex = 0;
  while (argument.lastIndex < text.length) {
    const match = argument.exec(text);
    if (match === null) return undefined;
    words.push(unescape(match[1] ?? ''));
  }
  return words;
}

/** Redis' own escapes (sdscatrepr): `\xHH`, `\n`, `\r`, `\t`, `\a`, `\b`, and a backslash before itself or a quote. */
function unescape(quoted: string): ByteString {
  return trustBytes(
    quoted.replace(/\\(?:x([0-9a-fA-F]{2})|(.))/gs, (_, hex: string | undefined, letter: string) =>
      hex === undefined ? (escapes.get(letter) ?? letter) : String.fromCharCode(parseInt(hex, 16)),
    ),
  );
}

const escapes = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['a', '\u0007'],
  ['b', '\b'],
]);
