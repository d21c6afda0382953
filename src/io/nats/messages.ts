/**
 * What hosts say over NATS to have wires.
 *
 *   rondo.CLUSTER.HOST.accept         who wants a wire to HOST says `open` here, with its own inbox as the reply's subject
 *   rondo.CLUSTER.HOST.wire.RANDOM    the inbox of one end of a wire at HOST
 *
 *   message    [ kind, u8 | sequence, u32 | taken, u32 | rest ]        numbers are little-endian
 *
 * `sequence` counts the data messages of the sender: that of a data message is its own, that of any other the next one's. `taken`
 * is how many of the receiver's data messages the sender has taken. NATS delivers at most once: whoever sees a number missing
 * knows that something was lost.
 */
import { randomBytes } from 'node:crypto';

export const messageKinds = {
  /** To an accept subject. */
  open: 1,
  /** The answer, from the inbox that the other end now has. */
  opened: 2,
  /** The rest is a piece of the stream. */
  data: 3,
  /** For its field `taken`. */
  taken: 4,
  /** To be answered by `taken`: has anything been lost? */
  check: 5,
  /** The last. The rest is a reason for people. */
  close: 6,
} as const;
export type MessageKind = (typeof messageKinds)[keyof typeof messageKinds];

export interface Message {
  readonly kind: MessageKind;
  readonly sequence: number;
  readonly taken: number;
  /** Lent as the message is. */
  readonly rest: Buffer;
}

export const headerBytes = 9;
const nothing: Buffer = Buffer.alloc(0);
const kinds: ReadonlySet<number> = new Set(Object.values(messageKinds));

export function writeMessage(kind: MessageKind, sequence: number, taken: number, rest = nothing): Buffer {
  const message = Buffer.allocUnsafe(headerBytes + rest.length);
  message.writeUInt8(kind, 0);
  message.writeUInt32LE(sequence, 1);
  message.writeUInt32LE(taken, 5);
  rest.copy(message, headerBytes);
  return message;
}

/** Undefined when it is none. */
export function readMessage(bytes: Buffer): Message | undefined {
  if (bytes.length < headerBytes || !kinds.has(bytes.readUInt8(0))) return undefined;
  return {
    kind: bytes.readUInt8(0) as MessageKind,
    sequence: bytes.readUInt32LE(1),
    taken: bytes.readUInt32LE(5),
    rest: bytes.subarray(headerBytes),
  };
}

/** Subjects of a cluster. */
export class Subjects {
  readonly #prefix: string;
  readonly #inbox: RegExp;

  constructor(clusterName: string) {
    this.#prefix = `rondo.${tokenOf(clusterName)}`;
    const escaped = this.#prefix.replaceAll('.', '\\.');
    this.#inbox = new RegExp(`^${escaped}\\.([A-Za-z0-9_-]{1,64})\\.wire\\.[A-Za-z0-9_-]{1,64}$`);
  }

  accept(host: string): string {
    return `${this.#prefix}.${host}.accept`;
  }

  /** A new one, which nobody guesses. */
  inbox(host: string): string {
    return `${this.#prefix}.${host}.wire.${randomBytes(12).toString('base64url')}`;
  }

  /** The host whose inbox it is; undefined when it is none of this cluster: nobody may have us send elsewhere. */
  hostOf(inbox: string): string | undefined {
    return this.#inbox.exec(inbox)?.[1];
  }
}

/** Any name as one token of a subject; other characters than letters, digits, - and _ become `=` and their code in base 16. */
function tokenOf(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/gu, (character) => `=${character.codePointAt(0)?.toString(16)}=`);
}
