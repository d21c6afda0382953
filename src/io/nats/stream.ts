/**
 * One end of a wire over NATS: a stream of bytes in numbered messages.
 *
 * NATS takes whatever is published and drops a subscriber that falls behind; so no more than a window of bytes is under way that the
 * other end has not taken, and the rest waits here. When the connection to the server was lost, nothing is sent until
 * the other end has answered that nothing is missing.
 */
import type { Wire, WireEvents } from '../wire.js';
import type { CarrierEvents, Delivery, NatsCarrier } from './carrier.js';
import {
  headerBytes,
  messageKinds,
  readMessage,
  writeMessage,
  type Message,
  type MessageKind,
} from './messages.js';

/** One end knows the other's inbox from the start when it was dialled, and from the answer when it dials. */
type State = 'dialling' | 'open' | 'suspended' | 'checking' | 'closed';

interface Queued {
  readonly bytes: Buffer;
  /** Sent so far. */
  at: number;
  readonly taken: (() => void) | undefined;
}

/** Sixteen links that are full do not exceed what a server keeps for a slow subscriber by default (64 MB). */
const windowBytes = 4 * 1024 * 1024;
const tellTakenBytes = windowBytes / 4;
/** What a message costs besides its bytes. */
const overheadBytes = 64;
const pieceBytesMax = 256 * 1024;
/** Whoever sends bounds what it leaves waiting; this is for one that does not. */
const queuedBytesMax = 1024 * 1024 * 1024;
const lingerMs = 1_000;
const checkEveryMs = 250;
/** Both ends find a server again within some retries, or else the other end is gone. */
const checkMsMax = 5_000;
const reasonCharactersMax = 200;

export class NatsStream implements Wire, CarrierEvents {
  events: WireEvents;
  readonly #carrier: NatsCarrier;
  readonly #inbox: string;
  readonly #unsubscribe: () => void;
  #state: State;
  #far: string;
  #closing: string | undefined;
  readonly #timers = new Set<NodeJS.Timeout>();

  #queue: Queued[] = [];
  #queuedBytes = 0;
  /** Data messages sent, and of those the weights that the other end has not told to have taken. */
  #sent = 0;
  #farTaken = 0;
  readonly #underWay: number[] = [];
  #underWayBytes = 0;
  /** Data messages received, and the weight of those that the other end has not been told of. */
  #received = 0;
  #untoldBytes = 0;

