/**
 * Ports between a node of this host and one of another: the near end is the node's, the far end is here and stands for the remote
 * node. What comes on it leaves as a frame, opaque, and counts as received when the carrier has taken it: so the credits
 * (credits.ts) reach as far as the socket, and a node that says more than the link carries loses packets, not memory.
 */
import { MessageChannel, receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import type { Identifier } from '../../src/chord/identifier.js';
import { Outstanding, Receipts } from '../../src/io/credits.js';
import { wordAt } from '../../src/io/packing.js';
import type { Frame, PacketFrame } from '../../src/wire/frames.js';
import type { Packet } from '../../src/wire/messages.js';

/** What a node sends on a port that is not one packed string. */
interface PortFrame {
  readonly received: number;
  readonly packet: Packet | undefined;
}

interface FarEnd {
  readonly local: Identifier;
  readonly remote: Identifier;
  readonly port: MessagePort;
  /** Packets from the node that the carrier has taken, or that are lost. */
  readonly taken: Receipts;
  /** Packets to the node. */
  readonly outstanding: Outstanding;
  isClosed: boolean;
}

export interface PeerPortsEvents {
  /** Answers whether the frame was queued; `taken` tells when it has left. */
  send(to: Identifier, frame: Frame, taken: () => void): boolean;
  /** Gives the node its end; answers whether there is such a node. */
  attach(local: Identifier, remote: Identifier, port: MessagePort): boolean;
}

export class PeerPorts {
  readonly #events: PeerPortsEvents;
  /** By local node, then by remote one. */
  readonly #ends = new Map<Identifier, Map<Identifier, FarEnd>>();

  constructor(events: PeerPortsEvents) {
    this.#events = events;
  }

  /** Connects the two, unless they are. Answers whether they are connected now. */
  connect(local: Identifier, remote: Identifier): boolean {
    return this.#end(local, remote) !== undefined;
  }

  /** Hands a packet from another host to its node; what the node does not take up is lost. */
  deliver({ from, to, packet }: PacketFrame, bytes: number): void {
    const end = this.#end(to, from);
    if (end === undefined) return;
    if (!end.outstanding.take(bytes)) return;
    if (typeof packet === 'string') return end.port.postMessage(packet);
    end.port.postMessage({ received: end.taken.tell(), packet } satisfies PortFrame);
  }

  /** The remote node is dead: its end closes, after which the local nodes hear of the death. */
  remoteGone(remote: Identifier): void {
    for (const ends of this.#ends.values()) {
      ends.get(remote)?.port.close();
      ends.delete(remote);
    }
  }

  /** The local node's thread has ended: what it had said leaves before anybody is told. */
  localEnded(local: Identifier): void {
    const ends = this.#ends.get(local);
    this.#ends.delete(local);
    for (const end of ends?.values() ?? []) {
      // To read from a port that has closed by itself would crash the process; it has handed on all it held.
      for (let next = end.isClosed ? undefined : receiveMessageOnPort(end.port); next !== undefined;) {
        this.#said(end, next.message as PortFrame | string);
        next = receiveMessageOnPort(end.port);
      }
      end.port.close();
    }
  }

  close(): void {
    for (const ends of this.#ends.values()) for (const { port } of ends.values()) port.close();
    this.#ends.clear();
  }

  #end(local: Identifier, remote: Identifier): FarEnd | undefined {
    const known = this.#ends.get(local)?.get(remote);
    if (known !== undefined) return known;
    const { port1, port2 } = new MessageChannel();
    if (!this.#events.attach(local, remote, port1)) {
      port2.close();
      return undefined;
    }
    const end: FarEnd = {
      local,
      remote,
      port: port2,
      taken: new Receipts(),
      outstanding: new Outstanding(),
      isClosed: false,
    };
    const ends = this.#ends.get(local) ?? new Map<Identifier, FarEnd>();
    this.#ends.set(local, ends.set(remote, end));
    port2.on('message', (message: PortFrame | string) => this.#said(end, message));
    port2.on('close', () => {
      end.isClosed = true;
    });
    return end;
  }

  #said(end: FarEnd, message: PortFrame | string): void {
    const received = typeof message === 'string' ? wordAt(message, 0) : message.received;
    end.outstanding.acknowledge(received);
    const packet = typeof message === 'string' ? message : message.packet;
    if (packet === undefined) return;
    const { local: from, remote: to } = end;
    const bytes = typeof packet === 'string' ? packet.length : packetBytes;
    const taken = (): void => this.#taken(end, bytes);
    // For want of a link, or of room on it, the packet is lost.
    if (!this.#events.send(to, { type: 'packet', from, to, packet }, taken)) taken();
  }

  #taken(end: FarEnd, bytes: number): void {
    if (!end.taken.add(bytes) || end.isClosed) return;
    end.port.postMessage({ received: end.taken.tell(), packet: undefined } satisfies PortFrame);
  }
}

/** What a packet of rarer messages is taken to weigh. */
const packetBytes = 1_024;
