/** Replies out of a server's stream of bytes, RESP2 and RESP3: whatever way it is cut into chunks, the same replies. */
import { trustBytes, type ByteString } from '../../src/bytes.js';
import { FrameReader } from './frame-reader.js';
import { defaultReplyLimits, ReplyScanner, type ReplyLimits } from './reply-scanner.js';
import { nil, type RespValue } from './resp-value.js';

export type DecodedReply =
  | { readonly type: 'value'; readonly value: RespValue }
  /** Not the protocol; nothing follows it. */
  | { readonly type: 'protocolError'; readonly message: string };

/** Feed it with `push`, then take replies with `next` until there are none. */
export class ReplyDecoder {
  private readonly scanner: ReplyScanner;
  private readonly reader: FrameReader;
  private isBroken = false;

  constructor(limits: ReplyLimits = defaultReplyLimits) {
    this.scanner = new ReplyScanner(limits);
    this.reader = new FrameReader(this.scanner);
  }

  push(chunk: Buffer): void {
    if (!this.isBroken) this.reader.push(chunk);
  }

  next(): DecodedReply | undefined {
    if (this.isBroken) return undefined;
    const found = this.reader.next();
    if (found === 'more') return undefined;
    if (found === 'failed') return this.break(this.scanner.error);
    const value = new ReplyText(this.reader.text, this.reader.start).readValue();
    return value === undefined
      ? this.break('not a Redis protocol reply: a value that is not of its type')
      : { type: 'value', value };
  }

  get pendingBytes(): number {
    return this.reader.pendingBytes;
  }

  private break(message: string): DecodedReply {
    this.isBroken = true;
    this.reader.clear();
    return { type: 'protocolError', message };
  }
}

/** A whole reply as text, read from its start; its lengths are known to be sound. */
class ReplyText {
  private readonly text: string;
  private at: number;

  constructor(text: string, at: number) {
    this.text = text;
    this.at = at;
  }

  /** Undefined when a line does not say what its type promises. */
  readValue(): RespValue | undefined {
    const mark = this.text.charAt(this.at);
    const line = this.readLine();
    switch (mark) {
      case '+':
        return { type: 'simple', text: line };
      case '-':
        return { type: 'error', message: line };
      case ':':
        return readInteger(line);
      case '_':
        return line === '' ? nil : undefined;
      case '#':
        return line === 't' || line === 'f' ? { type: 'boolean', value: line === 't' } : undefined;
      case ',':
        return readDouble(line);
      case '(':
        return /^[+-]?\d+$/.test(line) ? { type: 'bigNumber', digits: line } : undefined;
      case '$':
        return line === '-1' ? nil : { type: 'bulk', bytes: this.readBytes(Number(line)) };
      case '!':
        return { type: 'error', message: this.readBytes(Number(line)) };
      case '=':
        return readVerbatim(this.readBytes(Number(line)));
      case '*':
        return line === '-1' ? nil : this.readItems('array', Number(line));
      case '~':
        return this.readItems('set', Number(line));
      case '>':
        return this.readItems('push', Number(line));
      default:
        return this.readMap(Number(line));
    }
  }

  private readLine(): string {
    const end = this.text.indexOf('\r', this.at);
    const line = this.text.slice(this.at + 1, end);
    this.at = end + 2;
    return line;
  }

  private readBytes(length: number): ByteString {
    const bytes = this.text.slice(this.at, this.at + length);
    this.at += length + 2;
    return trustBytes(bytes);
  }

  private readItems(type: 'array' | 'set' | 'push', length: number): RespValue | undefined {
    const items: RespValue[] = [];
    for (let index = 0; index < length; index++) {
      const item = this.readValue();
      if (item === undefined) return undefined;
      items.push(item);
    }
    return { type, items };
  }

  private readMap(length: number): RespValue | undefined {
    const entries: [RespValue, RespValue][] = [];
    for (let index = 0; index < length; index++) {
      const key = this.readValue();
      const value = key === undefined ? undefined : this.readValue();
      if (key === undefined || value === undefined) return undefined;
      entries.push([key, value]);
    }
    return { type: 'map', entries };
  }
}

function readInteger(line: string): RespValue | undefined {
  if (!/^[+-]?\d{1,19}$/.test(line)) return undefined;
  const value = Number(line);
  return Number.isSafeInteger(value) ? { type: 'integer', value } : { type: 'bigNumber', digits: line };
}

function readDouble(line: string): RespValue | undefined {
  if (line === 'inf') return { type: 'double', value: Infinity };
  if (line === '-inf') return { type: 'double', value: -Infinity };
  if (line === 'nan') return { type: 'double', value: NaN };
  const isDouble = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(line);
  return isDouble ? { type: 'double', value: Number(line) } : undefined;
}

function readVerbatim(bytes: ByteString): RespValue | undefined {
  if (bytes.charAt(3) !== ':') return undefined;
  return { type: 'verbatim', format: bytes.slice(0, 3), bytes: trustBytes(bytes.slice(4)) };
}
