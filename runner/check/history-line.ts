/**
 * Parses one line of a history (interface "History and recording files"): JSON of what one client asked and observed.
 * Bytes that are no UTF-8 stand as `key_base64`, `value_base64`, `expected_base64`, `output_base64`, `actual_base64`.
 */
import { bytesFromArray, bytesFromText, type ByteString } from '../../src/bytes.js';
import type { Action, Content, ObservedOperation } from './observed.js';

export type ParsedLine =
  | { readonly type: 'operation'; readonly operation: ObservedOperation }
  /** It says nothing about any order: it certainly did not happen, or is a read without an answer. */
  | { readonly type: 'dropped' }
  | { readonly type: 'blank' }
  /** What is wrong and what was expected, without the place. */
  | { readonly type: 'problem'; readonly message: string };

type Fields = Readonly<Record<string, unknown>>;

/** A line that cannot be taken as it is; caught in this file alone. */
class Problem extends Error {}

const names = ['get', 'put', 'delete', 'cas', 'append', 'incr'] as const;

/** Never throws. `line` is its number, which the operation keeps. */
export function parseHistoryLine(text: string, line: number): ParsedLine {
  if (text.trim() === '') return { type: 'blank' };
  try {
    return parse(fieldsOf(text), line);
  } catch (error) {
    if (error instanceof Problem) return { type: 'problem', message: error.message };
    throw error;
  }
}

function parse(fields: Fields, line: number): ParsedLine {
  const op = names.find((name) => name === fields['op']);
  if (op === undefined) throw expected('"op" to be one of get, put, delete, cas, append, incr', fields['op']);
  const key = bytes(fields, 'key');
  if (key === undefined) throw expected('"key" or "key_base64"', undefined);
  const client = fields['client'];
  if (typeof client !== 'number' && typeof client !== 'string')
    throw expected('"client" to be a number', client);
  const ok = fields['ok'];
  if (ok !== true && ok !== false && ok !== 'unknown')
    throw expected('"ok" to be true, false or "unknown"', ok);
  const startNs = time(fields, 'start_ns');
  const endNs = ok === 'unknown' ? Infinity : time(fields, 'end_ns');
  if (endNs < startNs) throw expected('"end_ns" not before "start_ns"', endNs);
  const action = ok === false ? undefined : actionOf(op, fields, ok === true);
  if (action === undefined) return { type: 'dropped' };
  return { type: 'operation', operation: { line, client: String(client), key, startNs, endNs, action } };
}

/** Undefined where nothing follows from the line. `answered`: its outcome is known. */
function actionOf(op: (typeof names)[number], fields: Fields, answered: boolean): Action | undefined {
  switch (op) {
    case 'get':
      return answered ? { type: 'get', output: required(content(fields, 'output'), 'output') } : undefined;
    case 'put':
      // Refused: it had a condition, which the line does not tell.
      if (fields['output'] === false) return undefined;
      return { type: 'put', value: requiredBytes(fields, 'value') };
    case 'delete':
      return { type: 'delete', existed: answered ? existed(fields['output']) : undefined };
    case 'cas':
      return compareAndSet(fields, answered);
    case 'append': {
      const value = requiredBytes(fields, 'value');
      return { type: 'append', value, length: answered ? length(fields['output']) : undefined };
    }
    case 'incr': {
      const by = integer(fields, 'value') ?? 1n;
      return { type: 'incr', by, result: answered ? integer(fields, 'output') : undefined };
    }
  }
}

function compareAndSet(fields: Fields, answered: boolean): Action {
  const before = required(content(fields, 'expected'), 'expected');
  const output = fields['output'];
  if (answered && output !== true && output !== false)
    throw expected('"output" of a cas to be true or false', output);
  if (answered && output === false)
    return { type: 'refusal', expected: before, actual: content(fields, 'actual') };
  return { type: 'exchange', expected: before, value: requiredBytes(fields, 'value') };
}

function existed(output: unknown): boolean | undefined {
  if (output === undefined || output === null || typeof output === 'boolean') return output ?? undefined;
  if (typeof output === 'number') return output > 0;
  throw expected('"output" of a delete to be true or false', output);
}

function length(output: unknown): number | undefined {
  if (output === undefined || output === null || output === true) return undefined;
  if (typeof output === 'number' && Number.isSafeInteger(output) && output >= 0) return output;
  throw expected('"output" of an append to be the length in bytes', output);
}

function integer(fields: Fields, name: string): bigint | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (typeof value === 'string' && /^-?\d{1,40}$/.test(value)) return BigInt(value);
  throw expected(`"${name}" of an incr to be a whole number`, value);
}

/** Undefined when the field is not there. */
function content(fields: Fields, name: string): Content | undefined {
  return fields[name] === null ? null : bytes(fields, name);
}

/** Text, or a number as its decimal text. */
function bytes(fields: Fields, name: string): ByteString | undefined {
  const encoded = fields[`${name}_base64`];
  if (typeof encoded === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(encoded)) {
    return bytesFromArray(Buffer.from(encoded, 'base64'));
  }
  if (encoded !== undefined) throw expected(`"${name}_base64" to be base64`, encoded);
  const text = fields[name];
  if (text === undefined) return undefined;
  if (typeof text === 'string') return bytesFromText(text);
  if (typeof text === 'number') return bytesFromText(String(text));
  throw expected(`"${name}" to be text`, text);
}

function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw expected(`"${name}" or "${name}_base64"`, undefined);
  return value;
}

function requiredBytes(fields: Fields, name: string): ByteString {
  return required(bytes(fields, name), name);
}

function time(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value === 'number' && value >= 0) return value;
  throw expected(`"${name}" to be a number of nanoseconds`, value);
}

function fieldsOf(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw expected('a JSON object', text.trim());
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw expected('a JSON object', value);
  return { ...value };
}

function expected(what: string, found: unknown): Problem {
  if (found === undefined) return new Problem(`expected ${what}`);
  const text = (typeof found === 'string' ? found : (JSON.stringify(found) ?? '')).replace(
    /[^\u0020-\u007e]/g,
    '?',
  );
  return new Problem(`expected ${what}, found ${text.length > 40 ? `${text.slice(0, 40)}...` : text}`);
}
