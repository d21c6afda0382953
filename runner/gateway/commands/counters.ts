/** Commands that count in place. A ring in eventual mode refuses them: two leaders could each count. */
import { opcodes } from '../../../src/wire/requests.js';
import { notAnInteger, readInteger } from '../arguments.js';
import { argument, oneKey, rowsOf, type Call, type Command, type Handler } from '../command.js';
import { errorValue, type RespValue } from '../resp-value.js';
import { ask, decimal } from '../ring-calls.js';

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

const incrbyfloat: Handler = () => errorValue('ERR INCRBYFLOAT is not offered: the ring counts in integers');

const row = rowsOf('string');

export const counterCommands: readonly Command[] = [
  row('incr', 2, ['write'], oneKey, 'Adds one to an integer value', (call) => increment(call, 1)),
  row('decr', 2, ['write'], oneKey, 'Subtracts one from an integer value', (call) => increment(call, -1)),
  row('incrby', 3, ['write'], oneKey, 'Adds to an integer value', incrementBy(1)),
  row('decrby', 3, ['write'], oneKey, 'Subtracts from an integer value', incrementBy(-1)),
  row('incrbyfloat', 3, ['write'], oneKey, 'Not offered', incrbyfloat),
];
