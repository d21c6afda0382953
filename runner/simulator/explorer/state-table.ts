/**
 * The states that were reached, by 63 bits of hash, each with the state and the input that led to it first; and those whose
 * choices are still to be looked at, first in, first out. Two states of one hash would pass for one: of n states that happens
 * with a probability of about n^2 / 2^64, 5 in a million for 10^7.
 */
import { mixWord } from '../../../src/words.js';

/** Ints of one chunk of waiting states. */
const chunkInts = 2 ** 20;
const firstSlots = 2 ** 16;

export class StateTable {
  /** Pairs of words; both 0 = free. */
  #words = new Uint32Array(2 * firstSlots);
  #slots = firstSlots;
  #count = 0;
  #parents = new Int32Array(firstSlots);
  #inputs = new Int32Array(firstSlots);
  #chunks: Int32Array[] = [];
  #readAt = 0;
  #writeAt = chunkInts;
  #taken = 0;

  /** Of states that were reached. */
  get count(): number {
    return this.#count;
  }

  /** Of states that were taken. */
  get taken(): number {
    return this.#taken;
  }

  /** Adds the state; false when it was reached before. `state` is copied. */
  add(state: Int32Array, parent: number, input: number): boolean {
    if (!this.#insert(state)) return false;
    if (this.#count === this.#parents.length) this.#growParents();
    this.#parents[this.#count] = parent;
    this.#inputs[this.#count] = input;
    this.#count++;
    this.#push(state);
    return true;
  }

  /** The first of the states that wait; undefined when none does. Its number is `taken - 1` afterwards. */
  take(): Int32Array | undefined {
    if (this.#taken === this.#count) return undefined;
    let [chunk] = this.#chunks;
    if (this.#readAt === chunkInts || chunk?.[this.#readAt] === 0) {
      this.#chunks.shift();
      this.#readAt = 0;
      [chunk] = this.#chunks;
    }
    const length = chunk?.[this.#readAt] ?? 0;
    const start = this.#readAt + 1;
    this.#readAt = start + length;
    this.#taken++;
    return chunk?.subarray(start, start + length);
  }

  /** Inputs that lead from the start to the state, in order. */
  pathTo(number: number): readonly number[] {
    const path: number[] = [];
    for (let at = number; at > 0; at = this.#parents[at] ?? 0) path.push(this.#inputs[at] ?? 0);
    return path.reverse();
  }

  #push(state: Int32Array): void {
    if (this.#writeAt + state.length + 1 > chunkInts) {
      this.#chunks.push(new Int32Array(chunkInts));
      this.#writeAt = 0;
    }
    const chunk = this.#chunks.at(-1);
    if (chunk === undefined) return;
    chunk[this.#writeAt] = state.length;
    chunk.set(state, this.#writeAt + 1);
    this.#writeAt += state.length + 1;
  }

  #insert(state: Int32Array): boolean {
    if (2 * this.#count >= this.#slots) this.#growSlots();
    let low = 0x9e3779b9;
    let high = 0x85ebca6b;
    for (const word of state) {
      low = mixWord(low ^ Math.imul(word, 0xcc9e2d51));
      high = mixWord((high + Math.imul(word, 0x27d4eb2f)) ^ (high >>> 15));
    }
    return place(this.#words, this.#slots, (mixWord(low ^ state.length) | 1) >>> 0, mixWord(high) >>> 0);
  }

  #growSlots(): void {
    const words = this.#words;
    this.#slots *= 2;
    this.#words = new Uint32Array(2 * this.#slots);
    for (let at = 0; at < words.length; at += 2) {
      const low = words[at] ?? 0;
      if (low !== 0) place(this.#words, this.#slots, low, words[at + 1] ?? 0);
    }
  }

  #growParents(): void {
    const grow = (list: Int32Array): Int32Array<ArrayBuffer> => {
      const longer = new Int32Array(2 * list.length);
      longer.set(list);
      return longer;
    };
    this.#parents = grow(this.#parents);
    this.#inputs = grow(this.#inputs);
  }
}

/** False when the pair is there. */
function place(words: Uint32Array, slots: number, low: number, high: number): boolean {
  for (let slot = (low ^ high) & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
    const found = words[2 * slot];
    if (found === 0) {
      words[2 * slot] = low;
      words[2 * slot + 1] = high;
      return true;
    }
    if (found === low && words[2 * slot + 1] === high) return false;
  }
}
