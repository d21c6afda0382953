/** Finds where a request ends: arrays of bulk strings and inline lines, as redis takes them (networking.c). */
import { failed, needMore, type FrameScanner } from './frame-reader.js';
import type { GatewayLimits } from './limits.js';

export type ScannerLimits = Pick<
  GatewayLimits,
  'valueBytesMax' | 'requestBytesMax' | 'inlineBytesMax' | 'bulkBytesMax'
>;

/**
 * ```
 * start --'*'--> count --CR--> countEnd --LF--> type --'$'--> length --CR--> lengthEnd --LF--> body --> bodyCr --> bodyLf
 *   \--else--> inline --LF--> done                ^------------------- more arguments ---------------------------|
 * ```
 */
type Phase =
  'start' | 'inline' | 'count' | 'countEnd' | 'type' | 'length' | 'lengthEnd' | 'body' | 'bodyCr' | 'bodyLf';

const cr = 13;
const lf = 10;
const digit0 = 48;
const integerCharactersMax = 20;

/** How a connection begins that was not meant for this port. A first key that starts with `/` needs the array form. */
const foreignBeginnings: readonly (readonly [beginning: string, message: string])[] = [
  ...[
    'GET /',
    'POST ',
    'HEAD ',
    'PUT /',
    'DELETE /',
    'OPTIONS ',
    'PATCH ',
    'CONNECT ',
    'TRACE ',
    'PRI * ',
  ].map((beginning): readonly [string, string] => [
    beginning,
    'this is a Redis protocol port, not HTTP: point the browser or the scraper at the HTTP port',
  ]),
  ['\u0016\u0003', 'this port does not speak TLS'],
];
const foreignBytesMax = 9;

export class RequestScanner implements FrameScanner {
  /** Of the request whose end was found last. */
  kind: 'array' | 'inline' = 'array';
  argumentCount = 0;
  /** Why the request's bytes were dropped, when they were. */
  refusal: string | undefined;
  /** Why scanning failed; final. */
  error = '';
  /** Set lower until the client has authenticated. */
  argumentsMax: number;
  private readonly limits: ScannerLimits;
  private phase: Phase = 'start';
  private firstBytes: string | undefined = '';
  private argumentsLeft = 0;
  private bodyLeft = 0;
  private requestBytes = 0;
  private lineBytes = 0;
  private number = 0;
  private digits = 0;
  private negative = false;

  constructor(limits: ScannerLimits, argumentsMax: number) {
    this.limits = limits;
    this.argumentsMax = argumentsMax;
  }

  get discarding(): boolean {
    return this.refusal !== undefined;
  }

  /** Whether the first byte of a request has come and its last has not. */
  get midFrame(): boolean {
    return this.phase !== 'start';
  }

  scan(chunk: Uint8Array, from: number): number {
    let at = from;
    while (at < chunk.length) {
      switch (this.phase) {
        case 'start':
          this.beginRequest(chunk[at] === 42);
          if (this.kind === 'array') at++;
          break;
        case 'inline':
          at = this.scanInline(chunk, at);
          if (at === failed || !this.midFrame) return at;
          break;
        case 'count':
        case 'length':
          if (!this.scanNumber(chunk[at] ?? 0)) return failed;
          at++;
          break;
        case 'countEnd':
          if (chunk[at] !== lf) return this.fail('expected a line end after the multibulk length');
          at++;
          if (!this.endCount()) return failed;
          if (this.argumentsLeft === 0) return this.endRequest(at);
          break;
        case 'type':
          if (chunk[at] !== 36) return this.fail(`expected '$', got '${printable(chunk[at] ?? 0)}'`);
          this.beginNumber('length');
          at++;
          break;
        case 'lengthEnd':
          if (chunk[at] !== lf) return this.fail('expected a line end after the bulk length');
          at++;
          if (!this.endLength()) return failed;
          break;
        case 'body': {
          const part = Math.min(this.bodyLeft, chunk.length - at);
          this.bodyLeft -= part;
          at += part;
          if (this.bodyLeft === 0) this.phase = 'bodyCr';
          break;
        }
        case 'bodyCr':
          if (chunk[at] !== cr) return this.fail('expected a line end after the bulk string');
          at++;
          this.phase = 'bodyLf';
          break;
        case 'bodyLf':
          if (chunk[at] !== lf) return this.fail('expected a line end after the bulk string');
          at++;
          if (--this.argumentsLeft === 0) return this.endRequest(at);
          this.phase = 'type';
          break;
      }
    }
    return needMore;
  }

