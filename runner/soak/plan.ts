/** What the clients of a soak do: generations of keys, each used for a while, so that a key's history stays small enough to be judged. */
import { bytesFromText, trustBytes, type ByteString } from '../../src/bytes.js';
import { sha1FirstWord } from '../../src/chord/sha1.js';
import type { Random } from '../../src/ports.js';
import { partitionOfFirstWord } from '../../src/replication/partition.js';
import type { Operation } from '../workload/operation.js';

/** Operations of one generation, all clients together. */
export const operationsPerGeneration = 18_000;

/** Keys of a generation by what is done to them: histories with appends or increments are decided by search, so they are apart. */
const registers = 160;
const texts = 70;
const counters = 70;
/** The share of operations that count in the ledger, whose counters live as long as the ring. */
const ledgerShare = 0.05;
const untimed = { atNs: undefined, client: undefined };

/** An operation; `counter` is set for those of the ledger. */
export interface Planned {
  readonly operation: Operation;
  readonly counter: number | undefined;
}

export function generationOf(number: number): number {
  return Math.floor(number / operationsPerGeneration);
}

export function keysOf(generation: number): ByteString[] {
  const keys = (kind: string, count: number): ByteString[] =>
    Array.from({ length: count }, (_, index) => keyOf(generation, kind, index));
  return [...keys('register', registers), ...keys('text', texts), ...keys('counter', counters)];
}

/** A counter in each partition: a partition that was forgotten, or went back, would show. */
export function ledgerKeys(partitions: number): ByteString[] {
  const keys: (ByteString | undefined)[] = Array.from<undefined>({ length: partitions }).fill(undefined);
  for (let number = 0, missing = partitions; missing > 0; number++) {
    const key = bytesFromText(`ledger-${number}`);
    const partition = partitionOfFirstWord(sha1FirstWord(key), partitions);
    if (keys[partition] !== undefined) continue;
    keys[partition] = key;
    missing--;
  }
  return keys.flatMap((key) => (key === undefined ? [] : [key]));
}

/** Draws a client's operations. Every value is written once: what a read returns tells which write it saw. */
export class Planner {
  readonly #random: Random;
  readonly #name: string;
  readonly #ledger: readonly ByteString[];
  /** What this client saw last of the registers of a generation: what compareAndSets expect. */
  #seen = new Map<ByteString, ByteString>();
  #generation = -1;
  #values = 0;

  constructor(random: Random, name: string, ledger: readonly ByteString[]) {
    this.#random = random;
    this.#name = name;
    this.#ledger = ledger;
  }

  next(generation: number): Planned {
    if (generation !== this.#generation) this.#seen = new Map();
    this.#generation = generation;
    const random = this.#random;
    if (random() < ledgerShare) {
      const counter = Math.floor(random() * this.#ledger.length);
      const key = this.#ledger[counter] ?? trustBytes('');
      return { operation: { type: 'increment', key, step: 1, ...untimed }, counter };
    }
    const index = Math.floor(random() * (registers + texts + counters));
    return { operation: this.#onKey(generation, index), counter: undefined };
  }

  saw(key: ByteString, value: ByteString | undefined): void {
    if (value === undefined) this.#seen.delete(key);
    else this.#seen.set(key, value);
  }

  #onKey(generation: number, index: number): Operation {
    const drawn = this.#random();
    if (index >= registers + texts) {
      const key = keyOf(generation, 'counter', index - registers - texts);
      if (drawn < 0.35) return { type: 'get', key, ...untimed };
      if (drawn < 0.4) return { type: 'delete', key, ...untimed };
      return { type: 'increment', key, step: 1 + Math.floor(this.#random() * 9), ...untimed };
    }
    if (index >= registers) {
      const key = keyOf(generation, 'text', index - registers);
      if (drawn < 0.35) return { type: 'get', key, ...untimed };
      if (drawn < 0.4) return { type: 'delete', key, ...untimed };
      return { type: 'append', key, value: this.#value(), ...untimed };
    }
    // Squared: some registers are fought for.
    const key = keyOf(generation, 'register', Math.floor(registers * this.#random() ** 2));
    if (drawn < 0.4) return { type: 'get', key, ...untimed };
    if (drawn < 0.5) return { type: 'delete', key, ...untimed };
    const expected = this.#seen.get(key);
    if (drawn < 0.75 || expected === undefined)
      return { type: 'put', key, value: this.#value(), ttlMs: 0, onlyIf: undefined, ...untimed };
    return { type: 'compareAndSet', key, expected, value: this.#value(), ...untimed };
  }

  #value(): ByteString {
    return trustBytes(`${this.#name}.${this.#values++};`);
  }
}

function keyOf(generation: number, kind: string, index: number): ByteString {
  return bytesFromText(`${generation}-${kind}-${index}`);
}
