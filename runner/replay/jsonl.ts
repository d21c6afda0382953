/**
 * Rondo's own recording: JSON lines `{"t_ns":0,"client":3,"op":"put","key":"k","value":"v","ttl_ms":0}`.
 * Keys and values are UTF-8 text, or `key_base64` and `value_base64` where the bytes are none. A history's
 * lines (`start_ns` in place of `t_ns`) are read as well: what was observed can be played again.
 */
import * as v from 'valibot';
import { bytesFromArray, bytesFromText, textFromBytes, type ByteString } from '../../src/bytes.js';
import { nothing, one, problem, excerpt, type Parsed } from './format.js';

const base64 = v.pipe(v.string(), v.base64('is not base64'));
const nonNegative = v.pipe(v.number(), v.minValue(0));

const recordSchema = v.looseObject({
  op: v.picklist(['put', 'get', 'delete', 'append', 'cas', 'incr']),
  key: v.optional(v.string()),
  key_base64: v.optional(base64),
  value: v.optional(v.union([v.string(), v.number()])),
  value_base64: v.optional(base64),
  expected: v.optional(v.nullable(v.string())),
  expected_base64: v.optional(base64),
  ttl_ms: v.optional(nonNegative),
  t_ns: v.optional(nonNegative),
  start_ns: v.optional(nonNegative),
  client: v.optional(v.union([v.number(), v.string()])),
});

export function parseJsonLine(line: ByteString): Parsed {
  if (line.trim() === '') return nothing;
  const parsed = v.safeParse(recordSchema, parseJson(textFromBytes(line)));
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const field = v.getDotPath(issue);
    return problem(`expected a recording's JSON object, but ${field ?? excerpt(line)}: ${issue.message}`);
  }
  const record = parsed.output;
  const key = bytesOf(record.key, record.key_base64);
  if (key === undefined) return problem('expected "key" or "key_base64"');
  const recorded = {
    key,
    atNs: record.t_ns ?? record.start_ns,
    client: record.client === undefined ? undefined : String(record.client),
  };
  const value = bytesOf(record.value, record.value_base64);
  switch (record.op) {
    case 'get':
    case 'delete':
      return one({ type: record.op, ...recorded });
    case 'put':
      if (value === undefined) return problem('a put needs "value" or "value_base64"');
      return one({ type: 'put', ...recorded, value, ttlMs: record.ttl_ms ?? 0, onlyIf: undefined });
    case 'append':
      if (value === undefined) return problem('an append needs "value" or "value_base64"');
      return one({ type: 'append', ...recorded, value });
    case 'cas': {
      const expected = bytesOf(record.expected ?? undefined, record.expected_base64);
      if (expected === undefined || value === undefined)
        return problem('a cas needs "expected" and "value", or their base64');
      return one({ type: 'compareAndSet', ...recorded, expected, value });
    }
    case 'incr': {
      const step = Number(record.value ?? 1);
      if (!Number.isSafeInteger(step)) return problem('an incr needs a whole number as "value"');
      return one({ type: 'increment', ...recorded, step });
    }
  }
}

/** Undefined where the text is no JSON: the schema then says what was expected. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function bytesOf(text: string | number | undefined, encoded: string | undefined): ByteString | undefined {
  if (encoded !== undefined) return bytesFromArray(Buffer.from(encoded, 'base64'));
  return text === undefined ? undefined : bytesFromText(String(text));
}
