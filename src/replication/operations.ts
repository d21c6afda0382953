/**
 * The operations on one record as a table of pure functions: (state, arguments, now) -> (state, answer). Both modes share
 * it. An operation that changes nothing returns the state that it was given.
 */
import { emptyBytes, trustBytes, type ByteString } from '../bytes.js';
import { addDecimals } from '../decimal.js';
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

/** The state is of a record that has not expired by `nowMs`. An outcome with status error leaves it as it was; the reply says why. */
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
  [opcodes.increment, increment],
  [opcodes.incrementByFloat, incrementByFloat],
  [opcodes.compareAndSet, compareAndSet],
  [opcodes.getDelete, getDelete],
  [opcodes.setRange, setRange],
  [opcodes.getRange, getRange],
]);

/** Beyond every limit that a ring may have on values. */
const offsetMax = 2 ** 29;

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
  const reply = (given.flags & flags.returnPrevious) === 0 ? emptyBytes : state.value;
  const expiresAt = given.number === 0 ? Infinity : nowMs + given.number;
  if (!mayExpireAt(expiresAt, state.expiresAt, given.flags)) return answer(state, statuses.refused, reply);
  if (given.number < 0) return answer(absentState, statuses.ok, reply);
  if (expiresAt === state.expiresAt) return answer(state, statuses.ok, reply);
  return answer({ value: state.value, expiresAt }, statuses.ok, reply);
}

function mayExpireAt(expiresAt: number, before: number, conditions: number): boolean {
  if ((conditions & flags.ifAbsent) !== 0 && before !== Infinity) return false;
  if ((conditions & flags.ifPresent) !== 0 && before === Infinity) return false;
  if ((conditions & flags.ifLater) !== 0 && expiresAt <= before) return false;
  return (conditions & flags.ifSooner) === 0 || expiresAt < before;
}

/** Redis' INCRBY, in the integers that a number holds exactly. */
function increment(state: RecordState, given: OperationArguments): Outcome {
  const before = state.value === undefined ? 0 : integerFrom(state.value);
  if (before === undefined || !Number.isSafeInteger(given.number)) {
    return refusal(state, 'value is not an integer or out of range');
  }
  const sum = before + given.number;
  if (!Number.isSafeInteger(sum)) return refusal(state, 'increment or decrement would overflow');
  return answer({ value: decimal(sum), expiresAt: state.expiresAt }, statuses.ok, decimal(sum));
}

function incrementByFloat(state: RecordState, given: OperationArguments): Outcome {
  const sum = addDecimals(state.value ?? '0', given.value);
  if (sum === undefined) return refusal(state, 'value is not a valid float');
  const value = trustBytes(sum);
  return answer({ value, expiresAt: state.expiresAt }, statuses.ok, value);
}

/** Absence equals no expected value: a put with ifAbsent is for that. */
function compareAndSet(state: RecordState, given: OperationArguments): Outcome {
  const expectedBytes = given.number;
  if (!Number.isInteger(expectedBytes) || expectedBytes < 0 || expectedBytes > given.value.length) {
    return refusal(state, 'the expected value is longer than what was sent');
  }
  if (state.value === undefined) return absent(state);
  if (state.value !== given.value.slice(0, expectedBytes)) {
    return answer(state, statuses.refused, state.value);
  }
  const expiresAt = (given.flags & flags.keepTtl) === 0 ? Infinity : state.expiresAt;
  return answer({ value: trustBytes(given.value.slice(expectedBytes)), expiresAt }, statuses.ok, emptyBytes);
}

function getDelete(state: RecordState): Outcome {
  return state.value === undefined ? absent(state) : answer(absentState, statuses.ok, state.value);
}

function setRange(state: RecordState, given: OperationArguments): Outcome {
  const { number: offset, value: part } = given;
  if (!Number.isInteger(offset) || offset < 0 || offset + part.length > offsetMax) {
    return refusal(state, 'offset is out of range');
  }
  const before = state.value ?? emptyBytes;
  if (part === emptyBytes) return answer(state, statuses.ok, decimal(before.length));
  const head =
    before.length < offset ? before + '\0'.repeat(offset - before.length) : before.slice(0, offset);
  const value = trustBytes(head + part + before.slice(offset + part.length));
  return answer({ value, expiresAt: state.expiresAt }, statuses.ok, decimal(value.length));
}

function getRange(state: RecordState, given: OperationArguments): Outcome {
  const [first, last] = given.value.split(' ').map(Number);
  if (first === undefined || last === undefined || !Number.isInteger(first) || !Number.isInteger(last)) {
    return refusal(state, 'value is not an integer or out of range');
  }
  if (state.value === undefined) return absent(state);
  const bytes = state.value.length;
  const start = Math.max(0, first < 0 ? bytes + first : first);
  const end = (last < 0 ? bytes + last : last) + 1;
  return answer(state, statuses.ok, trustBytes(start < end ? state.value.slice(start, end) : ''));
}

/** As strict as redis: no sign but minus, no leading zeros, nothing around it. */
function integerFrom(value: ByteString): number | undefined {
  if (!/^(?:0|-?[1-9]\d{0,15})$/.test(value)) return undefined;
  const integer = Number(value);
  return Number.isSafeInteger(integer) ? integer : undefined;
}

function refusal(state: RecordState, message: string): Outcome {
  return answer(state, statuses.error, trustBytes(message));
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
