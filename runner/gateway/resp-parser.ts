/** Requests out of a client's stream of bytes: whatever way the stream is cut into chunks, the same requests. */
import { trustBytes, type ByteString } from '../../src/bytes.js';
import { FrameReader } from './frame-reader.js';
import { splitInlineWords } from './inline-words.js';
import { RequestScanner, type ScannerLimits } from './request-scanner.js';

export type Request =
  /** `args[0]` is the command's name as it was sent; never empty. */
  | { readonly type: 'command'; readonly args: readonly ByteString[] }
  /** Too large, and read past without being kept: to be answered with the message. */
  | { readonly type: 'refused'; readonly message: string }
  /** Not the protocol: to be answered with the message, then closed. Nothing follows it. */
  | { readonly type: 'protocolError'; readonly message: string };

/**
 * Feed it with `push`, then take requests with `next` until there are none. Nothing is parsed before it is asked for, so a
 * connection that stops asking holds one chunk. Costs the bytes of the unfinished request, once, and once more while it is read.
 */
export class RequestParser {
  private readonly scanner: RequestScanner;
  private readonly reader: FrameReader;
  private isBroken = false;

  constructor(limits: ScannerLimits, argumentsMax: number) {
    this.scanner = new RequestScanner(limits, argumentsMax);
    this.reader = new FrameReader(this.scanner);
  }

  push(chunk: Buffer): void {
    if (!this.isBroken) this.reader.push(chunk);
  }

  /** The next request, or undefined when what was pushed holds no further whole one. */
  next(): Request | undefined {
    while (!this.isBroken) {
      const found = this.reader.next();
      if (found === 'more') return undefined;
      if (found === 'failed') return this.break(this.scanner.error);
      if (this.scanner.refusal !== undefined) return { type: 'refused', message: this.scanner.refusal };
      const { text, start } = this.reader;
      const args =
        this.scanner.kind === 'array'
          ? readArguments(text, start, this.scanner.argumentCount)
          : readInline(text, start);
      if (args === undefined) return this.break('ERR Protocol error: unbalanced quotes in request');
      if (args.length > 0) return { type: 'command', args };
    }
    return undefined;
  }

  setArgumentsMax(argumentsMax: number): void {
    this.scanner.argumentsMax = argumentsMax;
  }

  /** Whether a request has begun and not ended. */
  get midFrame(): boolean {
    return this.scanner.midFrame;
  }

  /** Bytes kept of the unfinished request. */
  get pendingBytes(): number {
    return this.reader.pendingBytes;
  }

  private break(message: string): Request {
    this.isBroken = true;
    this.reader.clear();
    return { type: 'protocolError', message };
  }
}

/** Cuts the arguments out of an array that the scanner has found whole and sound. */
function readArguments(text: string, start: number, count: number): ByteString[] {
  const args: ByteString[] = [];
  let at = text.indexOf('\n', start) + 1;
  for (let index = 0; index < count; index++) {
    let length = 0;
    let code = text.charCodeAt(++at);
    while (code !== 13) {
      length = length * 10 + code - 48;
      code = text.charCodeAt(++at);
    }
    const body = at + 2;
    args.push(trustBytes(text.slice(body, body + length)));
    at = body + length + 2;
  }
  return args;
}

function readInline(text: string, start: number): ByteString[] | undefined {
  const lineEnd = text.indexOf('\n', start);
  const end = text.charCodeAt(lineEnd - 1) === 13 && lineEnd > start ? lineEnd - 1 : lineEnd;
  return splitInlineWords(text.slice(start, end));
}
