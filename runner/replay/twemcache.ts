/**
 * Twitter's cache traces (Yang, Yue, Rashmi, OSDI 2020): CSV lines
 * `timestamp,anonymized key,key size,value size,client id,operation,TTL`, times and TTLs in seconds.
 * Values were not recorded: as many bytes of filler stand for them.
 */
import { trustBytes, type ByteString } from '../../src/bytes.js';
import { defaultConfig } from '../../src/config.js';
import { one, nothing, problem, excerpt, type Parsed } from './format.js';

/** The key may hold commas, so the fields are found from both ends. */
const fields = /^(\d+(?:\.\d+)?),(.+),(\d+),(\d+),([^,]*),([a-z]+),(\d+)$/s;

export function parseTwemcacheLine(line: ByteString): Parsed {
  if (line === '') return nothing;
  const match = fields.exec(line);
  if (match === null) {
    return problem(
      `expected "timestamp,key,key size,value size,client id,operation,TTL", found ${excerpt(line)}`,
    );
  }
  const [, seconds = '', key = '', , size = '', client = '', verb = '', ttl = ''] = match;
  const value = Number(size);
  if (value > defaultConfig.valueBytesMax) {
    return problem(
      `the value of ${size} bytes is larger than a record may be (${defaultConfig.valueBytesMax})`,
    );
  }
  const recorded = { key: trustBytes(key), atNs: Math.round(Number(seconds) * 1e9), client };
  const put = { type: 'put', ...recorded, value, ttlMs: Number(ttl) * 1_000 } as const;
  switch (verb) {
    case 'get':
    case 'gets':
      return one({ type: 'get', ...recorded });
    case 'set':
      return one({ ...put, onlyIf: undefined });
    case 'add':
      return one({ ...put, onlyIf: 'absent' });
    // A cas token was not recorded; what it costs a cache is what a replace costs.
    case 'cas':
    case 'replace':
      return one({ ...put, onlyIf: 'present' });
    case 'append':
    case 'prepend':
      return one({ type: 'append', ...recorded, value });
    case 'delete':
      return one({ type: 'delete', ...recorded });
    case 'incr':
    case 'decr':
      return problem(
        `${verb} cannot be played: the trace keeps the sizes of values, not the numbers in them`,
      );
    default:
      return problem(
        `expected one of get, gets, set, add, replace, cas, append, prepend, delete, found ${excerpt(verb)}`,
      );
  }
}
