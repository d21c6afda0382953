/** History: what one client observed, a JSON line for each operation, as the linearizability checker reads it. */
import { isUtf8 } from 'node:buffer';
import { arrayFromBytes, textFromBytes, type ByteString } from '../../src/bytes.js';
import { bytesOfContent, type Operation, type Outcome } from './operation.js';

/** A name with its bytes for a JSON line: text where they are UTF-8, else `name_base64`. */
export function jsonBytes(name: string, bytes: ByteString): Readonly<Record<string, string>> {
  const array = arrayFromBytes(bytes);
  return isUtf8(array)
    ? { [name]: textFromBytes(bytes) }
    : { [`${name}_base64`]: Buffer.from(array).toString('base64') };
}

/**
 * One line of a history; undefined for a scan, which says nothing of one key. Times are `process.hrtime` nanoseconds, comparable
 * between the threads of one host.
 */
export function historyLine(
  client: number,
  operation: Operation,
  outcome: Outcome,
  startNs: number,
  endNs: number,
): string | undefined {
  if (operation.type === 'scan') return undefined;
  return JSON.stringify({
    client,
    op: names[operation.type],
    ...jsonBytes('key', operation.key),
    ...inputOf(operation),
    ...outputOf(operation, outcome),
    start_ns: startNs,
    end_ns: endNs,
    ok: outcome.type === 'failed' ? (outcome.unknown ? 'unknown' : false) : true,
  });
}

const names = {
  get: 'get',
  put: 'put',
  delete: 'delete',
  append: 'append',
  compareAndSet: 'cas',
  increment: 'incr',
} as const;

function inputOf(operation: Operation): Readonly<Record<string, unknown>> {
  switch (operation.type) {
    case 'put':
    case 'append':
      return jsonBytes('value', bytesOfContent(operation.value));
    case 'compareAndSet':
      return {
        ...jsonBytes('expected', bytesOfContent(operation.expected)),
        ...jsonBytes('value', bytesOfContent(operation.value)),
      };
    case 'increment':
      return { value: operation.step };
    default:
      return {};
  }
}

/** Client numbers of a history: a lane takes a new one after an unknown outcome, which may take effect at any later time. */
export class HistoryClient {
  #number: number;
  readonly #lanes: number;

  /** `lanes` = lanes of the whole run: adding it never meets another lane's number. */
  constructor(lane: number, lanes: number) {
    this.#number = lane;
    this.#lanes = lanes;
  }

  numberFor(outcome: Outcome): number {
    const number = this.#number;
    if (outcome.type === 'failed' && outcome.unknown) this.#number += this.#lanes;
    return number;
  }
}

function outputOf(operation: Operation, outcome: Outcome): Readonly<Record<string, unknown>> {
  switch (outcome.type) {
    case 'value':
      return outcome.value === undefined ? { output: null } : jsonBytes('output', outcome.value);
    case 'done':
      return outcome.output === true && operation.type !== 'compareAndSet' ? {} : { output: outcome.output };
    case 'refused':
      return {
        output: false,
        ...(outcome.actual === undefined ? { actual: null } : jsonBytes('actual', outcome.actual)),
      };
    case 'failed':
      return { error: outcome.message };
  }
}
