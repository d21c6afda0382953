/** What a node says in one turn, queued per destination: one packet a peer, one batch of replies a client. */
import type { Identifier } from '../../src/chord/identifier.js';
import type { Defer } from '../../src/ports.js';
import type { Packet, PeerMessage } from '../../src/wire/messages.js';
import {
  createReplyWriter,
  finishReplies,
  writeReply,
  type ReplyBatch,
  type ReplyWriter,
  type Status,
} from '../../src/wire/requests.js';

export interface OutboxPorts {
  readonly defer: Defer;
  sendPacket(to: Identifier, packet: Packet): void;
  sendReplies(client: number, replies: ReplyBatch): void;
}

/** A batch of replies that reaches this leaves at once: many large values in one text would exceed what a string can hold. */
const replyBytesMax = 4 * 1024 * 1024;

/** Queues in order; everything leaves together at the end of the turn, messages before replies. */
export class Outbox {
  readonly #clusterId: string;
  readonly #from: Identifier;
  readonly #ports: OutboxPorts;
  #messages = new Map<Identifier, PeerMessage[]>();
  #replies = new Map<number, ReplyWriter>();
  #isFlushDue = false;
  /** The client whose batch is being answered: its replies leave with `endReplies`, without a turn of their own. */
  #answering: number | undefined;

  constructor(clusterId: string, from: Identifier, ports: OutboxPorts) {
    this.#clusterId = clusterId;
    this.#from = from;
    this.#ports = ports;
  }

  send(to: Identifier, message: PeerMessage): void {
    const queued = this.#messages.get(to);
    if (queued === undefined) this.#messages.set(to, [message]);
    else queued.push(message);
    this.#flushLater();
  }

  reply(client: number, id: number, status: Status, value: string): void {
    let writer = this.#replies.get(client);
    if (writer === undefined) {
      writer = createReplyWriter();
      this.#replies.set(client, writer);
    }
    writeReply(writer, id, status, value);
    if (writer.text.length >= replyBytesMax) {
      this.#replies.delete(client);
      this.#ports.sendReplies(client, finishReplies(writer));
      return;
    }
    if (client !== this.#answering) this.#flushLater();
  }

  /** Until `endReplies`, replies to the client are kept together. */
  beginReplies(client: number): void {
    this.#answering = client;
  }

  /** What a batch of requests was answered at once leaves at once, as one batch: its client waits for it. */
  endReplies(client: number): void {
    this.#answering = undefined;
    const writer = this.#replies.get(client);
    if (writer === undefined) return;
    this.#replies.delete(client);
    this.#ports.sendReplies(client, finishReplies(writer));
  }

  forgetClient(client: number): void {
    this.#replies.delete(client);
  }

  #flushLater(): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    this.#ports.defer(() => this.#flush());
  }

  #flush(): void {
    this.#isFlushDue = false;
    const messages = this.#messages;
    const replies = this.#replies;
    this.#messages = new Map();
    this.#replies = new Map();
    for (const [to, queued] of messages) {
      this.#ports.sendPacket(to, { clusterId: this.#clusterId, from: this.#from, messages: queued });
    }
    for (const [client, writer] of replies) this.#ports.sendReplies(client, finishReplies(writer));
  }
}
