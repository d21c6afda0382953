/** What travels over the simulated network, and how a trace shows it. */
import type { Packet } from '../../src/wire/messages.js';
import { opcodes, readRequests, statuses, replyStride } from '../../src/wire/requests.js';
import type { ReplyBatch, RequestBatch } from '../../src/wire/requests.js';
import type { Identifier } from '../../src/chord/identifier.js';
import type { Envelope } from './network.js';
import type { Digest } from './digest.js';

/** A node's packet, or a client's and a node's batches for each other. */
export type Content =
  | { readonly type: 'packet'; readonly packet: Packet }
  | { readonly type: 'requests'; readonly client: number; readonly batch: RequestBatch }
  | { readonly type: 'replies'; readonly batch: ReplyBatch };

/** A client's address on the network; nodes have their identifiers. */
export function clientAddress(client: number): string {
  return `client-${client}`;
}

/** Adds what tells one delivery from another; the state that follows from the rest shows in later deliveries. */
export function digestContent(digest: Digest, content: Content): void {
  digest.addText(content.type);
  switch (content.type) {
    case 'packet':
      for (const message of content.packet.messages) {
        digest.addText(message.type);
        if ('requestId' in message) digest.addNumber(message.requestId);
      }
      return;
    case 'requests':
    case 'replies':
      for (const word of content.batch.head) digest.addNumber(word);
      digest.addText(content.batch.text);
  }
}

/** Successor lists under way: whoever receives one may adopt it, with its sender first. */
export function listsUnderWay(envelopes: Iterable<Envelope<Content>>): Identifier[][] {
  const lists: Identifier[][] = [];
  for (const { content } of envelopes) {
    if (content.type !== 'packet') continue;
    for (const message of content.packet.messages) {
      if (message.type !== 'neighbours') continue;
      lists.push([message.self.id, ...message.successors.map((peer) => peer.id)]);
    }
  }
  return lists;
}

/** One line for a trace. */
export function describeContent(content: Content): string {
  switch (content.type) {
    case 'packet':
      return content.packet.messages.map((message) => JSON.stringify(message, abbreviate)).join(' ');
    case 'requests':
      return readRequests(content.batch)
        .map(
          ({ id, opcode, partition, key, value }) =>
            `#${id} ${nameOf(opcodes, opcode)} ${partition} ${key} ${value}`,
        )
        .join(', ');
    case 'replies':
      return describeReplies(content.batch);
  }
}

function describeReplies(batch: ReplyBatch): string {
  const lines: string[] = [];
  let at = 0;
  for (let index = 0; index + replyStride <= batch.head.length; index += replyStride) {
    const end = at + (batch.head[index + 2] ?? 0);
    const status = nameOf(statuses, batch.head[index + 1] ?? 0);
    lines.push(
      `#${batch.head[index] ?? 0} ${status} ${batch.text.slice(at, end).replace(/[0-9a-f]{40}/g, shorten)}`,
    );
    at = end;
  }
  return lines.join(', ');
}

function nameOf(names: Readonly<Record<string, number>>, value: number): string {
  return Object.entries(names).find(([, number]) => number === value)?.[0] ?? String(value);
}

function abbreviate(_key: string, value: unknown): unknown {
  if (typeof value === 'string' && /^[0-9a-f]{40}$/.test(value)) return shorten(value);
  if (typeof value === 'object' && value !== null && 'incarnation' in value && 'id' in value) {
    return typeof value.id === 'string' ? shorten(value.id) : value.id;
  }
  return value;
}

function shorten(id: string): string {
  return id.slice(0, 8);
}
