/**
 * What coordinators ask of a member's registers, and the answers, packed as structures of arrays (see wire/requests.ts for why).
 *
 *   asks.head       [ kind, recent << 8 | partition | key bytes | value bytes, -1 = absent ]   x asks
 *   asks.numbers    [ epoch | ballot ] and, of an accept, [ version | expiry | recent ... ]
 *   asks.text       key value key value ...
 *
 *   answers.head    [ outcome, recent << 8 | value bytes, -1 = absent ]                        x answers
 *   answers.numbers  held, refused: [ ballot ]; promised: [ accepted | version | expiry | recent ... ]
 *   answers.text    value value ...
 */
import { trustBytes, type ByteString } from '../../bytes.js';
import type { Ballot, Epoch } from './ballot.js';
import type { RegisterState } from './register.js';

export const askKinds = {
  /** R6: the accepted ballot alone. */
  read: 1,
  /** R2 */
  prepare: 2,
  /** R3 */
  accept: 3,
  /** R8 */
  drop: 4,
} as const;
export type AskKind = (typeof askKinds)[keyof typeof askKinds];

export const outcomes = {
  /** Of a read: the accepted ballot, 0 when there is no record. */
  held: 1,
  promised: 2,
  accepted: 3,
  dropped: 4,
  /** With the ballot to exceed. */
  refused: 5,
  /** Not active in this epoch. */
  wrongView: 6,
} as const;
export type Outcome = (typeof outcomes)[keyof typeof outcomes];

export interface PackedAsks {
  readonly head: ArrayLike<number>;
  readonly numbers: ArrayLike<number>;
  readonly text: ByteString;
}

export interface PackedAnswers {
  readonly head: ArrayLike<number>;
  readonly numbers: ArrayLike<number>;
  readonly text: ByteString;
}

export interface Writer {
  head: number[];
  numbers: number[];
  text: string;
}

export const askStride = 4;
export const answerStride = 2;

export function createWriter(): Writer {
  return { head: [], numbers: [], text: '' };
}

export function finishWriter(writer: Writer): PackedAsks {
  return { head: writer.head, numbers: writer.numbers, text: trustBytes(writer.text) };
}

/** `state` for accepts only. */
export function writeAsk(
  writer: Writer,
  kind: AskKind,
  partition: number,
  key: ByteString,
  epoch: Epoch,
  ballot: Ballot,
  state: RegisterState | undefined,
): void {
  writer.numbers.push(epoch, ballot);
  if (state === undefined) {
    writer.head.push(kind, partition, key.length, 0);
    writer.text += key;
    return;
  }
  writer.head.push(kind | (state.recent.length << 8), partition, key.length);
  writer.text += key;
  writeState(writer, state);
}

export function writeOutcome(writer: Writer, outcome: Outcome): void {
  writer.head.push(outcome, 0);
}

export function writeBallot(writer: Writer, outcome: Outcome, ballot: Ballot): void {
  writer.head.push(outcome, 0);
  writer.numbers.push(ballot);
}

export function writePromise(writer: Writer, accepted: Ballot, state: RegisterState): void {
  writer.head.push(outcomes.promised | (state.recent.length << 8));
  writer.numbers.push(accepted);
  writeState(writer, state);
}

/** Behind the head of its ask or answer. */
function writeState(writer: Writer, { value, version, expiresAt, recent }: RegisterState): void {
  writer.head.push(value === undefined ? -1 : value.length);
  writer.numbers.push(version, expiresAt);
  // Spread among the arguments, each would become an object first.
  for (const ballot of recent) writer.numbers.push(ballot);
  if (value !== undefined) writer.text += value;
}

/** A state that was unpacked for whoever hears it. */
type FreshState = { -readonly [Field in keyof RegisterState]: RegisterState[Field] };

/** Hears each ask in order. Keys and values are parts of the batch's text: detach what is kept. */
export function visitAsks(
  asks: PackedAsks,
  visit: (
    kind: number,
    partition: number,
    key: ByteString,
    epoch: Epoch,
    ballot: Ballot,
    state: FreshState | undefined,
  ) => void,
): void {
  const { head, numbers, text } = asks;
  let at = 0;
  let numbersAt = 0;
  for (let index = 0; index + askStride <= head.length; index += askStride) {
    const tag = head[index] ?? 0;
    const keyEnd = at + (head[index + 2] ?? 0);
    const key = trustBytes(text.substring(at, keyEnd));
    const epoch = numbers[numbersAt] ?? 0;
    const ballot = numbers[numbersAt + 1] ?? 0;
    numbersAt += 2;
    at = keyEnd;
    let state: FreshState | undefined;
    if ((tag & 0xff) === askKinds.accept) {
      const valueBytes = head[index + 3] ?? -1;
      state = readState(numbers, numbersAt, tag >> 8, text, at, valueBytes);
      numbersAt += 2 + (tag >> 8);
      at += Math.max(0, valueBytes);
    }
    visit(tag & 0xff, head[index + 1] ?? 0, key, epoch, ballot, state);
  }
}

/** Hears each answer in order; `ballot` is of `held`, `refused` and, as the accepted one, of `promised`. */
export function visitAnswers(
  answers: PackedAnswers,
  visit: (place: number, outcome: number, ballot: Ballot, state: FreshState | undefined) => void,
): void {
  const { head, numbers, text } = answers;
  let at = 0;
  let numbersAt = 0;
  for (let index = 0, place = 0; index + answerStride <= head.length; index += answerStride, place++) {
    const tag = head[index] ?? 0;
    const outcome = tag & 0xff;
    if (outcome === outcomes.promised) {
      const valueBytes = head[index + 1] ?? -1;
      const state = readState(numbers, numbersAt + 1, tag >> 8, text, at, valueBytes);
      visit(place, outcome, numbers[numbersAt] ?? 0, state);
      numbersAt += 3 + (tag >> 8);
      at += Math.max(0, valueBytes);
    } else if (outcome === outcomes.held || outcome === outcomes.refused) {
      visit(place, outcome, numbers[numbersAt++] ?? 0, undefined);
    } else visit(place, outcome, 0, undefined);
  }
}

function readState(
  numbers: ArrayLike<number>,
  numbersAt: number,
  recent: number,
  text: ByteString,
  at: number,
  valueBytes: number,
): FreshState {
  const ballotsAt = numbersAt + 2;
  return {
    value: valueBytes < 0 ? undefined : trustBytes(text.substring(at, at + valueBytes)),
    version: numbers[numbersAt] ?? 0,
    expiresAt: numbers[numbersAt + 1] ?? Infinity,
    // Of its very size, for a register keeps it.
    recent: Array.prototype.slice.call(numbers, ballotsAt, ballotsAt + recent) as Ballot[],
  };
}
