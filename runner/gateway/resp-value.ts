/** Values of the Redis protocol, RESP2 and RESP3 alike (redis.io, "Redis serialization protocol specification"). */
import { bytesFromText, trustBytes, type ByteString } from '../../src/bytes.js';

export type RespValue =
  | { readonly type: 'null' }
  /** One line: never holds a line end. */
  | { readonly type: 'simple'; readonly text: string }
  /** One line; its first word is the error's code. */
  | { readonly type: 'error'; readonly message: string }
  /** A safe integer; what does not fit arrives as `bigNumber`. */
  | { readonly type: 'integer'; readonly value: number }
  | { readonly type: 'bulk'; readonly bytes: ByteString }
  /** Text with a format of three characters, `txt` or `mkd`. */
  | { readonly type: 'verbatim'; readonly format: string; readonly bytes: ByteString }
  | { readonly type: 'double'; readonly value: number }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'bigNumber'; readonly digits: string }
  | { readonly type: 'array' | 'set' | 'push'; readonly items: readonly RespValue[] }
  | { readonly type: 'map'; readonly entries: readonly (readonly [RespValue, RespValue])[] };

export type RespError = Extract<RespValue, { type: 'error' }>;

export const nil: RespValue = { type: 'null' };
export const ok: RespValue = { type: 'simple', text: 'OK' };

export function bulk(bytes: ByteString): RespValue {
  return { type: 'bulk', bytes };
}

/** A bulk string of text, as UTF-8. */
export function bulkText(text: string): RespValue {
  return { type: 'bulk', bytes: bytesFromText(text) };
}

export function simple(text: string): RespValue {
  return { type: 'simple', text };
}

export function integer(value: number): RespValue {
  return { type: 'integer', value };
}

export function errorValue(message: string): RespError {
  return { type: 'error', message };
}

export function array(items: readonly RespValue[]): RespValue {
  return { type: 'array', items };
}

/** A map with text for keys. */
export function map(entries: readonly (readonly [key: string, value: RespValue])[]): RespValue {
  return { type: 'map', entries: entries.map(([key, value]) => [bulkText(key), value]) };
}

/** The bytes of a bulk, simple, verbatim or numeric value; undefined for null and for collections. */
export function bytesOf(value: RespValue): ByteString | undefined {
  switch (value.type) {
    case 'bulk':
    case 'verbatim':
      return value.bytes;
    case 'simple':
      return bytesFromText(value.text);
    case 'integer':
    case 'double':
      return trustBytes(String(value.value));
    case 'bigNumber':
      return trustBytes(value.digits);
    default:
      return undefined;
  }
}
