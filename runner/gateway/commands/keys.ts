/** Commands about keys and when they expire. */
import { flags, opcodes, statuses } from '../../../src/wire/requests.js';
import { notAnInteger, readInteger, ttlMsOf, type ExpiryUnit } from '../arguments.js';
import {
  allKeys,
  argument,
  oneKey,
  rowsOf,
  type Call,
  type Command,
  type CommandFlag,
  type Handler,
} from '../command.js';
import { failureOfMany, failureValue } from '../outcome.js';
import { errorValue, integer, simple, type RespError, type RespValue } from '../resp-value.js';
import { ask, askForEach, decimal, oneOrZero, sumOf } from '../ring-calls.js';

const del: Handler = async (call) => {
  const outcomes = await askForEach(call.args.slice(1), 'changes', async (key) =>
    oneOrZero(await ask(call, opcodes.delete, key), 'changes'),
  );
  return failureOfMany(outcomes) ?? sumOf(outcomes);
};

const exists: Handler = async (call) =>
  sumOf(
    await askForEach(call.args.slice(1), 'reads', async (key) =>
      oneOrZero(await ask(call, opcodes.exists, key), 'reads'),
    ),
  );

const type: Handler = async (call) => {
  const reply = await ask(call, opcodes.exists, argument(call, 1));
  if (reply.status === statuses.ok) return simple('string');
  return reply.status === statuses.absent ? simple('none') : failureValue(reply, 'reads');
};

/** Milliseconds left, -1 without an expiry, -2 without a key; or the failure. */
async function ttlOf(call: Call): Promise<number | RespValue> {
  const left = decimal(await ask(call, opcodes.ttl, argument(call, 1)), 'reads', -2);
  return left.type === 'integer' ? left.value : left;
}

function ttl(show: (leftMs: number, nowMs: number) => number): Handler {
  return async (call) => {
    const left = await ttlOf(call);
    if (typeof left !== 'number') return left;
    return integer(left < 0 ? left : show(left, call.gateway.nowMs()));
  };
}

/** By the word of EXPIRE: what the ring asks of the expiry that was there. */
const conditionFlags: ReadonlyMap<string, number> = new Map([
  ['NX', flags.ifAbsent],
  ['XX', flags.ifPresent],
  ['GT', flags.ifLater],
  ['LT', flags.ifSooner],
]);

function expire(unit: ExpiryUnit, name: string): Handler {
  return async (call) => {
    const amount = readInteger(call.args[2]);
    if (amount === undefined) return notAnInteger;
    const ttlMs = ttlMsOf(unit, amount, call.gateway.nowMs());
    if (ttlMs === undefined) return errorValue(`ERR invalid expire time in '${name}' command`);
    const conditions = readConditions(call);
    if (typeof conditions !== 'number') return conditions;
    const question = { number: ttlMs > 0 ? ttlMs : -1, flags: conditions };
    return oneOrZero(await ask(call, opcodes.expire, argument(call, 1), question), 'changes');
  };
}

function readConditions(call: Call): number | RespError {
  let conditions = 0;
  for (const word of call.args.slice(3)) {
    const condition = conditionFlags.get(word.toUpperCase());
    if (condition === undefined) return errorValue(`ERR Unsupported option ${word}`);
    conditions |= condition;
  }
  if ((conditions & flags.ifAbsent) !== 0 && conditions !== flags.ifAbsent) {
    return errorValue('ERR NX and XX, GT or LT options at the same time are not compatible');
  }
  if ((conditions & flags.ifLater) !== 0 && (conditions & flags.ifSooner) !== 0) {
    return errorValue('ERR GT and LT options at the same time are not compatible');
  }
  return conditions;
}

const persist: Handler = (call) =>
  ask(call, opcodes.expire, argument(call, 1), { number: 0, flags: flags.ifPresent }).then((reply) =>
    oneOrZero(reply, 'changes'),
  );

const row = rowsOf('generic');
const reads: readonly CommandFlag[] = ['readonly'];
const writes: readonly CommandFlag[] = ['write'];
const toSeconds = (ms: number) => Math.floor((ms + 500) / 1000);

export const keyCommands: readonly Command[] = [
  row('del', -2, writes, allKeys, 'Deletes keys', del),
  row('unlink', -2, writes, allKeys, 'Deletes keys', del),
  row('exists', -2, reads, allKeys, 'Counts the keys that exist', exists),
  row('touch', -2, reads, allKeys, 'Counts the keys that exist', exists),
  row('type', 2, reads, oneKey, 'Tells the type of a value: string or none', type),
  row('ttl', 2, reads, oneKey, 'Tells the seconds left to a key', ttl(toSeconds)),
  row(
    'pttl',
    2,
    reads,
    oneKey,
    'Tells the milliseconds left to a key',
    ttl((leftMs) => leftMs),
  ),
  row(
    'expiretime',
    2,
    reads,
    oneKey,
    'Tells the second in which a key expires',
    ttl((leftMs, nowMs) => toSeconds(nowMs + leftMs)),
  ),
  row(
    'pexpiretime',
    2,
    reads,
    oneKey,
    'Tells the millisecond in which a key expires',
    ttl((leftMs, nowMs) => nowMs + leftMs),
  ),
  row('expire', -3, writes, oneKey, 'Lets a key expire after seconds', expire('EX', 'expire')),
  row('pexpire', -3, writes, oneKey, 'Lets a key expire after milliseconds', expire('PX', 'pexpire')),
  row('expireat', -3, writes, oneKey, 'Lets a key expire at a second', expire('EXAT', 'expireat')),
  row('pexpireat', -3, writes, oneKey, 'Lets a key expire at a millisecond', expire('PXAT', 'pexpireat')),
  row('persist', 2, writes, oneKey, 'Removes the expiry of a key', persist),
];
