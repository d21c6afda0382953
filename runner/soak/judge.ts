/** Judges generations one after the other: reads all keys of one a last time, checks its history, and deletes the keys. */
import { writeFileSync } from 'node:fs';
import { emptyBytes, textFromBytes, type ByteString } from '../../src/bytes.js';
import type { RingClient } from '../../src/client-types.js';
import { RondoError } from '../../src/errors.js';
import { opcodes, statuses } from '../../src/wire/requests.js';
import { checkHistory } from '../check/check-history.js';
import { whySentence } from '../check/timeline.js';
import { historyOf } from '../check/load-history.js';
import { nowNs } from '../workload/driver.js';
import { historyLine } from '../workload/history.js';
import { keysOf } from './plan.js';

export interface Judgement {
  generations: number;
  operations: number;
  readonly keys: { ok: number; illegal: number; unknown: number };
  /** What was found, a line each, with the file that holds the history. */
  readonly complaints: string[];
}

/** Generations stay in the ring for so many others, so that they live through many faults before their keys are read. */
const generationsKept = 3;
/** The last reads of keys are by a client of their own. */
const readerNumber = -1;
const attemptMs = 5_000;
const patienceMs = 120_000;

export class Judge {
  readonly judgement: Judgement = {
    generations: 0,
    operations: 0,
    keys: { ok: 0, illegal: 0, unknown: 0 },
    complaints: [],
  };
  readonly #client: RingClient;
  readonly #name: string;
  readonly #threads: number;
  readonly #gathered = new Map<number, { history: string[]; threads: number }>();
  #waiting: { readonly generation: number; readonly history: string[] }[] = [];
  #judging: Promise<void> = Promise.resolve();

  /** `name` begins the names of files that hold histories with something wrong. */
  constructor(client: RingClient, threads: number, name: string) {
    this.#client = client;
    this.#threads = threads;
    this.#name = name;
  }

  /** One thread has ended its part of the generation. */
  add(generation: number, history: readonly string[]): void {
    const gathered = this.#gathered.get(generation) ?? { history: [], threads: 0 };
    this.#gathered.set(generation, gathered);
    for (const line of history) gathered.history.push(line);
    if (++gathered.threads < this.#threads) return;
    this.#gathered.delete(generation);
    this.#waiting.push({ generation, history: gathered.history });
    while (this.#waiting.length > generationsKept) this.#judgeNext();
  }

  /** Judges what is left; all threads have ended. */
  async end(): Promise<Judgement> {
    while (this.#waiting.length > 0) this.#judgeNext();
    await this.#judging;
    return this.judgement;
  }

  #judgeNext(): void {
    const next = this.#waiting.shift();
    if (next !== undefined)
      this.#judging = this.#judging.then(() => this.#judge(next.generation, next.history));
  }

  async #judge(generation: number, history: string[]): Promise<void> {
    const keys = keysOf(generation);
    const lines = await Promise.all(keys.map((key) => this.#lastRead(key)));
    history.push(...lines.flatMap((line) => (line === undefined ? [] : [line])));
    const loaded = historyOf(history, `generation ${generation}`);
    const verdict = checkHistory(loaded, { cache: false, preloaded: false });
    const { judgement } = this;
    judgement.generations++;
    judgement.operations += loaded.operations;
    judgement.keys.ok += verdict.keys.ok;
    judgement.keys.illegal += verdict.keys.illegal;
    judgement.keys.unknown += verdict.keys.unknown;
    judgement.complaints.push(...loaded.problems);
    if (verdict.verdict !== 'ok') {
      const file = `${this.#name}-${generation}.jsonl`;
      writeFileSync(file, `${history.join('\n')}\n`);
      judgement.complaints.push(
        ...verdict.failures.map(
          (failure) => `key ${textFromBytes(failure.key)} is illegal: ${whySentence(failure)} (${file})`,
        ),
        ...verdict.undecided.map(
          ({ key, why }) => `key ${textFromBytes(key)} is undecided: ${why} (${file})`,
        ),
      );
    }
    // What has been judged makes place, so that the ring's size and history do not grow.
    await Promise.all(keys.map((key) => this.#untilDone(key, () => this.#client.delete(key, soon))));
  }

  async #lastRead(key: ByteString): Promise<string | undefined> {
    const operation = { type: 'get', key, atNs: undefined, client: undefined } as const;
    return this.#untilDone(key, async () => {
      const startNs = nowNs();
      const reply = await this.#client.submitter.submit(opcodes.get, key, emptyBytes, 0, 0, soon);
      const value = reply.status === statuses.ok ? reply.value : undefined;
      if (reply.status !== statuses.ok && reply.status !== statuses.absent)
        throw new RondoError('NOQUORUM', reply.value);
      return historyLine(readerNumber, operation, { type: 'value', value }, startNs, nowNs());
    });
  }

  /** Tries again what failed; complains when that goes on for too long. */
  async #untilDone<T>(key: ByteString, work: () => Promise<T>): Promise<T | undefined> {
    const untilMs = performance.now() + patienceMs;
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof RondoError)) throw error;
        if (performance.now() < untilMs) continue;
        this.judgement.complaints.push(`key ${textFromBytes(key)} is out of reach: ${error.message}`);
        return undefined;
      }
    }
  }
}

const soon = { timeoutMs: attemptMs };
