/**
 * Cuts a stream of chunks into frames without looking at a byte twice: a scanner finds where the frame ends, and only
 * a whole frame becomes text. An unfinished frame is kept as bytes, so it costs what was received and no more.
 */

/** What `scan` answers besides the offset after a frame's last byte. */
export const needMore = -1;
export const failed = -2;

/** A frame's grammar as a machine that is fed forward, so that how a stream is cut into chunks cannot matter. */
export interface FrameScanner {
  /** Goes on from `from`: the offset after the frame's end, `needMore` when the chunk ends before, or `failed`. */
  scan(chunk: Uint8Array, from: number): number;
  /** The frame's bytes are not wanted: it is read past and not kept. */
  readonly discarding: boolean;
}

const firstBlockBytes = 512;
const blockBytes = 64 * 1024;
/** Below this a call into the engine's copy costs more than the copy. */
const copyByHandMax = 16;

/** Bytes received of an unfinished frame, in blocks that are filled one after another. */
class PendingBytes {
  length = 0;
  private blocks: Buffer[] = [];
  private free = 0;

  /** Adds the chunk's bytes from `start` to `end`. */
  append(chunk: Buffer, start: number, end: number): void {
    this.length += end - start;
    let at = start;
    while (at < end) {
      const block = this.lastBlock();
      const count = Math.min(this.free, end - at);
      const offset = block.length - this.free;
      if (count > copyByHandMax) chunk.copy(block, offset, at, at + count);
      else for (let index = 0; index < count; index++) block[offset + index] = chunk[at + index] ?? 0;
      this.free -= count;
      at += count;
    }
  }

  /** All bytes as Latin-1 text; nothing is kept. */
  take(): string {
    const length = this.length;
    const whole = this.blocks.length === 1 ? this.blocks[0] : Buffer.concat(this.blocks, length);
    this.clear();
    return whole === undefined ? '' : whole.toString('latin1', 0, length);
  }

  clear(): void {
    this.blocks = [];
    this.free = 0;
    this.length = 0;
  }

  private lastBlock(): Buffer {
    const last = this.blocks.at(-1);
    if (last !== undefined && this.free > 0) return last;
    const bytes = Math.min(blockBytes, Math.max(firstBlockBytes, this.length));
    const block = Buffer.allocUnsafeSlow(bytes);
    this.blocks.push(block);
    this.free = bytes;
    return block;
  }
}

export class FrameReader {
  /** The text that holds the frame found last, and where in it the frame starts. */
  text = '';
  start = 0;
  private readonly scanner: FrameScanner;
  private readonly pending = new PendingBytes();
  private chunk: Buffer | undefined;
  private chunkText: string | undefined;
  private at = 0;
  private frameStart = 0;

  constructor(scanner: FrameScanner) {
    this.scanner = scanner;
  }

  /** Takes the next chunk; its bytes may be read until `next` answers `more`. */
  push(chunk: Buffer): void {
    const rest = this.chunk;
    this.chunk = rest === undefined ? chunk : Buffer.concat([rest.subarray(this.at), chunk]);
    this.at = 0;
    this.frameStart = 0;
    this.chunkText = undefined;
  }

  /** `frame`: one is in `text` from `start` (nothing is there when the scanner discarded it). `failed` is final. */
  next(): 'frame' | 'more' | 'failed' {
    const chunk = this.chunk;
    if (chunk === undefined) return 'more';
    const end = this.scanner.scan(chunk, this.at);
    if (end === failed) {
      this.clear();
      return 'failed';
    }
    if (end === needMore) {
      if (this.scanner.discarding) this.pending.clear();
      else this.pending.append(chunk, this.frameStart, chunk.length);
      this.leaveChunk();
      return 'more';
    }
    this.cutFrame(chunk, end);
    this.at = end;
    this.frameStart = end;
    if (end === chunk.length) this.leaveChunk();
    return 'frame';
  }

  /** Bytes kept of an unfinished frame. */
  get pendingBytes(): number {
    return this.pending.length;
  }

  clear(): void {
    this.pending.clear();
    this.leaveChunk();
    this.text = '';
  }

  private cutFrame(chunk: Buffer, end: number): void {
    if (this.scanner.discarding) {
      this.pending.clear();
      this.text = '';
      this.start = 0;
    } else if (this.pending.length > 0) {
      this.pending.append(chunk, this.frameStart, end);
      this.text = this.pending.take();
      this.start = 0;
    } else {
      this.chunkText ??= chunk.toString('latin1');
      this.text = this.chunkText;
      this.start = this.frameStart;
    }
  }

  private leaveChunk(): void {
    this.chunk = undefined;
    this.chunkText = undefined;
    this.at = 0;
    this.frameStart = 0;
  }
}
