/** Loads a history and parts it by key: operations on different keys constrain each other in nothing (Herlihy and Wing, 1990, section 3.1). */
import { textFromBytes, type ByteString } from '../../src/bytes.js';
import { readLines } from '../replay/lines.js';
import { parseHistoryLine } from './history-line.js';
import type { ObservedOperation } from './observed.js';

export interface History {
  /** In the order of the lines. */
  readonly keys: ReadonlyMap<ByteString, readonly ObservedOperation[]>;
  readonly operations: number;
  /** Lines that constrain nothing: certainly did not happen, or a read without an answer. */
  readonly dropped: number;
  /** `file:line: what was expected`, the first ones. */
  readonly problems: readonly string[];
  /** All broken lines, also those beyond `problems`. */
  readonly broken: number;
}

const problemsMax = 10;

/** Rejects with a RondoError when the file cannot be read; `-` is the standard input. Broken lines are reported, not thrown. */
export async function loadHistory(file: string): Promise<History> {
  const gatherer = new HistoryGatherer(file);
  for await (const lines of readLines(file)) for (const line of lines) gatherer.add(textFromBytes(line));
  return gatherer.history();
}

/** The history of lines that are in memory; `name` stands for the file in messages. */
export function historyOf(lines: readonly string[], name: string): History {
  const gatherer = new HistoryGatherer(name);
  for (const line of lines) gatherer.add(line);
  return gatherer.history();
}

class HistoryGatherer {
  readonly #name: string;
  readonly #keys = new Map<ByteString, ObservedOperation[]>();
  readonly #problems: string[] = [];
  #line = 0;
  #operations = 0;
  #dropped = 0;
  #broken = 0;

  constructor(name: string) {
    this.#name = name;
  }

  add(text: string): void {
    const parsed = parseHistoryLine(text, ++this.#line);
    switch (parsed.type) {
      case 'operation': {
        this.#operations++;
        const ofKey = this.#keys.get(parsed.operation.key);
        if (ofKey === undefined) this.#keys.set(parsed.operation.key, [parsed.operation]);
        else ofKey.push(parsed.operation);
        return;
      }
      case 'dropped':
        this.#dropped++;
        return;
      case 'problem':
        this.#broken++;
        if (this.#problems.length < problemsMax)
          this.#problems.push(`${this.#name}:${this.#line}: ${parsed.message}`);
        return;
      case 'blank':
        return;
    }
  }

  history(): History {
    return {
      keys: this.#keys,
      operations: this.#operations,
      dropped: this.#dropped,
      problems: this.#problems,
      broken: this.#broken,
    };
  }
}
