/** Calls to the ring as commands make them, and what their replies become. */
import { emptyBytes, type ByteString } from '../../src/bytes.js';
import { flags, statuses, type Opcode } from '../../src/wire/requests.js';
import type { Reply } from '../../src/client-types.js';
import type { Call } from './command.js';
import { errorFrom, failureValue, type Effect } from './outcome.js';
import { bulk, integer, nil, type RespValue } from './resp-value.js';

export interface Question {
  readonly value?: ByteString;
  readonly flags?: number;
  /** What `number` means to the opcode; sent when given. */
  readonly number?: number;
}

/** Asks the ring about one key. */
export function ask(call: Call, opcode: Opcode, key: ByteString, question: Question = {}): Promise<Reply> {
  const numberFlag = question.number === undefined ? 0 : flags.number;
  return call.gateway.submitter.submit(
    opcode,
    key,
    question.value ?? emptyBytes,
    (question.flags ?? 0) | numberFlag,
    question.number ?? 0,
  );
}

/** ok = the value, absent = nil. */
export function bulkOrNil(reply: Reply, effect: Effect = 'reads'): RespValue {
  if (reply.status === statuses.ok) return bulk(reply.value);
  return reply.status === statuses.absent ? nil : failureValue(reply, effect);
}

/** ok = 1; absent and refused = 0. */
export function oneOrZero(reply: Reply, effect: Effect): RespValue {
  if (reply.status === statuses.ok) return integer(1);
  return reply.status === statuses.absent || reply.status === statuses.refused
    ? integer(0)
    : failureValue(reply, effect);
}

/** ok = the decimal number in the value; absent = `whenAbsent`. */
export function decimal(reply: Reply, effect: Effect, whenAbsent: number): RespValue {
  if (reply.status === statuses.absent) return integer(whenAbsent);
  if (reply.status !== statuses.ok) return failureValue(reply, effect);
  const value = Number(reply.value);
  return Number.isSafeInteger(value) ? integer(value) : { type: 'bigNumber', digits: reply.value };
}

/** How many keys of one command are asked for at a time: bounds what their values can hold in memory. */
const keysAtATime = 128;

/**
 * One value an item, in order, failures as error values: nothing is rejected, so that the outcome of every part is known.
 * `isEnough` looks at what there is after each round of `atATime` and may stop it.
 */
export async function askForEach<Item>(
  items: readonly Item[],
  effect: Effect,
  askOne: (item: Item) => Promise<RespValue>,
  isEnough: (values: readonly RespValue[]) => boolean = () => false,
  atATime: number = keysAtATime,
): Promise<readonly RespValue[]> {
  const values: RespValue[] = [];
  for (let start = 0; start < items.length && !isEnough(values); start += atATime) {
    const round = items.slice(start, start + atATime).map((item) => settle(askOne(item), effect));
    values.push(...(await Promise.all(round)));
  }
  return values;
}

async function settle(answer: Promise<RespValue>, effect: Effect): Promise<RespValue> {
  try {
    return await answer;
  } catch (thrown) {
    return failureValue(errorFrom(thrown), effect);
  }
}

/** The sum of integers, or the failure of the first that is none. */
export function sumOf(values: readonly RespValue[]): RespValue {
  let sum = 0;
  for (const value of values) {
    if (value.type !== 'integer') return value;
    sum += value.value;
  }
  return integer(sum);
}
