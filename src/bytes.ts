/** Byte strings: keys and values as Latin-1 text, one character a byte, the form that crosses threads at least cost. */
import { RondoError } from './errors.js';

declare const byteString: unique symbol;

/** A string whose every character is a byte (U+0000 to U+00FF); `length` is its size in bytes. */
export type ByteString = string & { readonly [byteString]: true };

const ascii = /^[\u0000-\u007f]*$/;
const latin1 = /^[\u0000-\u00ff]*$/;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const emptyBytes = trustBytes('');

/** The text as UTF-8 bytes; ASCII text is returned as it is. */
export function bytesFromText(text: string): ByteString {
  return ascii.test(text) ? trustBytes(text) : bytesFromArray(encoder.encode(text));
}

/** The bytes decoded as UTF-8; malformed sequences become U+FFFD. */
export function textFromBytes(bytes: ByteString): string {
  return ascii.test(bytes) ? bytes : decoder.decode(arrayFromBytes(bytes));
}

export function bytesFromArray(array: Uint8Array): ByteString {
  let text = '';
  for (let start = 0; start < array.length; start += 8192) {
    text += String.fromCharCode(...array.subarray(start, start + 8192));
  }
  return trustBytes(text);
}

export function arrayFromBytes(bytes: ByteString): Uint8Array<ArrayBuffer> {
  const array = new Uint8Array(bytes.length);
  for (let index = 0; index < bytes.length; index++) array[index] = bytes.charCodeAt(index);
  return array;
}

/** A key or value as a program gives it. Throws RondoError INVALID_ARGUMENT for what no type checker has seen: undefined, a number. */
export function bytesFrom(value: string | Uint8Array): ByteString {
  if (typeof value === 'string') return bytesFromText(value);
  if (isBytes(value)) return bytesFromArray(value);
  throw new RondoError(
    'INVALID_ARGUMENT',
    `a key or value must be text or a Uint8Array, not ${String(value)}`,
  );
}

/** Not `instanceof`: a test runner's or a vm's Uint8Array is of another realm. */
function isBytes(value: unknown): boolean {
  return ArrayBuffer.isView(value) && 'BYTES_PER_ELEMENT' in value && value.BYTES_PER_ELEMENT === 1;
}

export function isByteString(text: string): text is ByteString {
  return latin1.test(text);
}

/** Brands a string that is known to hold bytes only, such as a part of a byte string. Unchecked: costs nothing. */
export function trustBytes(text: string): ByteString {
  return text as ByteString;
}
