/** The inputs of an exploration that are no messages, by what they say: their numbers are asked for in every state. */
import type { Action, Inputs } from './inputs.js';
import type { ExploredOperation } from './options.js';

export class Choices {
  readonly #inputs: Inputs;
  /** By kind, then by member and argument. */
  readonly #numbers = {
    request: new Map<number, number>(),
    tick: new Map<number, number>(),
    viewDue: new Map<number, number>(),
    leaving: new Map<number, number>(),
    death: new Map<number, number>(),
    crash: new Map<number, number>(),
  };

  constructor(inputs: Inputs) {
    this.#inputs = inputs;
  }

  request(to: number, id: number, operation: ExploredOperation): number {
    return this.#numberOf(to, id, { type: 'request', id, operation });
  }

  tick(to: number, milliseconds: number): number {
    return this.#numberOf(to, milliseconds, { type: 'tick', milliseconds });
  }

  viewDue(to: number): number {
    return this.#numberOf(to, 0, { type: 'viewDue' });
  }

  leaving(to: number, who: number): number {
    return this.#numberOf(to, who, { type: 'leaving', who });
  }

  death(to: number, who: number): number {
    return this.#numberOf(to, who, { type: 'death', who });
  }

  crash(to: number): number {
    return this.#numberOf(to, 0, { type: 'crash' });
  }

  #numberOf(to: number, argument: number, action: Exclude<Action, { readonly type: 'message' }>): number {
    const numbers = this.#numbers[action.type];
    const name = argument * 8 + to;
    let number = numbers.get(name);
    if (number === undefined) {
      number = this.#inputs.numberOf({ to, from: -1, action });
      numbers.set(name, number);
    }
    return number;
  }
}
