/** Finds where a reply ends, nested to a depth of 8, without keeping anything of it. */
import { failed, needMore, type FrameScanner } from './frame-reader.js';

export interface ReplyLimits {
  readonly depthMax: number;
  /** Of one bulk string or one line's claimed length. */
  readonly bulkBytesMax: number;
  readonly lineBytesMax: number;
  /** Elements of one collection. */
  readonly itemsMax: number;
}

export const defaultReplyLimits: ReplyLimits = {
  depthMax: 8,
  bulkBytesMax: 512 * 1024 * 1024,
  lineBytesMax: 64 * 1024,
  itemsMax: 1024 * 1024,
};

/** `type --> line --CR--> lineEnd --LF-->` the next value, or for a bulk string `body --> bodyCr --> bodyLf`. */
type Phase = 'type' | 'line' | 'lineEnd' | 'body' | 'bodyCr' | 'bodyLf';

const lineTypes = '+-:,#_(';
const bulkTypes = '$=!';
const collectionTypes = '*%~>';
const integerCharactersMax = 20;

export class ReplyScanner implements FrameScanner {
  readonly discarding = false;
  error = '';
  private readonly limits: ReplyLimits;
  private phase: Phase = 'type';
  private mark = '';
  /** Values still to come in each open collection, outermost first; never holds a zero between values. */
  private readonly open: number[] = [];
  private bodyLeft = 0;
  private lineBytes = 0;
  private number = '';

  constructor(limits: ReplyLimits) {
    this.limits = limits;
  }

  get midFrame(): boolean {
    return this.phase !== 'type' || this.open.length > 0;
  }

  scan(chunk: Uint8Array, from: number): number {
    let at = from;
    while (at < chunk.length) {
      const byte = chunk[at] ?? 0;
      switch (this.phase) {
        case 'type':
          if (!this.beginValue(String.fromCharCode(byte))) return failed;
          at++;
          break;
        case 'line':
          at = this.scanLine(chunk, at);
          if (at === failed) return failed;
          break;
        case 'lineEnd':
          if (byte !== 10) return this.fail('a line without its line end');
          at++;
          if (!this.endLine()) return failed;
          if (!this.midFrame) return at;
          break;
        case 'body': {
          const part = Math.min(this.bodyLeft, chunk.length - at);
          this.bodyLeft -= part;
          at += part;
          if (this.bodyLeft === 0) this.phase = 'bodyCr';
          break;
        }
        case 'bodyCr':
          if (byte !== 13) return this.fail('a bulk string without its line end');
          at++;
          this.phase = 'bodyLf';
          break;
        case 'bodyLf':
          if (byte !== 10) return this.fail('a bulk string without its line end');
          at++;
          this.endValue();
          if (!this.midFrame) return at;
          break;
      }
    }
    return needMore;
  }

  private beginValue(mark: string): boolean {
    if (!(lineTypes + bulkTypes + collectionTypes).includes(mark)) {
      return this.fail(`a value of unknown type ${JSON.stringify(mark)}`) !== failed;
    }
    this.mark = mark;
    this.phase = 'line';
    this.lineBytes = 0;
    this.number = '';
    return true;
  }

  private scanLine(chunk: Uint8Array, at: number): number {
    const found = chunk.indexOf(13, at);
    const end = found === -1 ? chunk.length : found;
    this.lineBytes += end - at;
    const isText = lineTypes.includes(this.mark);
    const bytesMax = isText ? this.limits.lineBytesMax : integerCharactersMax;
    if (this.lineBytes > bytesMax) return this.fail(`a line of more than ${bytesMax} bytes`);
    if (!isText) this.number += String.fromCharCode(...chunk.subarray(at, end));
    if (found === -1) return end;
    this.phase = 'lineEnd';
    return end + 1;
  }

  private endLine(): boolean {
    if (lineTypes.includes(this.mark)) {
      this.endValue();
      return true;
    }
    const isNull = this.number === '-1' && (this.mark === '$' || this.mark === '*');
    if (isNull) {
      this.endValue();
      return true;
    }
    if (!/^\d+$/.test(this.number)) return this.fail('a length that is no number') !== failed;
    const length = Number(this.number);
    return bulkTypes.includes(this.mark) ? this.beginBody(length) : this.beginItems(length);
  }

  private beginBody(length: number): boolean {
    if (length > this.limits.bulkBytesMax) {
      return this.fail(`a bulk string of ${length} bytes, more than ${this.limits.bulkBytesMax}`) !== failed;
    }
    this.bodyLeft = length;
    this.phase = length === 0 ? 'bodyCr' : 'body';
    return true;
  }

  private beginItems(length: number): boolean {
    const items = this.mark === '%' ? length * 2 : length;
    if (items > this.limits.itemsMax) {
      return this.fail(`a collection of ${items} values, more than ${this.limits.itemsMax}`) !== failed;
    }
    if (this.open.length === this.limits.depthMax) {
      return this.fail(`collections nested deeper than ${this.limits.depthMax}`) !== failed;
    }
    if (items === 0) {
      this.endValue();
      return true;
    }
    this.open.push(items);
    this.phase = 'type';
    return true;
  }

  private endValue(): void {
    this.phase = 'type';
    for (;;) {
      const left = this.open.pop();
      if (left === undefined) return;
      if (left > 1) {
        this.open.push(left - 1);
        return;
      }
    }
  }

  private fail(what: string): typeof failed {
    this.error = `not a Redis protocol reply: ${what}`;
    return failed;
  }
}
