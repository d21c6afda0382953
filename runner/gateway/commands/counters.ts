/** Commands that count in place. A ring in eventual mode refuses them: two leaders could each count. */
import { opcodes } from '../../../src/wire/requests.js';
import { notAnInteger, readInteger } from '../arguments.js';
import { argument, oneKey, rowsOf, type Call, type Command, type Handler } from '../command.js';
import type { RespValue } from '../resp-value.js';
import { ask, bulkOrNil, decimal } from '../ring-calls.js';

async function increment(call: Call, step: number): Promise<RespValue> {
  const reply = await ask(call, opcodes.increment, argument(call, 1), { number: step });
  return decimal(reply, 'changes', 0);
}

function incrementBy(sign: 1 | -1): Handler {
  return (call) => {
    const step = readInteger(call.args[2]);
    if (step === undefined) return notAnInteger;
    return step === 0 ? increment(call, 0) : increment(call, sign * step);
  };
}

/** Sums are exact decimals, not long doubles. */
const incrbyfloat: Handler = (call) =>
  ask(call, opcodes.incrementByFloat, argument(call, 1), { value: argument(call, 2) }).then((reply) =>
    bulkOrNil(reply, 'changes'),
  );

const row = rowsOf('string');

export const counterCommands: readonly Command[] = [
  row('incr', 2, ['write'], oneKey, 'Adds one to an integer value', (call) => increment(call, 1)),
  row('decr', 2, ['write'], oneKey, 'Subtracts one from an integer value', (call) => increment(call, -1)),
  row('incrby', 3, ['write'], oneKey, 'Adds to an integer value', incrementBy(1)),
  row('decrby', 3, ['write'], oneKey, 'Subtracts from an integer value', incrementBy(-1)),
  row('incrbyfloat', 3, ['write'], oneKey, 'Adds a decimal fraction to a value', incrbyfloat),
];
