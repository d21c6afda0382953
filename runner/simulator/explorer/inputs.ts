/** What can happen to a node: a message that it is handed, or a choice of the exploration. Equal ones have one number. */
import { trustIdentifier } from '../../../src/chord/identifier.js';
import type { ViewMessage } from '../../../src/replication/linearizable/messages.js';
import type { ExploredOperation } from './options.js';
import { memberNames, nameOf } from './members.js';

export type Action =
  | { readonly type: 'message'; readonly message: ViewMessage }
  /** The clock goes on by so much, and the node ticks. */
  | { readonly type: 'tick'; readonly milliseconds: number }
  /** The phase of the view change has lasted its time. */
  | { readonly type: 'viewDue' }
  /** A client asks; `id` counts the operations of the exploration from 1. */
  | { readonly type: 'request'; readonly id: number; readonly operation: ExploredOperation }
  /** Somebody wants to leave. */
  | { readonly type: 'leaving'; readonly who: number }
  | { readonly type: 'death'; readonly who: number }
  | { readonly type: 'crash' };

export interface Input {
  readonly to: number;
  /** -1: no message. */
  readonly from: number;
  readonly action: Action;
}

export class Inputs {
  readonly #numbers = new Map<string, number>();
  readonly #inputs: Input[] = [];

  /** The number of the input. Its message must not be altered afterwards. */
  numberOf(input: Input): number {
    const text = `${input.to} ${input.from} ${JSON.stringify(input.action, plainly)}`;
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.#inputs.length;
      this.#inputs.push(input);
      this.#numbers.set(text, number);
    }
    return number;
  }

  at(number: number): Input {
    const input = this.#inputs[number];
    if (input === undefined) throw new RangeError(`there is no input ${number}`);
    return input;
  }
}

export function describeInput({ to, from, action }: Input): string {
  const receiver = memberNames[to] ?? '?';
  switch (action.type) {
    case 'message': {
      const { type, ...rest } = action.message;
      return `${memberNames[from] ?? '?'} > ${receiver} ${type} ${shorten(JSON.stringify(rest, plainly))}`;
    }
    case 'tick':
      return `${receiver} ticks after ${action.milliseconds} ms`;
    case 'viewDue':
      return `${receiver}: its phase has lasted long`;
    case 'request':
      return `${receiver} is asked for ${action.operation} (${action.id})`;
    case 'leaving':
      return `${receiver} hears that ${memberNames[action.who] ?? '?'} wants to leave`;
    case 'death':
      return `${receiver} hears that ${memberNames[action.who] ?? '?'} is dead`;
    case 'crash':
      return `${receiver} crashes`;
  }
}

/** Typed arrays as arrays, peers as their names. */
function plainly(_key: string, value: unknown): unknown {
  if (value instanceof Float64Array || value instanceof Int32Array) return Array.from(value);
  if (typeof value === 'string' && value.length === 40) return nameOf(trustIdentifier(value));
  if (typeof value === 'object' && value !== null && 'incarnation' in value && 'address' in value)
    return value.address;
  return value;
}

function shorten(text: string): string {
  return text.length <= descriptionMax ? text : `${text.slice(0, descriptionMax)}...`;
}

const descriptionMax = 240;
