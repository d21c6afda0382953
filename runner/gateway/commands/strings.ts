/** Commands that read and write the value of a key. */
import type { ByteString } from '../../../src/bytes.js';
import { flags, opcodes, statuses } from '../../../src/wire/requests.js';
import { isExpiryUnit, readExpiry, syntaxError, type ExpiryUnit } from '../arguments.js';
import {
  allKeys,
  argument,
  keysAndValues,
  oneKey,
  rowsOf,
  type Call,
  type Command,
  type Handler,
} from '../command.js';
import { failureOfMany, failureValue } from '../outcome.js';
import { array, bulk, errorValue, nil, ok, type RespError, type RespValue } from '../resp-value.js';
import { ask, askForEach, bulkOrNil, decimal, oneOrZero } from '../ring-calls.js';

const get: Handler = (call) => ask(call, opcodes.get, argument(call, 1)).then(bulkOrNil);

const mget: Handler = async (call) => {
  const bytesMax = call.gateway.limits.outputBytesHardMax;
  let bytes = 0;
  const values = await askForEach(
    call.args.slice(1),
    'reads',
    async (key) => {
      const value = bulkOrNil(await ask(call, opcodes.get, key));
      if (value.type === 'bulk') bytes += value.bytes.length;
      return value;
    },
    () => bytes > bytesMax,
  );
  if (bytes > bytesMax) {
    return errorValue(`ERR the values exceed the ${bytesMax} bytes of one reply: ask for fewer keys`);
  }
  return values.find(({ type }) => type === 'error') ?? array(values);
};

interface SetOptions {
  readonly condition: 'absent' | 'present' | undefined;
  readonly wantsPrevious: boolean;
  readonly keepsTtl: boolean;
  readonly ttlMs: number | undefined;
}

const set: Handler = (call) => {
  if (call.args.length === 3) return put(call, argument(call, 1), argument(call, 2), plainSet);
  const options = readSetOptions(call);
  return 'type' in options ? options : put(call, argument(call, 1), argument(call, 2), options);
};

function readSetOptions(call: Call): SetOptions | RespError {
  let condition: 'absent' | 'present' | undefined;
  let wantsPrevious = false;
  let keepsTtl = false;
  let ttlMs: number | undefined;
  for (let index = 3; index < call.args.length; index++) {
    const word = argument(call, index).toUpperCase();
    if ((word === 'NX' || word === 'XX') && condition === undefined) {
      condition = word === 'NX' ? 'absent' : 'present';
    } else if (word === 'GET') {
      wantsPrevious = true;
    } else if (word === 'KEEPTTL' && ttlMs === undefined) {
      keepsTtl = true;
    } else if (isExpiryUnit(word) && ttlMs === undefined && !keepsTtl && index + 1 < call.args.length) {
      const expiry = readExpiry(word, call.args[++index], call.gateway.nowMs(), 'set');
      if ('type' in expiry) return expiry;
      ttlMs = expiry.ttlMs;
    } else {
      return syntaxError;
    }
  }
  return { condition, wantsPrevious, keepsTtl, ttlMs };
}

/** With `wantsPrevious` the ring answers `absent` for a put where nothing was. A time that has passed becomes the shortest expiry. */
async function put(call: Call, key: ByteString, value: ByteString, options: SetOptions): Promise<RespValue> {
  const { condition, wantsPrevious, keepsTtl, ttlMs } = options;
  const reply = await ask(call, opcodes.put, key, {
    value,
    flags:
      (condition === 'absent' ? flags.ifAbsent : 0) |
      (condition === 'present' ? flags.ifPresent : 0) |
      (wantsPrevious ? flags.returnPrevious : 0) |
      (keepsTtl ? flags.keepTtl : 0),
    ...(ttlMs === undefined ? {} : { number: Math.max(1, ttlMs) }),
  });
  const { status } = reply;
  if (status !== statuses.ok && status !== statuses.refused && status !== statuses.absent) {
    return failureValue(reply, 'changes');
  }
  if (!wantsPrevious) return status === statuses.refused ? nil : ok;
  const hadValue = status === (condition === 'absent' ? statuses.refused : statuses.ok);
  return hadValue ? bulk(reply.value) : nil;
}

const plainSet: SetOptions = {
  condition: undefined,
  wantsPrevious: false,
  keepsTtl: false,
  ttlMs: undefined,
};

const setnx: Handler = (call) =>
  ask(call, opcodes.put, argument(call, 1), { value: argument(call, 2), flags: flags.ifAbsent }).then(
    (reply) => oneOrZero(reply, 'changes'),
  );

