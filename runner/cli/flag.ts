/** Flags: each has an environment variable of its name, and values are checked where they are read. */
import { InvalidArgumentError, Option } from 'commander';

const falseWords = new Set(['', '0', 'false', 'no', 'off']);

/** A flag whose environment variable is RONDO_ and its long name: `--max-bytes` is RONDO_MAX_BYTES. */
export function flag(flags: string, description: string): Option {
  const option = new Option(flags, description);
  const variable = `RONDO_${option.name().toUpperCase().replaceAll('-', '_')}`;
  // Commander takes a boolean flag's variable for true whatever it holds.
  const value = process.env[variable];
  if (option.isBoolean() && value !== undefined && falseWords.has(value.toLowerCase())) return option;
  return option.env(variable);
}

/** A flag for a number; `least` and `most` are part of the message. */
export function numberFlag(flags: string, description: string, least: number, most: number): Option {
  return flag(flags, description).argParser((text) => parseWhole(text, least, most));
}

export function parseWhole(text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text.trim()) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new InvalidArgumentError(`It must be a whole number ${range}.`);
}

const unitBytes: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ['k', 1024],
  ['m', 1024 ** 2],
  ['g', 1024 ** 3],
  ['t', 1024 ** 4],
]);

/** Bytes: a number with an optional unit, as Redis writes them: 500, 64mb, 1.5GiB. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(?:([kmgt])i?b?|b)?$/i.exec(text.trim());
  const unit = unitBytes.get((match?.[2] ?? '').toLowerCase());
  const bytes = match === null || unit === undefined ? NaN : Math.round(Number(match[1]) * unit);
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new InvalidArgumentError('It must be a size in bytes, such as 500000, 64mb or 1gb.');
}

export interface Address {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
}

/** `HOST:PORT`, `[IPv6]:PORT`, or a port alone on 127.0.0.1. */
export function parseAddress(text: string): Address {
  const match = /^(?:(?:\[([0-9a-fA-F:.%]+)\]|([^\s:[\]/]+)):)?(\d{1,5})$/.exec(text.trim());
  const port = Number(match?.[3]);
  if (match !== null && port <= 65_535) return { host: match[1] ?? match[2] ?? '127.0.0.1', port };
  throw new InvalidArgumentError('It must be HOST:PORT, such as 127.0.0.1:7379.');
}

/** An address to listen at; `none` switches the door off. */
export function parseListenAddress(text: string): Address | 'none' {
  return text.trim() === 'none' ? 'none' : parseAddress(text);
}

export function parseSpeed(text: string): number | 'max' {
  const speed = Number(text);
  if (text === 'max') return 'max';
  if (text.trim() !== '' && Number.isFinite(speed) && speed > 0) return speed;
  throw new InvalidArgumentError('It must be max, or how many times as fast as recorded, such as 1 or 0.5.');
}
