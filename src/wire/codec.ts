/**
 * A packet of any messages as Latin-1 text, and back, checked whole: each type of message has a shape (chord-shapes.ts,
 * eventual-shapes.ts, linearizable-shapes.ts).
 *
 *   {"clusterId", "from", "peers": [...], "messages": [...]} line end, then keys, values and arrays in the order in which they are named
 */
import type { Identifier } from '../chord/identifier.js';
import type { Peer } from '../peer.js';
import { noWriter } from '../replication/version.js';
import { chordShapes } from './chord-shapes.js';
import { eventualShapes } from './eventual-shapes.js';
import { parseJson, stringifyJson } from './json.js';
import { linearizableShapes } from './linearizable-shapes.js';
import type { Packet, PeerMessage } from './messages.js';
import type { ShapesOf } from './shape-parts.js';
import {
  array,
  fail,
  identifier,
  object,
  peerFields,
  plain,
  show,
  text,
  type Shape,
  type Source,
} from './shapes.js';
import type { WireLimits } from './wire-limits.js';
import { WireError } from './wire-error.js';

/** Without the type and the sender, which all messages have. */
export const messageShapes: ShapesOf<PeerMessage> = {
  ...chordShapes,
  ...eventualShapes,
  ...linearizableShapes,
};

const shapes = new Map(Object.entries(messageShapes) as [string, Shape<object>][]);

const message: Shape<PeerMessage> = {
  write: (value, sink) => ({
    type: value.type,
    ...(shapes.get(value.type)?.write(value, sink) as object | undefined),
  }),
  read(json, source) {
    const { type } = typeOnly.read(json, source);
    const shape = shapes.get(type);
    if (shape === undefined) return fail(source, `is of the unknown type ${show(type)}`);
    return { type, from: source.from, ...shape.read(json, source) } as PeerMessage;
  },
};

const messageList = array(message);
const typeOnly = object<{ readonly type: string }>({ type: text(100) });
/** The table of peers is read before what refers to it. */
const envelope = object<Envelope>({
  clusterId: text(100),
  from: identifier,
  peers: array(peerFields),
  messages: plain((json) => json),
});
const nobody = { from: noWriter, peers: [] };

interface Envelope {
  readonly clusterId: string;
  readonly from: Identifier;
  readonly peers: readonly Peer[];
  readonly messages: unknown;
}

/** Throws WireError when the packet names more than one text may. */
export function encodePlainPacket({ clusterId, from, messages }: Packet): string {
  const sink = { raw: '', peers: [], places: new Map() };
  const written = messages.map((one) => message.write(one, sink));
  const json = stringifyJson('packet', { clusterId, from, peers: sink.peers, messages: written });
  return `${json}\n${sink.raw}`;
}

/** Throws WireError. */
export function decodePlainPacket(given: string, limits: WireLimits): Packet {
  const lineEnd = given.indexOf('\n');
  if (lineEnd === -1) throw new WireError('packet', '', 'has no end of its first line');
  const json = parseJson('packet', given.substring(0, lineEnd));
  const outer: Source = { frame: 'packet', limits, raw: given, rawAt: lineEnd + 1, path: [], ...nobody };
  const { clusterId, from, peers, messages } = envelope.read(json, outer);
  if (clusterId !== limits.clusterId) fail(outer, `is of the ring ${show(clusterId)}`);
  const source: Source = { ...outer, from, peers, path: ['messages'] };
  const packet = { clusterId, from, messages: messageList.read(messages, source) };
  if (source.rawAt !== given.length)
    throw new WireError('packet', '', `has ${given.length - source.rawAt} bytes too many`);
  return packet;
}
