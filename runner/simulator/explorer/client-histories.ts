/** What clients saw: sequences of questions and answers, which are part of a state. Each is checked once, when first met. */
import { checkKey } from '../../check/check-key.js';
import { defaultCheckLimits } from '../../check/limits.js';
import type { Action, ObservedOperation } from '../../check/observed.js';
import { trustBytes } from '../../../src/bytes.js';
import { statuses, type Status } from '../../../src/wire/requests.js';
import { valueOfPut, type Reply } from './node-state.js';
import type { ExploredOperation } from './options.js';

type ClientEvent =
  | { readonly type: 'asked'; readonly id: number }
  | { readonly type: 'answered'; readonly id: number; readonly status: Status; readonly value: string };

interface ClientHistory {
  readonly events: readonly ClientEvent[];
  /** Operations that were asked, and that were answered, a bit each: operation 1 is the lowest. */
  readonly askedBits: number;
  readonly answeredBits: number;
  /** Whether no order of the operations explains the answers. */
  readonly isIllegal: boolean;
  readonly text: string;
}

export class ClientHistories {
  readonly #operations: readonly ExploredOperation[];
  readonly #numbers = new Map<string, number>();
  readonly #histories: ClientHistory[] = [];

  constructor(operations: readonly ExploredOperation[]) {
    this.#operations = operations;
    this.#numberOf([]);
  }

  at(number: number): ClientHistory {
    const history = this.#histories[number];
    if (history === undefined) throw new RangeError(`there is no history ${number}`);
    return history;
  }

  asked(number: number, id: number): number {
    return this.#numberOf([...this.at(number).events, { type: 'asked', id }]);
  }

  answered(number: number, replies: readonly Reply[]): number {
    if (replies.length === 0) return number;
    return this.#numberOf([
      ...this.at(number).events,
      ...replies.map((reply): ClientEvent => ({ type: 'answered', ...reply })),
    ]);
  }

  /** Values that the replies say were read; undefined = absent. */
  read(replies: readonly Reply[]): readonly (string | undefined)[] {
    return replies
      .filter(({ id, status }) => this.#kindOf(id) === 'get' && isDone(status))
      .map(({ status, value }) => (status === statuses.ok ? value : undefined));
  }

  #numberOf(events: readonly ClientEvent[]): number {
    const text = events.map(textOf).join(', ');
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.#histories.length;
      this.#numbers.set(text, number);
      this.#histories.push({
        events,
        askedBits: bitsOf(events, 'asked'),
        answeredBits: bitsOf(events, 'answered'),
        isIllegal: !this.#isLegal(events),
        text,
      });
    }
    return number;
  }

  /** What is not answered may have taken effect, or may yet. */
  #isLegal(events: readonly ClientEvent[]): boolean {
    const observed: ObservedOperation[] = [];
    for (const [startNs, event] of events.entries()) {
      if (event.type !== 'asked') continue;
      const { id } = event;
      const endNs = events.findIndex((each) => each.type === 'answered' && each.id === id);
      const answer = events[endNs];
      const kind = this.#kindOf(id);
      let action: Action | undefined;
      let isOpen = answer?.type !== 'answered';
      if (answer?.type === 'answered') {
        isOpen = answer.status === statuses.unknown;
        action = isOpen ? openAction(kind, id) : actionOf(kind, id, answer.status, answer.value);
      } else action = openAction(kind, id);
      if (action === undefined) continue;
      const line = observed.length + 1;
      observed.push({ line, client: `${id}`, key, startNs, endNs: isOpen ? Infinity : endNs, action });
    }
    return checkKey(observed, rules, defaultCheckLimits, { stepsLeft: 100_000 }).type !== 'illegal';
  }

  #kindOf(id: number): ExploredOperation {
    return this.#operations[id - 1] ?? 'get';
  }
}

const key = trustBytes('k');
const rules = { cache: false, preloaded: false };

/** Undefined: certainly no effect. */
function actionOf(kind: ExploredOperation, id: number, status: Status, value: string): Action | undefined {
  if (!isDone(status)) return undefined;
  if (kind === 'get') return { type: 'get', output: status === statuses.ok ? trustBytes(value) : null };
  if (kind === 'put') return { type: 'put', value: valueOfPut(id) };
  return { type: 'incr', by: 1n, result: BigInt(value) };
}

function openAction(kind: ExploredOperation, id: number): Action | undefined {
  if (kind === 'get') return undefined;
  return kind === 'put'
    ? { type: 'put', value: valueOfPut(id) }
    : { type: 'incr', by: 1n, result: undefined };
}

function isDone(status: Status): boolean {
  return status === statuses.ok || status === statuses.absent;
}

function bitsOf(events: readonly ClientEvent[], type: ClientEvent['type']): number {
  return events.reduce((bits, event) => (event.type === type ? bits | (1 << (event.id - 1)) : bits), 0);
}

function textOf(event: ClientEvent): string {
  if (event.type === 'asked') return `${event.id} asked`;
  return `${event.id} answered ${event.status}${isDone(event.status) ? ` "${event.value}"` : ''}`;
}
