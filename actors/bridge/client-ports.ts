/**
 * Clients across hosts: the port of a client here to a node there, and of a client there to a node here. Batches pass as they are.
 * A request that does not leave is answered at once, and certainly had no effect; a reply that does not leave is lost, which the
 * client's deadline settles; the link says so.
 */
import { MessageChannel, receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import type { Identifier } from '../../src/chord/identifier.js';
import { packBatch, unpackBatch } from '../../src/io/packing.js';
import {
  createReplyWriter,
  finishReplies,
  replyStride,
  requestStride,
  statuses,
  writeReply,
  type Status,
} from '../../src/wire/requests.js';
import type { Frame, RepliesFrame, RequestsFrame } from '../../src/wire/frames.js';
import type { RemoteHost } from './hosts.js';
import type { LinkSent } from './link.js';

export interface ClientPortsEvents {
  hostOf(node: Identifier): RemoteHost | undefined;
  send(host: RemoteHost, frame: Frame): LinkSent;
  /** Gives the node its end of a client's port; answers whether there is such a node. */
  attach(node: Identifier, client: number, port: MessagePort): boolean;
  /** A number that no client of the host's own has. */
  nextClient(): number;
}

interface NearPort {
  readonly port: MessagePort;
  isClosed: boolean;
}

/** A client of another host, as its nodes here know it. */
interface ForeignClient {
  readonly number: number;
  readonly ports: Map<Identifier, NearPort>;
}

export class ClientPorts {
  readonly #events: ClientPortsEvents;
  /** Clients of this host, by their numbers: the far ends of their ports to remote nodes. */
  readonly #own = new Map<number, Map<Identifier, MessagePort>>();
  readonly #foreign = new Map<RemoteHost, Map<number, ForeignClient>>();
  constructor(events: ClientPortsEvents) {
    this.#events = events;
  }

  /** A port for a client of this host to a remote node; undefined while nobody runs it. */
  open(client: number, node: Identifier): MessagePort | undefined {
    if (this.#events.hostOf(node) === undefined) return undefined;
    const { port1, port2 } = new MessageChannel();
    const ports = this.#own.get(client) ?? new Map<Identifier, MessagePort>();
    ports.get(node)?.close();
    this.#own.set(client, ports.set(node, port2));
    port2.on('message', (batch: string) => this.#asked(client, node, port2, batch));
    port2.on('close', () => {
      if (ports.get(node) === port2) ports.delete(node);
    });
    return port1;
  }

  /** A client of this host is gone. */
  clientClosed(client: number, hosts: readonly RemoteHost[]): void {
    const ports = this.#own.get(client);
    if (!this.#own.delete(client)) return;
    for (const port of ports?.values() ?? []) port.close();
    for (const host of hosts) this.#events.send(host, { type: 'clientClosed', client });
  }

  replied({ client, from, batch }: RepliesFrame): void {
    this.#own.get(client)?.get(from)?.postMessage(batch);
  }

  requested(host: RemoteHost, { client, to, batch }: RequestsFrame): void {
    const near = this.#near(host, client, to);
    if (near !== undefined) return near.port.postMessage(batch);
    const replies = refusalOf(batch, requestStride, statuses.tryAgain, 'the node has ended');
    this.#events.send(host, { type: 'replies', client, from: to, batch: replies });
  }

  foreignClosed(host: RemoteHost, client: number): void {
    const clients = this.#foreign.get(host);
    for (const { port } of clients?.get(client)?.ports.values() ?? []) port.close();
    clients?.delete(client);
  }

  /** Another process runs there now, or none. */
  hostEnded(host: RemoteHost): void {
    for (const client of [...(this.#foreign.get(host)?.keys() ?? [])]) this.foreignClosed(host, client);
    this.#foreign.delete(host);
  }

  /** A node of this host has ended: what it had answered leaves. */
  localEnded(node: Identifier): void {
    for (const [host, clients] of this.#foreign) {
      for (const [client, { ports }] of clients) {
        const near = ports.get(node);
        if (near === undefined) continue;
        ports.delete(node);
        for (let next = near.isClosed ? undefined : receiveMessageOnPort(near.port); next !== undefined;) {
          this.#answered(host, client, node, next.message as string);
          next = receiveMessageOnPort(near.port);
        }
        near.port.close();
      }
    }
  }

  close(): void {
    for (const ports of this.#own.values()) for (const port of ports.values()) port.close();
    for (const host of [...this.#foreign.keys()]) this.hostEnded(host);
    this.#own.clear();
  }

  #asked(client: number, node: Identifier, port: MessagePort, batch: string): void {
    const host = this.#events.hostOf(node);
    const sent =
      host === undefined ? 'closed' : this.#events.send(host, { type: 'requests', client, to: node, batch });
    if (sent === 'queued') return;
    const { status, why } = refusals[sent];
    port.postMessage(refusalOf(batch, requestStride, status, why));
  }

  #near(host: RemoteHost, client: number, node: Identifier): NearPort | undefined {
    const clients = this.#foreign.get(host) ?? new Map<number, ForeignClient>();
    const foreign = clients.get(client) ?? { number: this.#events.nextClient(), ports: new Map() };
    const known = foreign.ports.get(node);
    if (known !== undefined) return known;
    const { port1, port2 } = new MessageChannel();
    if (!this.#events.attach(node, foreign.number, port1)) {
      port2.close();
      return undefined;
    }
    const near: NearPort = { port: port2, isClosed: false };
    foreign.ports.set(node, near);
    this.#foreign.set(host, clients.set(client, foreign));
    port2.on('message', (batch: string) => this.#answered(host, client, node, batch));
    port2.on('close', () => {
      near.isClosed = true;
    });
    return near;
  }

  #answered(host: RemoteHost, client: number, from: Identifier, batch: string): void {
    if (this.#events.send(host, { type: 'replies', client, from, batch }) !== 'tooLong') return;
    const told = refusalOf(batch, replyStride, statuses.unknown, answerTooLong);
    this.#events.send(host, { type: 'replies', client, from, batch: told });
  }
}

/** Nothing of the batch has left: its requests certainly had no effect. */
const refusals: Readonly<Record<Exclude<LinkSent, 'queued'>, { status: Status; why: string }>> = {
  closed: { status: statuses.tryAgain, why: 'the link to the node is down' },
  full: { status: statuses.busy, why: 'too much waits for the link to the node' },
  tooLong: {
    status: statuses.busy,
    why: 'the requests for the node are together longer than a frame between hosts may be',
  },
};
const answerTooLong = 'the answers of the node are together longer than a frame between hosts may be';

/** The same answer to every request of a batch, with `stride` words for each, its id first. */
function refusalOf(batch: string, stride: number, status: Status, why: string): string {
  const { head } = unpackBatch(batch);
  const writer = createReplyWriter();
  for (let at = 0; at + stride <= head.length; at += stride) writeReply(writer, head[at] ?? 0, status, why);
  return packBatch(finishReplies(writer));
}
