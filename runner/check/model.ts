/** The model of one key: its states, and what each operation may do to them (as porcupine's models: init, step, equal). */
import { trustBytes, type ByteString } from '../../src/bytes.js';
import { assertNever } from '../../src/errors.js';
import type { CheckRules } from './limits.js';
import type { Action, Content } from './observed.js';

export type KeyState =
  | { readonly type: 'absent' }
  | { readonly type: 'value'; readonly value: ByteString }
  /** Nothing is known: what a preloaded ring begins with. */
  | { readonly type: 'anything' }
  /** Appends to something unknown: `length` of all of it where an answer told. */
  | { readonly type: 'ending'; readonly suffix: ByteString; readonly length: number | undefined };

const absent: KeyState = { type: 'absent' };
const anything: KeyState = { type: 'anything' };
const emptyValue = trustBytes('');

export function initialState(rules: CheckRules): KeyState {
  return rules.preloaded ? anything : absent;
}

/** Equal states have equal texts. Cost: the length of the value. */
export function stateText(state: KeyState): string {
  switch (state.type) {
    case 'absent':
      return '-';
    case 'anything':
      return '*';
    case 'value':
      return `=${state.value}`;
    case 'ending':
      return `${state.length ?? ''}~${state.suffix}`;
  }
}

/** The states in which the key may be after the action; none when the state contradicts what was answered. */
export function step(state: KeyState, action: Action, rules: CheckRules): readonly KeyState[] {
  const direct = after(state, action);
  if (!rules.cache || state.type === 'absent') return direct === undefined ? [] : [direct];
  // The key may have become absent since: the action then found nothing.
  const evicted = after(absent, action);
  if (evicted === undefined) return direct === undefined ? [] : [direct];
  if (direct === undefined) return [evicted];
  return stateText(direct) === stateText(evicted) ? [direct] : [direct, evicted];
}

function after(state: KeyState, action: Action): KeyState | undefined {
  switch (action.type) {
    case 'get':
      return narrow(state, action.output);
    case 'put':
      return { type: 'value', value: action.value };
    case 'delete':
      if (action.existed === undefined) return absent;
      if (!action.existed) return narrow(state, null);
      return state.type === 'absent' ? undefined : absent;
    case 'exchange':
      return narrow(state, action.expected) && { type: 'value', value: action.value };
    case 'refusal':
      if (action.actual === undefined) return mayDiffer(state, action.expected) ? state : undefined;
      return action.actual === action.expected ? undefined : narrow(state, action.actual);
    case 'append':
      return append(state, action.value, action.length);
    case 'incr':
      return increase(state, action.by, action.result);
    default:
      return assertNever(action);
  }
}

/** The state once it is known to hold the content; undefined when it cannot. */
function narrow(state: KeyState, content: Content): KeyState | undefined {
  const known: KeyState = content === null ? absent : { type: 'value', value: content };
  switch (state.type) {
    case 'absent':
      return content === null ? state : undefined;
    case 'value':
      return content === state.value ? state : undefined;
    case 'anything':
      return known;
    case 'ending': {
      const fits =
        content !== null &&
        content.endsWith(state.suffix) &&
        (state.length === undefined || state.length === content.length);
      return fits ? known : undefined;
    }
  }
}

function mayDiffer(state: KeyState, expected: Content): boolean {
  if (state.type === 'absent') return expected !== null;
  return state.type !== 'value' || state.value !== expected;
}

function append(state: KeyState, added: ByteString, length: number | undefined): KeyState | undefined {
  if (state.type === 'absent' || state.type === 'value') {
    const value = trustBytes((state.type === 'absent' ? emptyValue : state.value) + added);
    return length === undefined || length === value.length ? { type: 'value', value } : undefined;
  }
  const suffix = trustBytes(state.type === 'anything' ? added : state.suffix + added);
  const before = state.type === 'anything' ? undefined : state.length;
  const whole = before === undefined ? length : before + added.length;
  if (length !== undefined && whole !== length) return undefined;
  if (whole === undefined || whole > suffix.length) return { type: 'ending', suffix, length: whole };
  return whole === suffix.length ? { type: 'value', value: suffix } : undefined;
}

const wholeNumber = /^(?:0|-?[1-9]\d*)$/;

function increase(state: KeyState, by: bigint, result: bigint | undefined): KeyState | undefined {
  if (state.type === 'absent' || (state.type === 'value' && wholeNumber.test(state.value))) {
    const next = (state.type === 'absent' ? 0n : BigInt(state.value)) + by;
    return result === undefined || result === next ? counter(next) : undefined;
  }
  if (state.type === 'value') return undefined;
  // Any number may stand there: one whose text ends as the state does, of its length.
  if (result === undefined) return anything;
  const before = result - by;
  const possible = state.type === 'anything' || narrow(state, trustBytes(String(before))) !== undefined;
  return possible ? counter(result) : undefined;
}

function counter(value: bigint): KeyState {
  return { type: 'value', value: trustBytes(String(value)) };
}
