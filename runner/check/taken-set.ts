/**
 * The set of operations that a search has taken, with an exact short text. Operations are numbered by their starts,
 * so what must be taken and is, is all of a beginning and a few after it:
 *
 *     1 1 1 1 1 0 1 0 0 1 0 0 0       text: 5, then the bits up to the last 1,
 *               ^ beginning           then the bits of those that may never have happened
 */
export class TakenSet {
  /** How many that must be taken are not. */
  required: number;
  readonly #taken: Uint8Array;
  /** For each operation, its number among the optional ones; -1 = it must be taken. */
  readonly #optionalNumbers: Int32Array;
  readonly #optionalBits: Uint16Array;
  /** The first that must be taken and is not. */
  #beginning = 0;
  /** Not before the last taken: it falls back only to where the set is full. */
  #last = -1;

  constructor(optional: readonly boolean[]) {
    let count = 0;
    this.#optionalNumbers = Int32Array.from(optional, (each) => (each ? count++ : -1));
    this.#optionalBits = new Uint16Array(Math.ceil(count / 16));
    this.#taken = new Uint8Array(optional.length);
    this.required = optional.length - count;
    this.#advance();
  }

  add(operation: number): void {
    const number = this.#optionalNumbers[operation] ?? -1;
    if (number >= 0) {
      this.#flip(number);
      return;
    }
    this.#taken[operation] = 1;
    this.required--;
    if (operation > this.#last) this.#last = operation;
    this.#advance();
  }

  remove(operation: number): void {
    const number = this.#optionalNumbers[operation] ?? -1;
    if (number >= 0) {
      this.#flip(number);
      return;
    }
    this.#taken[operation] = 0;
    this.required++;
    if (operation < this.#beginning) this.#beginning = operation;
  }

  /** Equal for equal sets, different for different ones. Cost: the operations between the beginning and the last, by 16, and the optional ones, by 16. */
  text(): string {
    while (this.#last >= this.#beginning && this.#taken[this.#last] !== 1) this.#last--;
    let text = `${this.#beginning} `;
    for (let start = this.#beginning + 1; start <= this.#last; start += 16) {
      let bits = 0;
      for (let bit = 0; bit < 16; bit++) if (this.#taken[start + bit] === 1) bits |= 1 << bit;
      text += String.fromCharCode(bits);
    }
    text += ' ';
    for (const bits of this.#optionalBits) text += String.fromCharCode(bits);
    return text;
  }

  #flip(number: number): void {
    const word = number >> 4;
    this.#optionalBits[word] = (this.#optionalBits[word] ?? 0) ^ (1 << (number & 15));
  }

  #advance(): void {
    while (
      this.#beginning < this.#taken.length &&
      (this.#taken[this.#beginning] === 1 || (this.#optionalNumbers[this.#beginning] ?? -1) >= 0)
    )
      this.#beginning++;
  }
}
