/** Commands over the whole ring, partition by partition: SCAN, KEYS, DBSIZE, FLUSHALL. */
import { emptyBytes, trustBytes, type ByteString } from '../../../src/bytes.js';
import { opcodes, statuses, unpackScanPage, type ScanPage } from '../../../src/wire/requests.js';
import { notAnInteger, readInteger, syntaxError } from '../arguments.js';
import { argument, noKeys, rowsOf, type Call, type Command, type Handler } from '../command.js';
import { compileGlob } from '../glob.js';
import { failureOfMany, failureValue } from '../outcome.js';
import { array, bulk, errorValue, integer, ok, type RespError, type RespValue } from '../resp-value.js';
import { askForEach, decimal, sumOf } from '../ring-calls.js';
import { cursorOf, placeOf, type ScanPlace } from '../scan-cursor.js';

/** A node looks at its whole partition for a page: small pages cost more than they save. */
const countDefault = 100;
const countMax = 1_000;
/** A sparse ring's empty partitions are walked past in one call, but not all of them. */
const partitionsPerCall = 64;

/** In linearizable mode each is a change of the partition's view: all at once would wait for each other until they are late. */
const flushesAtATime = 16;

/** A page of a partition's records, or the failure. `count` is a wish: the ring may answer fewer. */
export async function readPage(call: Call, place: ScanPlace, count: number): Promise<ScanPage | RespError> {
  const reply = await call.gateway.submitter.submitToPartition(
    opcodes.scan,
    place.partition,
    trustBytes(place.position),
    count,
  );
  return reply.status === statuses.ok ? unpackScanPage(reply.value) : failureValue(reply, 'reads');
}

/** The place after a page; undefined after the ring's last. */
export function placeAfter(call: Call, place: ScanPlace, page: ScanPage): ScanPlace | undefined {
  if (page.next !== undefined) return { partition: place.partition, position: page.next };
  const partition = place.partition + 1;
  return partition < call.gateway.submitter.partitions ? { partition, position: '' } : undefined;
}

const scan: Handler = async (call) => {
  const options = readScanOptions(call);
  if ('type' in options) return options;
  const start = placeOf(argument(call, 1), call.gateway.submitter.partitions);
  if (start === undefined) return errorValue('ERR invalid cursor');
  const keys: RespValue[] = [];
  let place: ScanPlace | undefined = start;
  let seen = 0;
  for (let step = 0; step < partitionsPerCall && seen < options.count && place !== undefined; step++) {
    const page: ScanPage | RespError = await readPage(call, place, options.count - seen);
    if ('type' in page) return page;
    seen += page.records.length;
    for (const [key] of page.records) if (options.matches(key)) keys.push(bulk(key));
    place = placeAfter(call, place, page);
  }
  const cursor = place === undefined ? '0' : cursorOf(place, call.gateway.submitter.partitions);
  return array([bulk(trustBytes(cursor)), array(keys)]);
};

interface ScanOptions {
  readonly count: number;
  readonly matches: (key: ByteString) => boolean;
}

function readScanOptions(call: Call): ScanOptions | RespError {
  let count = countDefault;
  let matches: (key: ByteString) => boolean = () => true;
  let isOfStrings = true;
  for (let index = 2; index < call.args.length; index += 2) {
    const word = argument(call, index).toUpperCase();
    const value = call.args[index + 1];
    if (value === undefined) return syntaxError;
    if (word === 'MATCH') {
      const refusal = refusePattern(call, value);
      if (refusal !== undefined) return refusal;
      matches = compileGlob(value);
    } else if (word === 'COUNT') {
      const wanted = readInteger(value);
      if (wanted === undefined) return notAnInteger;
      if (wanted < 1) return syntaxError;
      count = Math.min(wanted, countMax);
    } else if (word === 'TYPE') {
      isOfStrings = value.toLowerCase() === 'string';
    } else {
      return syntaxError;
    }
  }
  return { count, matches: isOfStrings ? matches : () => false };
}

export function refusePattern(call: Call, pattern: ByteString): RespError | undefined {
  const { patternBytesMax } = call.gateway.limits;
  if (pattern.length <= patternBytesMax) return undefined;
  return errorValue(`ERR pattern of ${pattern.length} bytes exceeds the limit of ${patternBytesMax}`);
}

const keys: Handler = async (call) => {
  const pattern = argument(call, 1);
  const refusal = refusePattern(call, pattern);
  if (refusal !== undefined) return refusal;
  const { keysReplyMax, outputBytesMax } = call.gateway.limits;
  const matches = compileGlob(pattern);
  const found = new Set<ByteString>();
  let bytes = 0;
  let place: ScanPlace | undefined = { partition: 0, position: '' };
  while (place !== undefined) {
    const page: ScanPage | RespError = await readPage(call, place, countMax);
    if ('type' in page) return page;
    for (const [key] of page.records) {
      if (!matches(key) || found.has(key)) continue;
      found.add(key);
      bytes += key.length;
    }
    if (found.size > keysReplyMax || bytes > outputBytesMax) {
      return errorValue(`ERR more than ${keysReplyMax} keys or ${outputBytesMax} bytes match: use SCAN`);
    }
    place = placeAfter(call, place, page);
  }
  return array([...found].map(bulk));
};

/** The sum of what each node counts; exact when the ring is quiet. */
export async function countRecords(call: Call): Promise<RespValue> {
  const replies = await call.gateway.submitter.submitToEveryNode(opcodes.count);
  return sumOf(replies.map((reply) => decimal(reply, 'reads', 0)));
}

const flush: Handler = async (call) => {
  const word = argument(call, 1).toUpperCase();
  if (call.args.length > 2 || (call.args.length === 2 && word !== 'SYNC' && word !== 'ASYNC')) {
    return syntaxError;
  }
  const { submitter } = call.gateway;
  const partitions = Array.from({ length: submitter.partitions }, (_, partition) => partition);
  const flushOne = async (partition: number): Promise<RespValue> => {
    const reply = await submitter.submitToPartition(opcodes.flush, partition, emptyBytes, 0);
    return reply.status === statuses.ok ? integer(1) : failureValue(reply, 'changes');
  };
  const outcomes = await askForEach(partitions, 'changes', flushOne, () => false, flushesAtATime);
  return failureOfMany(outcomes) ?? ok;
};

const row = rowsOf('generic');
const serverRow = rowsOf('server');

export const scanCommands: readonly Command[] = [
  row('scan', -2, ['readonly', 'barrier'], noKeys, 'Iterates over the keys of the ring', scan),
  row('keys', 2, ['readonly', 'barrier'], noKeys, 'Finds all keys of a pattern, up to a limit', keys),
  serverRow('dbsize', 1, ['readonly', 'barrier'], noKeys, 'Counts the records of the ring', countRecords),
  serverRow(
    'flushall',
    -1,
    ['write', 'destructive', 'barrier'],
    noKeys,
    'Removes all records, partition by partition',
    flush,
  ),
  serverRow(
    'flushdb',
    -1,
    ['write', 'destructive', 'barrier'],
    noKeys,
    'Removes all records, partition by partition',
    flush,
  ),
];
