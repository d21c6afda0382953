/** Frames as bytes: each kind written and read back, checked, so that what comes out of here harms no node (wire/frames.ts). */
import { parseIdentifier, type Identifier } from '../chord/identifier.js';
import { decodePlainPacket, encodePlainPacket } from '../wire/codec.js';
import { readJsonFrame, writeJsonFrame } from '../wire/frame-shapes.js';
import type { Frame, FrameType, Heartbeat, PacketFrame } from '../wire/frames.js';
import type { Packet } from '../wire/messages.js';
import { show } from '../wire/shapes.js';
import { WireError } from '../wire/wire-error.js';
import type { WireLimits } from '../wire/wire-limits.js';
import { wireVersions } from '../wire/wire-versions.js';
import { u32, type FrameWriter } from './frames.js';
import { checkPackedPacket, checkReplies, checkRequests } from './packet-checking.js';
import { packedKindMax, packedKindOf, packPacket, unpackPacket } from './packet-packing.js';

/** Which form a packet has, its first character: as packPacket makes it, or as encodePlainPacket does. */
const forms = { packed: 'P', plain: 'J' } as const;
const identifierBytes = 40;
const packedForm = forms.packed.charCodeAt(0);
const plainForm = forms.plain.charCodeAt(0);

/** Adds a frame to the turn's. Throws WireError when it is longer than a frame may be, and adds nothing. Answers its bytes. */
export function writeFrame(writer: FrameWriter, frame: Frame, version: number): number {
  switch (frame.type) {
    case 'packet':
      return writer.write('packet', frame.from, frame.to, ...partsOfPacket(frame.packet, version));
    case 'requests':
      return writer.write('requests', u32(frame.client), frame.to, frame.batch);
    case 'replies':
      return writer.write('replies', u32(frame.client), frame.from, frame.batch);
    case 'clientClosed':
      return writer.write('clientClosed', u32(frame.client));
    case 'heartbeat':
      return writer.write('heartbeat', ...partsOfHeartbeat(frame, version));
    default:
      return writer.write(frame.type, writeJsonFrame(frame));
  }
}

/**
 * Reads a frame that a FrameReader handed on; nothing of the result lies in `body`. Throws WireError, which says what was wrong where.
 * `limits` are the ring's; undefined while none is known, and then only greetings and refusals are taken.
 */
export function readFrame(
  type: FrameType,
  body: Buffer,
  version: number,
  limits: WireLimits | undefined,
): Frame {
  if (type === 'greeting' || type === 'refused') return readJsonFrame(type, body.toString('latin1'));
  if (limits === undefined) throw new WireError(type, '', 'comes before a greeting');
  switch (type) {
    case 'packet':
      return readPacket(body, version, limits);
    case 'requests': {
      const head = { type, client: clientIn(type, body), to: identifierIn(type, 'to', body, 4) };
      checkRequests(body, 4 + identifierBytes, limits);
      return { ...head, batch: body.toString('latin1', 4 + identifierBytes) };
    }
    case 'replies': {
      const head = { type, client: clientIn(type, body), from: identifierIn(type, 'from', body, 4) };
      checkReplies(body, 4 + identifierBytes);
      return { ...head, batch: body.toString('latin1', 4 + identifierBytes) };
    }
    case 'clientClosed':
      exactly(type, body, 4);
      return { type, client: clientIn(type, body) };
    case 'heartbeat':
      return readHeartbeat(body, version);
    default:
      return readJsonFrame(type, body.toString('latin1'));
  }
}

/** The packet as one text, in the shorter form: what a frame has after its addresses. */
export function encodePacket(packet: Packet, version: number): string {
  return partsOfPacket(packPacket(0, packet) ?? packet, version).join('');
}

/** Throws WireError. The inverse of encodePacket. */
export function decodePacket(text: string, from: Identifier, version: number, limits: WireLimits): Packet {
  const packet = packetIn(Buffer.from(text, 'latin1'), 0, from, version, limits);
  return typeof packet === 'string' ? unpackPacket(packet).packet : packet;
}

/** A string is sent as it is but for the count of its port, which is nobody else's matter. */
function partsOfPacket(packet: string | Packet, version: number): readonly string[] {
  if (typeof packet !== 'string') return [forms.plain, encodePlainPacket(packet)];
  if (version === wireVersions.high) return [forms.packed, '\0\0\0\0', packet.substring(4)];
  const unpacked = unpackPacket(packet).packet;
  const isKnown = unpacked.messages.every((message) => packedKindOf(message) <= packedKindMax(version));
  return isKnown
    ? [forms.packed, '\0\0\0\0', packet.substring(4)]
    : [forms.plain, encodePlainPacket(unpacked)];
}

function readPacket(body: Buffer, version: number, limits: WireLimits): PacketFrame {
  const from = identifierIn('packet', 'from', body, 0);
  const to = identifierIn('packet', 'to', body, identifierBytes);
  return { type: 'packet', from, to, packet: packetIn(body, 2 * identifierBytes, from, version, limits) };
}

function packetIn(
  body: Buffer,
  start: number,
  from: Identifier,
  version: number,
  limits: WireLimits,
): string | Packet {
  const form = body[start];
  if (form === packedForm) {
    checkPackedPacket(body, start + 1, from, version, limits);
    return body.toString('latin1', start + 1);
  }
  if (form !== plainForm) throw new WireError('packet', '', `is of the unknown form ${form}`);
  const packet = decodePlainPacket(body.toString('latin1', start + 1), limits);
  if (packet.from !== from) throw new WireError('packet', 'from', `is ${packet.from} in a frame of ${from}`);
  return packet;
}

function partsOfHeartbeat({ sequence, heard, heardMsAgo }: Heartbeat, version: number): readonly string[] {
  const known = [u32(sequence), u32(heard)];
  return version === 1 ? known : [...known, u32(Math.min(heardMsAgo ?? 0, 0xffff_ffff))];
}

function readHeartbeat(body: Buffer, version: number): Heartbeat {
  exactly('heartbeat', body, version === 1 ? 8 : 12);
  const heardMsAgo = version === 1 ? undefined : body.readUInt32LE(8);
  return { type: 'heartbeat', sequence: body.readUInt32LE(0), heard: body.readUInt32LE(4), heardMsAgo };
}

function clientIn(type: FrameType, body: Buffer): number {
  if (body.length < 4) throw new WireError(type, 'client', 'is missing');
  return body.readUInt32LE(0);
}

function identifierIn(type: FrameType, field: string, body: Buffer, at: number): Identifier {
  const text = body.toString('latin1', at, at + identifierBytes);
  const identifier = parseIdentifier(text);
  if (identifier === undefined) throw new WireError(type, field, `is ${show(text)}, no identifier`);
  return identifier;
}

function exactly(type: FrameType, { length }: Buffer, wanted: number): void {
  if (length !== wanted) throw new WireError(type, '', `has ${length} bytes, not ${wanted}`);
}