function setWithExpiry(unit: ExpiryUnit, name: string): Handler {
  return (call) => {
    const expiry = readExpiry(unit, argument(call, 2), call.gateway.nowMs(), name);
    if ('type' in expiry) return expiry;
    return put(call, argument(call, 1), argument(call, 3), { ...plainSet, ttlMs: expiry.ttlMs });
  };
}

const getset: Handler = (call) =>
  put(call, argument(call, 1), argument(call, 2), { ...plainSet, wantsPrevious: true });

/** Two steps at the key's leader, not one: another client's change may come between. */
const getdel: Handler = async (call) => {
  const value = bulkOrNil(await ask(call, opcodes.get, argument(call, 1)));
  if (value.type !== 'bulk') return value;
  const deleted = oneOrZero(await ask(call, opcodes.delete, argument(call, 1)), 'changes');
  return deleted.type === 'error' ? deleted : value;
};

/** Two steps, as GETDEL. */
const getex: Handler = async (call) => {
  const expiry = readGetexExpiry(call);
  if (expiry !== undefined && typeof expiry !== 'number') return expiry;
  const value = bulkOrNil(await ask(call, opcodes.get, argument(call, 1)));
  if (value.type !== 'bulk' || expiry === undefined) return value;
  const changed = oneOrZero(
    await ask(call, opcodes.expire, argument(call, 1), { number: expiry }),
    'changes',
  );
  return changed.type === 'error' ? changed : value;
};

/** The number for the ring's `expire`: 0 = no expiry, negative = gone at once. */
function readGetexExpiry(call: Call): number | undefined | RespError {
  if (call.args.length === 2) return undefined;
  const word = argument(call, 2).toUpperCase();
  if (word === 'PERSIST' && call.args.length === 3) return 0;
  if (!isExpiryUnit(word) || call.args.length !== 4) return syntaxError;
  const expiry = readExpiry(word, argument(call, 3), call.gateway.nowMs(), 'getex');
  if ('type' in expiry) return expiry;
  return expiry.ttlMs > 0 ? expiry.ttlMs : -1;
}

/** Not atomic: each key is its own put. A key given twice is put once, with its last value. */
const mset: Handler = async (call) => {
  if (call.args.length % 2 === 0) return errorValue("ERR wrong number of arguments for 'mset' command");
  const entries = new Map<ByteString, ByteString>();
  for (let index = 1; index < call.args.length; index += 2) {
    entries.set(argument(call, index), argument(call, index + 1));
  }
  const outcomes = await askForEach([...entries], 'changes', ([key, value]) =>
    put(call, key, value, plainSet),
  );
  return failureOfMany(outcomes) ?? ok;
};

const append: Handler = (call) =>
  ask(call, opcodes.append, argument(call, 1), { value: argument(call, 2) }).then((reply) =>
    decimal(reply, 'changes', 0),
  );

const strlen: Handler = (call) =>
  ask(call, opcodes.length, argument(call, 1)).then((reply) => decimal(reply, 'reads', 0));

const row = rowsOf('string');

export const stringCommands: readonly Command[] = [
  row('get', 2, ['readonly'], oneKey, 'Gets the value of a key', get),
  row('set', -3, ['write'], oneKey, 'Sets the value of a key, with conditions and an expiry', set),
  row('setnx', 3, ['write'], oneKey, 'Sets the value of a key that does not exist', setnx),
  row('setex', 4, ['write'], oneKey, 'Sets a value that expires after seconds', setWithExpiry('EX', 'setex')),
  row(
    'psetex',
    4,
    ['write'],
    oneKey,
    'Sets a value that expires after milliseconds',
    setWithExpiry('PX', 'psetex'),
  ),
  row('getset', 3, ['write'], oneKey, 'Sets the value of a key and gets the one before', getset),
  row('getdel', 2, ['write'], oneKey, 'Gets the value of a key and deletes the key', getdel),
  row('getex', -2, ['write'], oneKey, 'Gets the value of a key and sets its expiry', getex),
  row('mget', -2, ['readonly'], allKeys, 'Gets the values of several keys', mget),
  row('mset', -3, ['write'], keysAndValues, 'Sets the values of several keys, each by itself', mset),
  row('append', 3, ['write'], oneKey, 'Appends to the value of a key', append),
  row('strlen', 2, ['readonly'], oneKey, 'Gets the length of a value in bytes', strlen),
];