  /** `far` is the other end's inbox; for a wire that is dialled, the subject where its host accepts. */
  constructor(
    carrier: NatsCarrier,
    inbox: string,
    far: string,
    side: 'dialled' | 'accepted',
    events: WireEvents,
  ) {
    this.#carrier = carrier;
    this.#inbox = inbox;
    this.#far = far;
    this.#state = side === 'dialled' ? 'dialling' : 'open';
    this.events = events;
    this.#unsubscribe = carrier.subscribe(
      inbox,
      (delivery) => this.#heard(delivery),
      (reason) => this.end(reason),
    );
    carrier.listeners.add(this);
    this.#publish(side === 'dialled' ? messageKinds.open : messageKinds.opened);
  }

  send(bytes: Buffer, taken?: () => void): void {
    if (this.#closing !== undefined || this.#state === 'closed') return;
    this.#queue.push({ bytes, at: 0, taken });
    this.#queuedBytes += bytes.length;
    if (this.#queuedBytes > queuedBytesMax) return this.end(`more than ${queuedBytesMax} bytes wait for it`);
    this.#pump();
  }

  close(reason: string): void {
    if (this.#closing !== undefined || this.#state === 'closed') return;
    this.#closing = reason;
    if (this.#state !== 'open' || this.#queue.length === 0) return this.end(reason);
    this.#after(lingerMs, () => this.end(reason));
  }

  /** Ends it now; the other end is told why, if it can be. */
  end(reason: string): void {
    const wasOpen = this.#state === 'open' || this.#state === 'checking';
    if (wasOpen) this.#publish(messageKinds.close, Buffer.from(reason.slice(0, reasonCharactersMax)));
    this.#ended(reason);
  }

  offline(): void {
    if (this.#state === 'dialling') return this.end('the connection to the NATS server was lost');
    if (this.#closing !== undefined) return this.#ended(this.#closing);
    if (this.#state === 'open' || this.#state === 'checking') this.#state = 'suspended';
  }

  online(): void {
    if (this.#state !== 'suspended') return;
    this.#state = 'checking';
    this.#check();
    this.#after(checkMsMax, () =>
      this.end(`it did not answer within ${checkMsMax} ms after the connection to the NATS server was back`),
    );
  }

  forbidden(subject: string, reason: string): void {
    if (subject === this.#far) this.end(reason);
  }

  ended(reason: string): void {
    this.#ended(reason);
  }

  #heard({ bytes, reply, isUnheard }: Delivery): void {
    if (this.#state === 'closed') return;
    if (isUnheard) return this.#unheard();
    const message = readMessage(bytes);
    if (message === undefined) return this.end('it sent what is no message of a wire');
    const missing = (message.sequence - this.#received) >>> 0;
    if (missing > 0) return this.end(lossOf(missing));
    if (this.#state === 'dialling') return this.#answered(message, reply);
    if (!this.#noteTaken(message.taken)) return this.end('it says to have taken what was never sent');
    switch (message.kind) {
      case messageKinds.data:
        return this.#receive(message.rest);
      case messageKinds.taken:
        return this.#state === 'checking' ? this.#resume() : this.#pump();
      case messageKinds.check:
        return this.#tellTaken();
      case messageKinds.close:
        return this.#ended(
          `the other end closed it: ${message.rest.toString().slice(0, reasonCharactersMax)}`,
        );
      default:
        return this.end('it sent a message out of order');
    }
  }

  #answered({ kind }: Message, reply: string): void {
    if (kind !== messageKinds.opened) return this.end('it sent a message out of order');
    this.#far = reply;
    this.#state = 'open';
    this.events.opened();
    this.#pump();
  }

  /** The server says that what was sent last reached nobody. */
  #unheard(): void {
    if (this.#state === 'dialling') return this.end('nobody listens there');
    // While we check, the other end may be looking for a server as we did.
    if (this.#state === 'open') this.end('the other end is gone');
  }

  #receive(piece: Buffer): void {
    this.#received = (this.#received + 1) >>> 0;
    this.#untoldBytes += piece.length + overheadBytes;
    if (this.#closing === undefined) this.events.received(piece);
    if (this.#state === 'closed') return;
    if (this.#untoldBytes >= tellTakenBytes) this.#tellTaken();
    if (this.#queue.length > 0) this.#pump();
  }

  #tellTaken(): void {
    this.#publish(messageKinds.taken);
  }

  #noteTaken(taken: number): boolean {
    const count = (taken - this.#farTaken) >>> 0;
    if (count > this.#underWay.length) return false;
    this.#farTaken = taken;
    if (count > 0) for (const weight of this.#underWay.splice(0, count)) this.#underWayBytes -= weight;
    return true;
  }

  #check(): void {
    this.#publish(messageKinds.check);
    this.#after(checkEveryMs, () => this.#check());
  }

  #resume(): void {
    this.#stopTimers();
    this.#state = 'open';
    this.#pump();
  }

  /** Sends what the window has room for. */
  #pump(): void {
    if (this.#state !== 'open') return;
    // A server that we came to after a reconnection may have another bound.
    const pieceMax = Math.min(pieceBytesMax, this.#carrier.payloadBytesMax - headerBytes);
    while (this.#underWayBytes < windowBytes) {
      const [next] = this.#queue;
      if (next === undefined) break;
      const piece = next.bytes.subarray(next.at, next.at + pieceMax);
      this.#publish(messageKinds.data, piece);
      next.at += piece.length;
      if (next.at < next.bytes.length) continue;
      this.#queue.shift();
      this.#queuedBytes -= next.bytes.length;
      if (next.taken !== undefined) this.#whenFlushed(next.taken);
    }
    if (this.#closing !== undefined && this.#queue.length === 0) this.end(this.#closing);
  }

  #whenFlushed(taken: () => void): void {
    this.#carrier.flushed(() => {
      if (this.#state !== 'closed') taken();
    });
  }

  #publish(kind: MessageKind, rest?: Buffer): void {
    this.#carrier.publish(this.#far, writeMessage(kind, this.#sent, this.#received, rest), this.#inbox);
    if (kind !== messageKinds.open) this.#untoldBytes = 0;
    if (kind !== messageKinds.data) return;
    const weight = (rest?.length ?? 0) + overheadBytes;
    this.#sent = (this.#sent + 1) >>> 0;
    this.#underWay.push(weight);
    this.#underWayBytes += weight;
  }

  #ended(reason: string): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#stopTimers();
    this.#queue = [];
    this.#carrier.listeners.delete(this);
    this.#unsubscribe();
    // As of a socket: never within a call of whoever is told.
    queueMicrotask(() => this.events.closed(this.#closing ?? reason));
  }

  #after(delayMs: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, delayMs);
    this.#timers.add(timer);
  }

  #stopTimers(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}

function lossOf(missing: number): string {
  return missing < 2 ** 31
    ? `NATS lost ${missing} ${missing === 1 ? 'message' : 'messages'} on the way here`
    : 'NATS delivered a message twice, or late';
}
