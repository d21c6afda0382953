/** A channel: frames over a wire, those of a turn in one write, with a bound on what waits for the carrier. */
import { parseHostAddress } from '../../src/host-address.js';
import { readFrame, writeFrame } from '../../src/io/frame-codec.js';
import { FrameReader, FrameWriter } from '../../src/io/frames.js';
import { systemDefer } from '../../src/io/system.js';
import type { Wire, WireEvents } from '../../src/io/wire.js';
import type { Frame } from '../../src/wire/frames.js';
import { frameBytesMaxOf, greetingBytesMax, type WireLimits } from '../../src/wire/wire-limits.js';
import { WireError } from '../../src/wire/wire-error.js';
import { wireVersions } from '../../src/wire/wire-versions.js';
import { refusal } from './greetings.js';

/** What became of a frame that was to be sent; only what was queued can arrive. */
export type Sent = 'queued' | 'closed' | 'tooLong';

/** What hears a channel. */
export interface ChannelEvents {
  opened(): void;
  /** `bytes` are those of the frame on the wire. */
  frame(frame: Frame, bytes: number): void;
  /** Once, last. */
  closed(reason: string): void;
}

export class Channel {
  /** Where the other end can be found, for people. */
  readonly with: string;
  /** Who hears the channel: whoever greets over it hands it on to a link. */
  events: ChannelEvents;
  #wire: Wire | undefined;
  /** Undefined until the greetings say which ring this is: only greetings and refusals are taken till then. */
  #limits: WireLimits | undefined;
  #version: number = wireVersions.low;
  #isFlushDue = false;
  #isClosed = false;
  #waitingBytes = 0;
  /** Who waits for frames of this turn, and for each write that the carrier has not taken. */
  #taken: (() => void)[] = [];
  readonly #inFlight: (readonly (() => void)[])[] = [];
  readonly #writer = new FrameWriter(greetingBytesMax);
  readonly #reader: FrameReader;

  constructor(otherEnd: string, events: ChannelEvents) {
    this.with = otherEnd;
    this.events = events;
    this.#reader = new FrameReader(greetingBytesMax, (type, body) => {
      if (this.#isClosed) return;
      const frame = readFrame(type, body, this.#version, this.#limits);
      this.events.frame(frame, body.length);
    });
  }

  /** Bytes sent that the carrier has not taken yet. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Whether the other end may call itself by the address: with TLS, whether its certificate is for it. */
  proves(address: string): boolean {
    const wire = this.#wire;
    if (wire?.proves === undefined) return true;
    const host = parseHostAddress(address)?.host;
    return host !== undefined && wire.proves(host);
  }

  /** What the wire under the channel is to tell. */
  get wireEvents(): WireEvents {
    return {
      opened: () => this.events.opened(),
      received: (chunk) => {
        const error = this.#reader.push(chunk);
        if (error === undefined) return;
        this.send(refusal('MALFORMED', error.message));
        this.close(`it sent what it must not: ${error.message}`);
      },
      closed: (reason) => {
        const error = this.#isClosed ? undefined : this.#reader.end();
        this.#end();
        this.events.closed(error === undefined ? reason : `${reason}: ${error.message}`);
      },
    };
  }

  over(wire: Wire): this {
    this.#wire = wire;
    return this;
  }

  /** Both ends have greeted. */
  agree(version: number, limits: WireLimits): void {
    this.#version = version;
    this.#limits = limits;
    this.#reader.frameBytesMax = frameBytesMaxOf(limits);
    this.#writer.frameBytesMax = this.#reader.frameBytesMax;
  }

  /** `taken` is called when the carrier has taken what was queued, or when it is lost after all. */
  send(frame: Frame, taken?: () => void): Sent {
    if (this.#isClosed) return 'closed';
    if (!this.#write(frame)) return 'tooLong';
    if (taken !== undefined) this.#taken.push(taken);
    if (this.#isFlushDue) return 'queued';
    this.#isFlushDue = true;
    systemDefer(() => this.#flush());
    return 'queued';
  }

  /** A frame that is too long for its kind is not taken, which harms no other. */
  #write(frame: Frame): boolean {
    try {
      this.#waitingBytes += writeFrame(this.#writer, frame, this.#version);
      return true;
    } catch (error) {
      if (error instanceof WireError) return false;
      throw error;
    }
  }

  /** What was sent still leaves; nothing is heard any more but `closed`. */
  close(reason: string): void {
    if (this.#isClosed) return;
    this.#flush();
    this.#wire?.close(reason);
    this.#end();
  }

  #flush(): void {
    this.#isFlushDue = false;
    const bytes = this.#isClosed ? undefined : this.#writer.take();
    if (bytes === undefined) return;
    const taken = this.#taken;
    this.#taken = [];
    this.#inFlight.push(taken);
    this.#wire?.send(bytes, () => {
      this.#waitingBytes -= bytes.length;
      for (const tell of this.#inFlight.shift() ?? []) tell();
    });
  }

  /** What is under way may still arrive, but nobody will be told. */
  #end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#waitingBytes = 0;
    const lost = [...this.#inFlight.splice(0), this.#taken];
    this.#taken = [];
    for (const taken of lost) for (const tell of taken) tell();
  }
}
