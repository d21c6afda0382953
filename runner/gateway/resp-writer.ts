/** Replies as bytes: the one place that knows how each value looks in RESP2 and in RESP3. */
import { bytesFromText, isByteString, trustBytes, type ByteString } from '../../src/bytes.js';
import type { RespValue } from './resp-value.js';

export type Protocol = 2 | 3;

/** The value's bytes. What RESP2 lacks becomes its nearest: maps and sets arrays, doubles and verbatim text bulk strings, booleans 1 and 0. */
export function encodeValue(value: RespValue, protocol: Protocol): ByteString {
  return trustBytes(encode(value, protocol));
}

/** A request, as an array of bulk strings. */
export function encodeRequest(args: readonly ByteString[]): ByteString {
  let text = `*${args.length}\r\n`;
  for (const argument of args) text += `$${argument.length}\r\n${argument}\r\n`;
  return trustBytes(text);
}

function encode(value: RespValue, protocol: Protocol): string {
  switch (value.type) {
    case 'bulk':
      return bulk(value.bytes);
    case 'null':
      return protocol === 3 ? '_\r\n' : '$-1\r\n';
    case 'simple':
      return `+${oneLine(value.text)}\r\n`;
    case 'error':
      return `-${oneLine(value.message)}\r\n`;
    case 'integer':
      return `:${value.value}\r\n`;
    case 'array':
      return encodeItems('*', value.items, protocol);
    case 'set':
      return encodeItems(protocol === 3 ? '~' : '*', value.items, protocol);
    case 'push':
      return encodeItems(protocol === 3 ? '>' : '*', value.items, protocol);
    case 'map':
      return encodeMap(value.entries, protocol);
    case 'double':
      return protocol === 3 ? `,${doubleText(value.value)}\r\n` : bulk(doubleText(value.value));
    case 'boolean':
      if (protocol === 3) return value.value ? '#t\r\n' : '#f\r\n';
      return value.value ? ':1\r\n' : ':0\r\n';
    case 'bigNumber':
      return protocol === 3 ? `(${value.digits}\r\n` : bulk(value.digits);
    case 'verbatim':
      if (protocol === 2) return bulk(value.bytes);
      return `=${value.bytes.length + 4}\r\n${value.format}:${value.bytes}\r\n`;
  }
}

function bulk(bytes: string): string {
  return `$${bytes.length}\r\n${bytes}\r\n`;
}

function encodeItems(mark: string, items: readonly RespValue[], protocol: Protocol): string {
  let text = `${mark}${items.length}\r\n`;
  for (const item of items) text += encode(item, protocol);
  return text;
}

function encodeMap(entries: readonly (readonly [RespValue, RespValue])[], protocol: Protocol): string {
  let text = protocol === 3 ? `%${entries.length}\r\n` : `*${entries.length * 2}\r\n`;
  for (const [key, value] of entries) text += encode(key, protocol) + encode(value, protocol);
  return text;
}

/** Text that cannot end its line early; characters beyond a byte leave as UTF-8. */
function oneLine(text: string): string {
  const line = text.replace(/[\r\n]+/g, ' ');
  return isByteString(line) ? line : bytesFromText(line);
}

function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (value === Infinity) return 'inf';
  if (value === -Infinity) return '-inf';
  return Object.is(value, -0) ? '-0' : String(value);
}
