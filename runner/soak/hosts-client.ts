/**
 * The clients of one machine, a process beside its host: lanes that draw operations, perform them through the host's gateway over the
 * machine's own loopback, and record what they observed. Its parent tells it over IPC what to do, and gets one answer to each question.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { bytesFromText, textFromBytes, type ByteString } from '../../src/bytes.js';
import { RondoError, reasonOf } from '../../src/errors.js';
import { createRandom } from '../../src/random.js';
import { connect } from '../gateway/resp-client.js';
import { bytesOf } from '../gateway/resp-value.js';
import { nowNs } from '../workload/driver.js';
import { HistoryClient, historyLine } from '../workload/history.js';
import { bytesOfContent, failureOf, type Door, type Operation, type Outcome } from '../workload/operation.js';
import { openRespDoor } from '../workload/resp-door.js';
import { keysOf, Planner } from './plan.js';

export type ClientQuestion =
  /** Begins; the answer comes at once. */
  | { readonly type: 'play'; readonly generation: number; readonly lanes: number; readonly seed: string }
  /** Ends what `play` began. */
  | { readonly type: 'stop' }
  /** Reads all keys of a generation, each until it answers. */
  | { readonly type: 'readAll'; readonly generation: number }
  | { readonly type: 'call'; readonly words: readonly string[]; readonly timeoutMs: number };

export interface Played {
  readonly history: readonly string[];
  readonly done: number;
  readonly failures: Readonly<Record<string, number>>;
}

/** Of a call: the text that was answered, or the code of the failure. */
export interface Called {
  readonly text?: string;
  readonly code?: string;
  readonly message?: string;
}

export interface ClientSetting {
  readonly port: number;
  /** Of this process and how many there are: clients of a history have numbers of their own. */
  readonly client: number;
  readonly clients: number;
}

/** Lanes that a process ever has, at most, so that numbers of clients never meet. */
const lanesMax = 65_536;
const attemptMs = 20_000;
const againMs = 200;
const readPatienceMs = 60_000;

/** Counters, so many that none has more increments than the checker searches through. */
const ledgerKeys = 64;

function ledgerOf(generation: number): readonly ByteString[] {
  return Array.from({ length: ledgerKeys }, (_, index) => bytesFromText(`${generation}-ledger-${index}`));
}

class Clients {
  readonly #setting: ClientSetting;
  #isPlaying = false;
  #playing: Promise<void> = Promise.resolve();
  #played = { history: [] as string[], done: 0, failures: {} as Record<string, number> };
  /** Lanes ever begun: none takes up the number of an earlier one. */
  #lanes = 0;

  constructor(setting: ClientSetting) {
    this.#setting = setting;
  }

