/** Reads numbers and expiry times out of arguments, as strictly as redis does. */
import type { ByteString } from '../../src/bytes.js';
import { errorValue, type RespError } from './resp-value.js';

export const syntaxError = errorValue('ERR syntax error');
export const notAnInteger = errorValue('ERR value is not an integer or out of range');

/** The whole argument as a safe integer, or undefined. */
export function readInteger(argument: ByteString | undefined): number | undefined {
  if (argument === undefined || !/^(0|-?[1-9]\d{0,18})$/.test(argument)) return undefined;
  const value = Number(argument);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** How a command names an expiry: from now or at a time since 1970, in seconds or milliseconds. */
export type ExpiryUnit = 'EX' | 'PX' | 'EXAT' | 'PXAT';

export function isExpiryUnit(word: string): word is ExpiryUnit {
  return word === 'EX' || word === 'PX' || word === 'EXAT' || word === 'PXAT';
}

/** Milliseconds from now; may be zero or less. Undefined when it is beyond what a time can be. */
export function ttlMsOf(unit: ExpiryUnit, amount: number, nowMs: number): number | undefined {
  const inMs = unit === 'EX' || unit === 'EXAT' ? amount * 1000 : amount;
  const ttlMs = unit === 'EXAT' || unit === 'PXAT' ? inMs - nowMs : inMs;
  return Number.isSafeInteger(inMs) && Number.isSafeInteger(nowMs + ttlMs) ? ttlMs : undefined;
}

/** The expiry of a command that must give a positive one (SET, SETEX, GETEX). */
export function readExpiry(
  unit: ExpiryUnit,
  argument: ByteString | undefined,
  nowMs: number,
  command: string,
): { readonly ttlMs: number } | RespError {
  const amount = readInteger(argument);
  if (amount === undefined) return notAnInteger;
  const ttlMs = ttlMsOf(unit, amount, nowMs);
  if (amount <= 0 || ttlMs === undefined) {
    return errorValue(`ERR invalid expire time in '${command}' command`);
  }
  return { ttlMs };
}
