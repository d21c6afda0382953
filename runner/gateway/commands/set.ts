/** SET with all its options, and the put behind the commands that are short for one. */
import { trustBytes, type ByteString } from '../../../src/bytes.js';
import { flags, opcodes, statuses } from '../../../src/wire/requests.js';
import { isExpiryUnit, readExpiry, syntaxError } from '../arguments.js';
import { argument, type Call, type Handler } from '../command.js';
import { failureValue } from '../outcome.js';
import { bulk, errorValue, nil, ok, type RespError, type RespValue } from '../resp-value.js';
import { ask } from '../ring-calls.js';

export interface SetOptions {
  readonly condition: 'absent' | 'present' | undefined;
  /** IFEQ: the value that must be there. */
  readonly expected: ByteString | undefined;
  readonly wantsPrevious: boolean;
  readonly keepsTtl: boolean;
  readonly ttlMs: number | undefined;
}

export const plainSet: SetOptions = {
  condition: undefined,
  expected: undefined,
  wantsPrevious: false,
  keepsTtl: false,
  ttlMs: undefined,
};

export const set: Handler = (call) => {
  if (call.args.length === 3) return put(call, argument(call, 1), argument(call, 2), plainSet);
  const options = readSetOptions(call);
  if ('type' in options) return options;
  const [key, value] = [argument(call, 1), argument(call, 2)];
  return options.expected === undefined
    ? put(call, key, value, options)
    : exchange(call, key, options.expected, value, options);
};

function readSetOptions(call: Call): SetOptions | RespError {
  let condition: 'absent' | 'present' | undefined;
  let expected: ByteString | undefined;
  let wantsPrevious = false;
  let keepsTtl = false;
  let ttlMs: number | undefined;
  for (let index = 3; index < call.args.length; index++) {
    const word = argument(call, index).toUpperCase();
    const isFirstCondition = condition === undefined && expected === undefined;
    if ((word === 'NX' || word === 'XX') && isFirstCondition) {
      condition = word === 'NX' ? 'absent' : 'present';
    } else if (word === 'IFEQ' && isFirstCondition && index + 1 < call.args.length) {
      expected = call.args[++index];
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
  if (expected !== undefined && ttlMs !== undefined) {
    return errorValue('ERR IFEQ with an expiry is not offered: set the expiry by EXPIRE afterwards');
  }
  return { condition, expected, wantsPrevious, keepsTtl, ttlMs };
}

/** With `wantsPrevious` the ring answers `absent` for a put where nothing was. A time that has passed becomes the shortest expiry. */
export async function put(
  call: Call,
  key: ByteString,
  value: ByteString,
  options: SetOptions,
): Promise<RespValue> {
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

/** A compareAndSet: OK or nil, or with `wantsPrevious` the value that was there, which equals the expected one iff it was replaced. */
export async function exchange(
  call: Call,
  key: ByteString,
  expected: ByteString,
  value: ByteString,
  { wantsPrevious, keepsTtl }: SetOptions,
): Promise<RespValue> {
  const reply = await ask(call, opcodes.compareAndSet, key, {
    value: trustBytes(expected + value),
    number: expected.length,
    flags: keepsTtl ? flags.keepTtl : 0,
  });
  switch (reply.status) {
    case statuses.ok:
      return wantsPrevious ? bulk(expected) : ok;
    case statuses.refused:
      return wantsPrevious ? bulk(reply.value) : nil;
    case statuses.absent:
      return nil;
    default:
      return failureValue(reply, 'changes');
  }
}
