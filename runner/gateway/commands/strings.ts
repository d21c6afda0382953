/** Commands that read and write the value of a key. */
import { emptyBytes, trustBytes, type ByteString } from '../../../src/bytes.js';
import { flags, opcodes } from '../../../src/wire/requests.js';
import {
  isExpiryUnit,
  notAnInteger,
  readExpiry,
  readInteger,
  syntaxError,
  type ExpiryUnit,
} from '../arguments.js';
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
import { failureOfMany } from '../outcome.js';
import { array, bulk, errorValue, ok, type RespError } from '../resp-value.js';
import { ask, askForEach, bulkOrNil, decimal, oneOrZero } from '../ring-calls.js';
import { plainSet, put, set } from './set.js';

const get: Handler = (call) => ask(call, opcodes.get, argument(call, 1)).then((reply) => bulkOrNil(reply));

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

/** A set whose outcome needs no words but the key and the value. */
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

const getdel: Handler = (call) =>
  ask(call, opcodes.getDelete, argument(call, 1)).then((reply) => bulkOrNil(reply, 'changes'));

const getex: Handler = async (call) => {
  if (call.args.length === 2) return get(call);
  const expiry = readGetexExpiry(call);
  if (typeof expiry !== 'number') return expiry;
  const question = { number: expiry, flags: flags.returnPrevious };
  return bulkOrNil(await ask(call, opcodes.expire, argument(call, 1), question), 'changes');
};

/** The number for the ring's `expire`: 0 = no expiry, negative = gone at once. */
function readGetexExpiry(call: Call): number | RespError {
  const word = argument(call, 2).toUpperCase();
  if (word === 'PERSIST' && call.args.length === 3) return 0;
  if (!isExpiryUnit(word) || call.args.length !== 4) return syntaxError;
  const expiry = readExpiry(word, argument(call, 3), call.gateway.nowMs(), 'getex');
  if ('type' in expiry) return expiry;
  return expiry.ttlMs > 0 ? expiry.ttlMs : -1;
}

const setrange: Handler = (call) => {
  const offset = readInteger(call.args[2]);
  if (offset === undefined) return notAnInteger;
  const part = argument(call, 3);
  if (offset < 0) return errorValue('ERR offset is out of range');
  if (offset + part.length > call.gateway.limits.valueBytesMax) {
    return errorValue('ERR string exceeds maximum allowed size');
  }
  return ask(call, opcodes.setRange, argument(call, 1), { number: offset, value: part }).then((reply) =>
    decimal(reply, 'changes', 0),
  );
};

const getrange: Handler = async (call) => {
  const [first, last] = [readInteger(call.args[2]), readInteger(call.args[3])];
  if (first === undefined || last === undefined) return notAnInteger;
  const part = trustBytes(`${first} ${last}`);
  const value = bulkOrNil(await ask(call, opcodes.getRange, argument(call, 1), { value: part }));
  return value.type === 'null' ? bulk(emptyBytes) : value;
};

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
  row('setrange', 4, ['write'], oneKey, 'Overwrites a part of a value', setrange),
  row('getrange', 4, ['readonly'], oneKey, 'Gets a part of a value', getrange),
  row('substr', 4, ['readonly'], oneKey, 'Gets a part of a value', getrange),
  row('strlen', 2, ['readonly'], oneKey, 'Gets the length of a value in bytes', strlen),
];
