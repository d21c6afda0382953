/** The digest of a run: a hash of every event and of the final state, equal for equal runs in every process. */
import { hexWord } from '../../src/words.js';

/** Two 32-bit lanes, mixed by each number and text that is added; fast, not cryptographic. */
export interface Digest {
  addNumber(value: number): void;
  addText(text: string): void;
  /** 16 hexadecimal characters. */
  value(): string;
}

export function createDigest(): Digest {
  let low = 0x811c9dc5;
  let high = 0x9e3779b9;
  const mix = (word: number): void => {
    low = Math.imul(low ^ word, 0x85ebca6b);
    low ^= low >>> 13;
    high = Math.imul(high ^ low ^ (word << 7), 0xc2b2ae35);
    high ^= high >>> 16;
  };
  return {
    addNumber(value) {
      const thousandths = Math.round(value * 1000);
      mix(thousandths | 0);
      mix(Math.floor(thousandths / 0x1_0000_0000));
    },
    addText(text) {
      mix(text.length);
      for (let index = 0; index < text.length; index++) mix(text.charCodeAt(index));
    },
    value: () => hexWord(high) + hexWord(low),
  };
}
