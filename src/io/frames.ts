/**
 * Frames out of a stream of bytes, however it is cut, and into one (wire/frames.ts has their form). A frame that lies whole in a chunk is
 * handed on in place; a part of one is kept in a buffer that grows with the bytes that have come, never with those announced.
 */
import { foreignProtocolOf } from '../wire/foreign-protocols.js';
import { frameHeaderBytes, frameKinds, frameTypeOf, type FrameType } from '../wire/frames.js';
import { frameBytesMost } from '../wire/wire-limits.js';
import { WireError } from '../wire/wire-error.js';

/** Hears each frame in order; `body` is lent until it returns. A WireError thrown here ends the stream as a malformed frame does. */
export type OnFrame = (type: FrameType, body: Buffer) => void;

const partBytesLeast = 16 * 1024;
const nothing = Buffer.alloc(0);

export class FrameReader {
  /** A longer frame is refused by its header. */
  frameBytesMax: number;
  readonly #onFrame: OnFrame;
  /** The beginning of a frame whose end has not come. */
  #part = nothing;
  #partBytes = 0;
  #error: WireError | undefined;

  constructor(frameBytesMax: number, onFrame: OnFrame) {
    this.frameBytesMax = frameBytesMax;
    this.#onFrame = onFrame;
  }

  /** Bytes of memory held for a frame whose end has not come. */
  get heldBytes(): number {
    return this.#part.length;
  }

  /** Hands on the frames that the chunk completes. What is wrong is answered, then and ever after, and nothing is handed on any more. */
  push(chunk: Buffer): WireError | undefined {
    if (this.#error !== undefined) return this.#error;
    try {
      this.#take(chunk);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#error = error;
      this.#part = nothing;
      this.#partBytes = 0;
    }
    return this.#error;
  }

  /** The stream has ended: an error when it ended within a frame. */
  end(): WireError | undefined {
    if (this.#partBytes > 0 && this.#error === undefined) {
      this.#error = new WireError('frame', '', `ends after ${this.#partBytes} bytes, before its end`);
      this.#part = nothing;
    }
    return this.#error;
  }

  #take(chunk: Buffer): void {
    let at = 0;
    while (this.#partBytes > 0 && at < chunk.length) at = this.#complete(chunk, at);
    while (at < chunk.length) {
      const total = totalBytes(chunk, at, this.frameBytesMax);
      if (total === undefined || at + total > chunk.length) break;
      this.#handOn(chunk, at, total);
      at += total;
    }
    if (at < chunk.length) this.#keep(chunk, at, chunk.length - at, undefined);
  }

  /** Adds what the kept frame lacks, and hands it on when it is whole; answers where the chunk goes on. */
  #complete(chunk: Buffer, at: number): number {
    const known = this.#partBytes >= frameHeaderBytes;
    const total = known ? totalBytes(this.#part, 0, this.frameBytesMax) : frameHeaderBytes;
    const wanted = (total ?? frameHeaderBytes) - this.#partBytes;
    const taken = Math.min(wanted, chunk.length - at);
    this.#keep(chunk, at, taken, total);
    if (this.#partBytes >= frameHeaderBytes) {
      const whole = totalBytes(this.#part, 0, this.frameBytesMax);
      if (whole === this.#partBytes) {
        const part = this.#part;
        this.#partBytes = 0;
        this.#handOn(part, 0, whole);
        if (part.length > partBytesLeast) this.#part = nothing;
      }
    }
    return at + taken;
  }

  #keep(chunk: Buffer, at: number, count: number, total: number | undefined): void {
    const needed = this.#partBytes + count;
    if (needed > this.#part.length) {
      const doubled = Math.max(partBytesLeast, 2 * needed);
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(doubled, total ?? doubled)));
      this.#part.copy(grown, 0, 0, this.#partBytes);
      this.#part = grown;
    }
    chunk.copy(this.#part, this.#partBytes, at, at + count);
    this.#partBytes = needed;
  }

  #handOn(bytes: Buffer, at: number, total: number): void {
    const kind = bytes[at + 4] ?? 0;
    const type = frameTypeOf(kind);
    if (type === undefined) throw new WireError('frame', '', `is of the unknown kind ${kind}`);
    this.#onFrame(type, bytes.subarray(at + frameHeaderBytes, at + total));
  }
}

/** Header and body; undefined while the header is not whole. */
function totalBytes(bytes: Buffer, at: number, frameBytesMax: number): number | undefined {
  if (bytes.length - at < frameHeaderBytes) return undefined;
  const rest = bytes.readUInt32LE(at);
  if (rest < 1) throw new WireError('frame', '', 'is shorter than its header');
  const kind = bytes[at + 4] ?? 0;
  if (rest > frameBytesMax || frameTypeOf(kind) === undefined) {
    const foreign = foreignProtocolOf(bytes.toString('latin1', at, at + frameHeaderBytes));
    if (foreign !== undefined) throw new WireError('frame', '', foreign);
    if (rest <= frameBytesMax) throw new WireError('frame', '', `is of the unknown kind ${kind}`);
    throw new WireError('frame', '', `has ${rest} bytes, more than ${frameBytesMax}`);
  }
  return rest + 4;
}

/** Gathers the frames of a turn, to leave in one write. */
export class FrameWriter {
  /** A longer frame is not taken. */
  frameBytesMax: number;
  #parts: string[] = [];
  #bytes = 0;

  constructor(frameBytesMax = frameBytesMost) {
    this.frameBytesMax = frameBytesMax;
  }

  /** Of the frames gathered. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The body is the parts together, all of them Latin-1. Answers the frame's bytes; throws WireError when it is too long. */
  write(type: FrameType, ...parts: readonly string[]): number {
    let length = 1;
    for (const part of parts) length += part.length;
    if (length > this.frameBytesMax)
      throw new WireError(type, '', `has ${length} bytes, more than ${this.frameBytesMax}`);
    this.#parts.push(headerOf(length, frameKinds[type]), ...parts);
    this.#bytes += length + 4;
    return length + 4;
  }

  /** All that was gathered, once; undefined when that is nothing. */
  take(): Buffer | undefined {
    if (this.#bytes === 0) return undefined;
    const taken = Buffer.allocUnsafeSlow(this.#bytes);
    let at = 0;
    for (const part of this.#parts) at += taken.write(part, at, 'latin1');
    this.#parts = [];
    this.#bytes = 0;
    return taken;
  }
}

function headerOf(length: number, kind: number): string {
  return u32(length) + String.fromCharCode(kind);
}

/** Four bytes, little-endian. */
export function u32(value: number): string {
  return String.fromCharCode(
    value & 0xff,
    (value >>> 8) & 0xff,
    (value >>> 16) & 0xff,
    (value >>> 24) & 0xff,
  );
}
