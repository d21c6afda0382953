/** Wires between hosts: an ordered stream of bytes each way, whatever carries it. TCP and TLS in tcp-wire.ts, NATS in nats-wire.ts. */

/** What one end of a wire hears, in this order: opened, then any number of received, then closed; closed alone when it never opened. */
export interface WireEvents {
  /** The other end is reached, and with TLS has proved to be of the cluster. */
  opened(): void;
  /** The chunk is lent until this returns. */
  received(chunk: Buffer): void;
  /** Once, last. `reason` is a clause for people. */
  closed(reason: string): void;
}

export interface Wire {
  /** Whether the other end has proved to be that host; left out where a carrier has no proofs, and all are believed. */
  proves?(host: string): boolean;
  /** Sends the bytes after all that were sent before; `taken` is called when the carrier has taken them, never after `closed`. */
  send(bytes: Buffer, taken?: () => void): void;
  /** Lets what was sent leave, then ends the wire: `closed` comes with this reason. Idempotent. */
  close(reason: string): void;
}

export interface Listener {
  /** `HOST:PORT` where it listens indeed. */
  readonly address: string;
  /** Takes no further wire; those that are open stay. */
  close(): Promise<void>;
}

export interface Connector {
  /** Names are resolved anew each time. */
  dial(address: string, events: WireEvents): Wire;
  /** `accept` is called with each wire that has opened, and answers who hears it. Rejects with a RondoError CONNECTION. */
  listen(address: string, accept: (wire: Wire, from: string) => WireEvents): Promise<Listener>;
  /** Lets go of what carries the wires, if it is one thing: all wires end. */
  close(): Promise<void>;
}

/** A wire that cannot be dialled at all: it closes at once, after the dialler has it. */
export function neverOpened(reason: string, events: WireEvents): Wire {
  queueMicrotask(() => events.closed(reason));
  return { send: () => undefined, close: () => undefined };
}
