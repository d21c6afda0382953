/**
 * The operations on one record as a table of pure functions: (state, arguments, now) -> (state, answer). Both modes share
 * it. An operation that changes nothing returns the state that it was given.
 */
import { emptyBytes, trustBytes, type ByteString } from '../bytes.js';
import { flags, opcodes, statuses, type Status } from '../wire/requests.js';

export interface RecordState {
  /** Undefined = absent. */
  readonly value: ByteString | undefined;
  /** Milliseconds since 1970; Infinity = never. */
  readonly expiresAt: number;
}

export interface OperationArguments {
  readonly value: ByteString;
  readonly flags: number;
  readonly number: number;
}

export interface Outcome {
  readonly state: RecordState;
  readonly status: Status;
  readonly reply: ByteString;
}

/** The state is of a record that has not expired by `nowMs`. */
export type Operation = (state: RecordState, given: OperationArguments, nowMs: number) => Outcome;

export const absentState: RecordState = { value: undefined, expiresAt: Infinity };

/** By opcode. What is missing here concerns more than one record, or needs more than its state. */
export const operations: ReadonlyMap<number, Operation> = new Map<number, Operation>([
  [opcodes.get, get],
  [opcodes.put, put],
  [opcodes.delete, remove],
  [opcodes.append, append],
  [opcodes.exists, exists],
  [opcodes.length, length],
  [opcodes.ttl, ttl],
  [opcodes.expire, expire],
]);

function get(state: RecordState): Outcome {
  return state.value === undefined ? absent(state) : answer(state, statuses.ok, state.value);
}

/** With returnPrevious the answer's value is the previous one; a put that took effect where there was none answers `absent`. */
function put(state: RecordState, given: OperationArguments, nowMs: number): Outcome {
  const present = state.value !== undefined;
  const asked = (given.flags & flags.returnPrevious) !== 0;
  const previous = asked ? (state.value ?? emptyBytes) : emptyBytes;
  if (
    (present && (given.flags & flags.ifAbsent) !== 0) ||
    (!present && (given.flags & flags.ifPresent) !== 0)
  ) {
    return answer(state, statuses.refused, previous);
  }
  const kept = (given.flags & flags.keepTtl) !== 0 ? state.expiresAt : Infinity;
  const expiresAt = given.number > 0 ? nowMs + given.number : kept;
  const status = asked && !present ? statuses.absent : statuses.ok;
  return answer({ value: given.value, expiresAt }, status, previous);
}

function remove(state: RecordState): Outcome {
  return state.value === undefined ? absent(state) : answer(absentState, statuses.ok, emptyBytes);
}

function append(state: RecordState, given: OperationArguments): Outcome {
  const value = trustBytes((state.value ?? '') + given.value);
  return answer({ value, expiresAt: state.expiresAt }, statuses.ok, decimal(value.length));
}

function exists(state: RecordState): Outcome {
  return state.value === undefined ? absent(state) : answer(state, statuses.ok, emptyBytes);
}

function length(state: RecordState): Outcome {
  return state.value === undefined ? absent(state) : answer(state, statuses.ok, decimal(state.value.length));
}

function ttl(state: RecordState, _given: OperationArguments, nowMs: number): Outcome {
  if (state.value === undefined) return absent(state);
  const left = state.expiresAt === Infinity ? -1 : Math.max(0, Math.ceil(state.expiresAt - nowMs));
  return answer(state, statuses.ok, decimal(left));
}

function expire(state: RecordState, given: OperationArguments, nowMs: number): Outcome {
  if (state.value === undefined) return absent(state);
  if (given.number < 0) return answer(absentState, statuses.ok, emptyBytes);
  if (given.number === 0 && state.expiresAt === Infinity) return answer(state, statuses.ok, emptyBytes);
  const expiresAt = given.number === 0 ? Infinity : nowMs + given.number;
  return answer({ value: state.value, expiresAt }, statuses.ok, emptyBytes);
}

function absent(state: RecordState): Outcome {
  return answer(state, statuses.absent, emptyBytes);
}

function answer(state: RecordState, status: Status, reply: ByteString): Outcome {
  return { state, status, reply };
}

function decimal(number: number): ByteString {
  return trustBytes(String(number));
}
