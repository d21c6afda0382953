/** The client of an echo: one promise an operation, the key hashed, and what a turn asks of a lane packed as one batch, as the ring's client does. */
import { trustBytes } from '../../src/bytes.js';
import { sha1FirstWord } from '../../src/chord/sha1.js';
import { packBatch, unpackBatch } from '../../src/io/packing.js';
import type { Doors } from './closed-loop.js';

interface Lane {
  head: number[];
  text: string;
}

/** What carries the batches. */
export interface EchoCarrier {
  send(lane: number, message: string): void;
  /** The turn's batches are all sent. */
  flushed?(): void;
}

export class EchoDoors implements Doors {
  batches = 0;
  operations = 0;
  readonly #lanes: readonly Lane[];
  readonly #carrier: EchoCarrier;
  readonly #settlers: ((value: Uint8Array | undefined) => void)[] = [];
  readonly #free: number[] = [];
  #isScheduled = false;

  /** A lane for each node that the ring beside it has. */
  constructor(lanes: number, carrier: EchoCarrier) {
    this.#lanes = Array.from({ length: lanes }, () => ({ head: [], text: '' }));
    this.#carrier = carrier;
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return this.#start(key, '');
  }

  put(key: string, value: string): Promise<Uint8Array | undefined> {
    return this.#start(key, value);
  }

  receive(message: string): void {
    const { head, text } = unpackBatch(message);
    let at = 0;
    for (let index = 0; index < head.length; index += 2) {
      const slot = head[index] ?? 0;
      const end = at + (head[index + 1] ?? 0);
      const settle = this.#settlers[slot];
      this.#free.push(slot);
      settle?.(end === at ? undefined : Buffer.from(text.substring(at, end), 'latin1'));
      at = end;
    }
  }

  #start(key: string, value: string): Promise<Uint8Array | undefined> {
    return new Promise((resolve) => {
      this.operations++;
      const lane = this.#lanes[sha1FirstWord(trustBytes(key)) % this.#lanes.length];
      if (lane === undefined) throw new Error('an echo has at least one lane');
      const slot = this.#free.pop() ?? this.#settlers.length;
      this.#settlers[slot] = resolve;
      lane.head.push(slot, key.length, value.length);
      lane.text += key + value;
      if (this.#isScheduled) return;
      this.#isScheduled = true;
      setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    this.#isScheduled = false;
    for (const [index, lane] of this.#lanes.entries()) {
      if (lane.head.length === 0) continue;
      this.batches++;
      this.#carrier.send(index, packBatch({ head: lane.head, text: trustBytes(lane.text) }));
      lane.head = [];
      lane.text = '';
    }
    this.#carrier.flushed?.();
  }
}
