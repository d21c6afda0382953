/**
 * Registers on their way from view to view, packed as structures of arrays.
 *
 *   head     [ key bytes | value bytes, -1 = absent | recent ]          x registers
 *   numbers  [ accepted | version | expiry | recent ... ]               x registers
 *   text     key value key value ...
 */
import { trustBytes, type ByteString } from '../../bytes.js';
import type { Ballot } from './ballot.js';
import type { RegisterState } from './register.js';

export interface PackedRegisters {
  readonly head: Int32Array;
  readonly numbers: Float64Array;
  readonly text: ByteString;
}

export interface AcceptedState extends RegisterState {
  readonly key: ByteString;
  readonly accepted: Ballot;
}

export const registerStride = 3;

export function packRegisters(registers: Iterable<AcceptedState>): PackedRegisters {
  const head: number[] = [];
  const numbers: number[] = [];
  let text = '';
  for (const { key, value, accepted, version, expiresAt, recent } of registers) {
    head.push(key.length, value === undefined ? -1 : value.length, recent.length);
    numbers.push(accepted, version, expiresAt, ...recent);
    text += value === undefined ? key : key + value;
  }
  return { head: new Int32Array(head), numbers: new Float64Array(numbers), text: trustBytes(text) };
}

/** Unpacks in order; keys and values are copied by `detach`, so that the batch need not stay in memory. */
export function unpackRegisters(
  packed: PackedRegisters,
  detach: (text: ByteString) => ByteString,
): AcceptedState[] {
  const { head, numbers, text } = packed;
  const registers: AcceptedState[] = [];
  let at = 0;
  let numbersAt = 0;
  for (let index = 0; index + registerStride <= head.length; index += registerStride) {
    const keyEnd = at + (head[index] ?? 0);
    const valueBytes = head[index + 1] ?? -1;
    const valueEnd = keyEnd + Math.max(0, valueBytes);
    const recentEnd = numbersAt + 3 + (head[index + 2] ?? 0);
    registers.push({
      key: detach(trustBytes(text.substring(at, keyEnd))),
      value: valueBytes < 0 ? undefined : detach(trustBytes(text.substring(keyEnd, valueEnd))),
      accepted: numbers[numbersAt] ?? 0,
      version: numbers[numbersAt + 1] ?? 0,
      expiresAt: numbers[numbersAt + 2] ?? Infinity,
      recent: Array.from(numbers.subarray(numbersAt + 3, recentEnd)),
    });
    at = valueEnd;
    numbersAt = recentEnd;
  }
  return registers;
}