  private beginRequest(isArray: boolean): void {
    this.kind = isArray ? 'array' : 'inline';
    this.refusal = undefined;
    this.requestBytes = 0;
    this.lineBytes = 0;
    if (isArray) {
      this.firstBytes = undefined;
      this.beginNumber('count');
    } else {
      this.phase = 'inline';
    }
  }

  private endRequest(at: number): number {
    this.phase = 'start';
    this.firstBytes = undefined;
    return at;
  }

  private scanInline(chunk: Uint8Array, at: number): number {
    if (this.firstBytes !== undefined && this.isForeign(chunk, at)) return failed;
    const lineEnd = chunk.indexOf(lf, at);
    const end = lineEnd === -1 ? chunk.length : lineEnd;
    this.lineBytes += end - at;
    if (this.lineBytes > this.limits.inlineBytesMax) return this.fail('too big inline request');
    return lineEnd === -1 ? end : this.endRequest(lineEnd + 1);
  }

  /** Collects the connection's first bytes and compares them with what other protocols begin with. */
  private isForeign(chunk: Uint8Array, at: number): boolean {
    let seen = this.firstBytes ?? '';
    for (let index = at; index < chunk.length && seen.length < foreignBytesMax; index++) {
      seen += String.fromCharCode(chunk[index] ?? 0);
      const foreign = foreignBeginnings.find(([beginning]) => seen === beginning);
      if (foreign === undefined) continue;
      this.error = `ERR ${foreign[1]}`;
      return true;
    }
    this.firstBytes = seen.length < foreignBytesMax ? seen : undefined;
    return false;
  }

  private beginNumber(phase: 'count' | 'length'): void {
    this.phase = phase;
    this.number = 0;
    this.digits = 0;
    this.negative = false;
  }

  /** Takes one character of a number or the CR after it, as strictly as redis: no plus, no leading zero. */
  private scanNumber(byte: number): boolean {
    const name = this.phase === 'count' ? 'invalid multibulk length' : 'invalid bulk length';
    if (byte === cr && this.digits > 0) {
      this.phase = this.phase === 'count' ? 'countEnd' : 'lengthEnd';
      return true;
    }
    if (byte === 45 && this.digits === 0 && !this.negative) {
      this.negative = true;
      return true;
    }
    const digit = byte - digit0;
    const leadingZero = this.digits > 0 && this.number === 0;
    if (digit < 0 || digit > 9 || leadingZero || ++this.digits >= integerCharactersMax) {
      return this.fail(name) !== failed;
    }
    this.number = this.number * 10 + digit;
    return true;
  }

  private endCount(): boolean {
    if (!this.negative && this.number > this.argumentsMax) {
      return this.fail('invalid multibulk length') !== failed;
    }
    this.argumentCount = this.argumentsLeft = this.negative ? 0 : this.number;
    this.phase = 'type';
    return true;
  }

  private endLength(): boolean {
    const length = this.number;
    if (this.negative || length > this.limits.bulkBytesMax) {
      return this.fail('invalid bulk length') !== failed;
    }
    this.requestBytes += length + 16;
    if (length > this.limits.valueBytesMax) {
      this.refusal ??= `ERR argument of ${length} bytes exceeds the limit of ${this.limits.valueBytesMax}`;
    } else if (this.requestBytes > this.limits.requestBytesMax) {
      this.refusal ??= `ERR request exceeds the limit of ${this.limits.requestBytesMax} bytes`;
    }
    this.bodyLeft = length;
    this.phase = length === 0 ? 'bodyCr' : 'body';
    return true;
  }

  private fail(message: string): typeof failed {
    this.error = `ERR Protocol error: ${message}`;
    return failed;
  }
}

function printable(byte: number): string {
  return byte >= 32 && byte < 127 ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
}
