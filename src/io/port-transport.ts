/**
 * Node to node over MessagePorts, thread to thread. A MessagePort has no back-pressure, so each direction has credits
 * (credits.ts): past them packets are dropped as loss (retries repair). Acknowledgements ride on packets; a receiver that sends
 * none acknowledges by itself now and then: two ends that are both out of credit would wait for each other for ever otherwise.
 */
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import type { Identifier } from '../chord/identifier.js';
import type { Packet, PeerMessage } from '../wire/messages.js';
import { Outstanding, Receipts } from './credits.js';
import { packPacket, unpackPacket } from './packet-packing.js';

/** Packets kept for a peer while the host introduces it. */
const waitingPacketsMax = 256;
/** How long the death of a peer waits for what its port still holds (chord.md, "Failure detection"). */
const drainMs = 50;

interface Frame {
  /** Packets that the sender of this frame has received on this port. */
  readonly received: number;
  readonly packet: Packet | undefined;
}

interface PeerPort {
  readonly port: MessagePort;
  readonly outstanding: Outstanding;
  readonly receipts: Receipts;
  closed: boolean;
}

export interface PortTransportEvents {
  packet(packet: Packet): void;
  /** Asks the host for a port to the peer. */
  introduce(id: Identifier): void;
}

export interface PortTransport {
  sendPacket(to: Identifier, packet: Packet): void;
  addPort(id: Identifier, port: MessagePort): void;
  /** Calls back when all that the dead peer sent has been handed on. */
  peerDead(id: Identifier, drained: () => void): void;
  /** Packets dropped for want of credit or of a port. */
  readonly dropped: number;
  readonly sent: number;
  close(): void;
}

export function createPortTransport(events: PortTransportEvents): PortTransport {
  const ports = new Map<Identifier, PeerPort>();
  const waiting = new Map<Identifier, Packet[]>();
  const closing = new Map<Identifier, () => void>();
  const dead = new Set<Identifier>();
  let dropped = 0;
  let sent = 0;

  const post = (peer: PeerPort, packet: Packet): void => {
    if (!peer.outstanding.take(packetBytes(packet))) {
      dropped++;
      return;
    }
    sent++;
    const received = peer.receipts.tell();
    peer.port.postMessage(packPacket(received, packet) ?? ({ received, packet } satisfies Frame));
  };

  const receive = (peer: PeerPort, message: Frame | string): void => {
    const frame: Frame = typeof message === 'string' ? unpackPacket(message) : message;
    peer.outstanding.acknowledge(frame.received);
    if (frame.packet === undefined) return;
    if (peer.receipts.add(packetBytes(frame.packet)))
      peer.port.postMessage({ received: peer.receipts.tell(), packet: undefined } satisfies Frame);
    events.packet(frame.packet);
  };

  const drain = (peer: PeerPort): void => {
    for (
      let next = receiveMessageOnPort(peer.port);
      next !== undefined;
      next = receiveMessageOnPort(peer.port)
    ) {
      receive(peer, next.message as Frame | string);
    }
    peer.port.close();
  };

  return {
    get dropped() {
      return dropped;
    },
    get sent() {
      return sent;
    },
    sendPacket(to, packet) {
      const peer = ports.get(to);
      if (peer !== undefined) return post(peer, packet);
      if (dead.has(to)) return;
      const queue = waiting.get(to);
      if (queue === undefined) {
        waiting.set(to, [packet]);
        events.introduce(to);
      } else if (queue.length < waitingPacketsMax) queue.push(packet);
      else dropped++;
    },
    addPort(id, port) {
      const peer: PeerPort = {
        port,
        outstanding: new Outstanding(),
        receipts: new Receipts(),
        closed: false,
      };
      ports.set(id, peer);
      port.on('message', (frame: Frame | string) => receive(peer, frame));
      port.on('close', () => {
        peer.closed = true;
        if (ports.get(id) === peer) ports.delete(id);
        closing.get(id)?.();
      });
      for (const packet of waiting.get(id) ?? []) post(peer, packet);
      waiting.delete(id);
    },
    peerDead(id, drained) {
      dead.add(id);
      waiting.delete(id);
      const peer = ports.get(id);
      if (peer === undefined) return drained();
      // A port that has closed by itself has handed on all it held; to read from it then would crash the process.
      const finish = (): void => {
        if (!closing.delete(id)) return;
        clearTimeout(timer);
        if (!peer.closed) drain(peer);
        ports.delete(id);
        drained();
      };
      const timer = setTimeout(finish, drainMs);
      closing.set(id, finish);
    },
    close() {
      for (const { port } of ports.values()) port.close();
      ports.clear();
    },
  };
}

/** An estimate: what a packet's texts and tables hold, and 100 bytes a message. */
function packetBytes(packet: Packet): number {
  let bytes = 0;
  for (const message of packet.messages) {
    bytes += 100;
    bytes += textBytes(message);
  }
  return bytes;
}

function textBytes(message: PeerMessage): number {
  switch (message.type) {
    case 'replicate':
    case 'records':
      return message.records.text.length;
    case 'registerAsks':
      return message.asks.text.length;
    case 'registerAnswers':
      return message.answers.text.length;
    case 'fetched':
      return message.registers.text.length;
    case 'fetch':
      return 8 * message.digests.length;
    default:
      return 0;
  }
}