  async answer(question: ClientQuestion): Promise<unknown> {
    switch (question.type) {
      case 'play': {
        const { generation, lanes, seed } = question;
        this.#played = { history: [], done: 0, failures: {} };
        this.#isPlaying = true;
        const playing = Array.from({ length: lanes }, (_, lane) => this.#play(generation, `${seed}.${lane}`));
        this.#playing = Promise.all(playing).then(() => undefined);
        return null;
      }
      case 'stop':
        this.#isPlaying = false;
        await this.#playing;
        return this.#played satisfies Played;
      case 'readAll':
        return this.#readAll([...keysOf(question.generation), ...ledgerOf(question.generation)]);
      case 'call':
        return this.#call(question.words.map(bytesFromText), question.timeoutMs);
    }
  }

  async #play(generation: number, seed: string): Promise<void> {
    const name = `${this.#setting.client}.${seed}`;
    const planner = new Planner(createRandom(name), name, ledgerOf(generation));
    const numbers = this.#numbers();
    const door = new LastingDoor(this.#setting.port);
    while (this.#isPlaying) {
      const { operation } = planner.next(generation);
      const startNs = nowNs();
      const outcome = await door.perform(operation);
      if (outcome.type === 'failed')
        this.#played.failures[outcome.code] = (this.#played.failures[outcome.code] ?? 0) + 1;
      else this.#played.done++;
      if (outcome.type === 'value') planner.saw(operation.key, outcome.value);
      else if (outcome.type === 'refused') planner.saw(operation.key, outcome.actual);
      else if (outcome.type === 'done' && operation.type === 'put')
        planner.saw(operation.key, bytesOfContent(operation.value));
      const line = historyLine(numbers.numberFor(outcome), operation, outcome, startNs, nowNs());
      if (line !== undefined) this.#played.history.push(line);
    }
    await door.close();
  }

  async #readAll(keys: readonly ByteString[]): Promise<readonly string[]> {
    const numbers = this.#numbers();
    const number = numbers.numberFor({ type: 'value', value: undefined });
    const door = new LastingDoor(this.#setting.port);
    const untilMs = performance.now() + readPatienceMs;
    const history: string[] = [];
    for (const key of keys) {
      const operation = { type: 'get', key, atNs: undefined, client: undefined } as const;
      for (;;) {
        const startNs = nowNs();
        const outcome = await door.perform(operation);
        const line = historyLine(number, operation, outcome, startNs, nowNs());
        if (outcome.type !== 'failed') {
          if (line !== undefined) history.push(line);
          break;
        }
        if (performance.now() > untilMs)
          throw new Error(`${textFromBytes(key)} cannot be read: ${outcome.message}`);
      }
    }
    await door.close();
    return history;
  }

  async #call(words: readonly ByteString[], timeoutMs: number): Promise<Called> {
    try {
      const client = await connect('127.0.0.1', this.#setting.port, { timeoutMs });
      try {
        const late = new Promise<never>((_, reject) =>
          setTimeout(
            () => reject(new RondoError('TIMEOUT', `no answer in ${timeoutMs} ms`)),
            timeoutMs,
          ).unref(),
        );
        const [name = bytesFromText(''), ...parameters] = words;
        const value = await Promise.race([client.call(name, ...parameters), late]);
        return { text: textFromBytes(bytesOf(value) ?? bytesFromText('')) };
      } finally {
        await client.close();
      }
    } catch (error) {
      if (!(error instanceof RondoError)) throw error;
      return { code: error.code, message: error.message };
    }
  }

  #numbers(): HistoryClient {
    const lane = this.#lanes++ * this.#setting.clients + this.#setting.client;
    return new HistoryClient(lane, lanesMax * this.#setting.clients);
  }
}

/** A door that is opened again when it was lost: a gateway ends with its host, and comes back with the next. */
class LastingDoor implements Door {
  readonly #port: number;
  #door: Door | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  async perform(operation: Operation): Promise<Outcome> {
    let isSent = false;
    try {
      this.#door ??= await openRespDoor('127.0.0.1', this.#port, { timeoutMs: attemptMs });
      isSent = true;
      const outcome = await within(this.#door.perform(operation), operation);
      if (outcome.type === 'failed' && mayBeLost.has(outcome.code)) await this.#lose();
      return outcome;
    } catch (error) {
      if (!(error instanceof RondoError) || isSent) throw error;
      await this.#lose();
      return failureOf(operation, 'CONNECTION', error.message);
    }
  }

  hops(): undefined {
    return undefined;
  }

  async close(): Promise<void> {
    await this.#door?.close();
  }

  async #lose(): Promise<void> {
    const door = this.#door;
    this.#door = undefined;
    await door?.close();
    await pause(againMs);
  }
}

const mayBeLost: ReadonlySet<string> = new Set(['CONNECTION', 'UNKNOWN', 'CLOSED', 'TIMEOUT']);

/** A host that stands still does not answer, and does not close either. */
async function within(answer: Promise<Outcome>, operation: Operation): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Outcome>((resolve) => {
    timer = setTimeout(
      () => resolve(failureOf(operation, 'TIMEOUT', `no answer in ${attemptMs} ms`)),
      attemptMs,
    );
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

process.once('message', (setting: ClientSetting) => {
  const clients = new Clients(setting);
  process.on('message', ({ id, question }: { id: number; question: ClientQuestion }) => {
    clients.answer(question).then(
      (answer) => process.send?.({ id, answer }),
      (error: unknown) => process.send?.({ id, error: reasonOf(error) }),
    );
  });
});
process.once('disconnect', () => process.exit());
