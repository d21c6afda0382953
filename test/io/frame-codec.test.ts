/** Frames between hosts, written and read: all come out as they went in, and no byte that is wrong reaches a node. */
import { expect } from 'chai';
import fc from 'fast-check';
import { trustBytes } from '../../src/bytes.js';
import { defaultConfig } from '../../src/config.js';
import { decodePacket, encodePacket, readFrame, writeFrame } from '../../src/io/frame-codec.js';
import { FrameReader, FrameWriter } from '../../src/io/frames.js';
import { packBatch } from '../../src/io/packing.js';
import { packPacket } from '../../src/io/packet-packing.js';
import type { Frame } from '../../src/wire/frames.js';
import type { Packet, PeerMessage } from '../../src/wire/messages.js';
import {
  createReplyWriter,
  createRequestWriter,
  finishReplies,
  finishRequests,
  opcodes,
  statuses,
  writeReply,
  writeRequest,
} from '../../src/wire/requests.js';
import { WireError } from '../../src/wire/wire-error.js';
import { wireVersions } from '../../src/wire/wire-versions.js';
import { from, identifiers, limits, messagesOf, messageTypes, packetOf, peers } from '../wire/arbitraries.js';

const { low, high } = wireVersions;
const versions = fc.constantFrom(low, high);
const anyMessage = fc.constantFrom(...messageTypes).chain(messagesOf);
const u32s = fc.nat(0xffff_ffff);
const names = fc.string({ maxLength: 20 });
const bytes = fc
  .array(fc.integer({ min: 0, max: 255 }), { maxLength: 60 })
  .map((codes) => trustBytes(String.fromCharCode(...codes)));

const requests = fc
  .array(
    fc.tuple(
      fc.nat(0x7fff_ffff),
      fc.constantFrom(...Object.values(opcodes)),
      fc.nat(127),
      fc.nat(7),
      fc.nat(255),
      bytes,
      bytes,
      fc.double({ noNaN: true, min: -1e15, max: 1e15 }),
    ),
    { maxLength: 10 },
  )
  .map((list) => {
    const writer = createRequestWriter();
    for (const request of list) writeRequest(writer, ...request);
    return packBatch(finishRequests(writer));
  });
const replies = fc
  .array(fc.tuple(fc.nat(0x7fff_ffff), fc.constantFrom(...Object.values(statuses)), bytes), { maxLength: 10 })
  .map((list) => {
    const writer = createReplyWriter();
    for (const reply of list) writeReply(writer, ...reply);
    return packBatch(finishReplies(writer));
  });

/** One generator for each kind of frame: the compiler asks for all. */
const frames: {
  readonly [T in Frame['type']]: fc.Arbitrary<Omit<Extract<Frame, { readonly type: T }>, 'type'>>;
} = {
  greeting: fc
    .record({
      versionLow: fc.integer({ min: 1, max: 3 }),
      versionHigh: fc.integer({ min: 3, max: 9 }),
      clusterName: names,
      clusterId: fc.option(names, { nil: null }),
      boot: fc.maxSafeNat(),
      address: names,
      wants: fc.constantFrom('join', 'link'),
      nodes: fc.array(peers, { maxLength: 4 }),
      hosts: fc.array(names, { maxLength: 4 }),
    })
    .map((given) => ({
      ...given,
      config: given.clusterId === null ? null : { ...defaultConfig, clusterId: given.clusterId },
    })),
  refused: fc.record({ code: names, reason: fc.string() }),
  heartbeat: fc.record({ sequence: u32s, heard: u32s, heardMsAgo: u32s }),
  packet: fc
    .tuple(identifiers, fc.array(anyMessage, { maxLength: 4 }))
    .map(([to, list]) => ({ from, to, packet: packPacket(0, packetOf(list)) ?? packetOf(list) })),
  requests: fc.record({ client: u32s, to: identifiers, batch: requests }),
  replies: fc.record({ client: u32s, from: identifiers, batch: replies }),
  clientClosed: fc.record({ client: u32s }),
  members: fc.record({
    added: fc.array(peers, { maxLength: 4 }),
    gone: fc.array(identifiers, { maxLength: 4 }),
    hosts: fc.array(names, { maxLength: 4 }),
  }),
  ask: fc.record({ id: fc.nat(), question: fc.jsonValue({ maxDepth: 3, noUnicodeString: false }) }),
  answer: fc.record({ id: fc.nat(), outcome: fc.jsonValue({ maxDepth: 3 }) }),
};

function sendAll(list: readonly Frame[], version: number): Frame[] {
  const writer = new FrameWriter();
  for (const frame of list) writeFrame(writer, frame, version);
  const heard: Frame[] = [];
  const reader = new FrameReader(1 << 20, (type, body) => heard.push(readFrame(type, body, version, limits)));
  const error = reader.push(writer.take() ?? Buffer.alloc(0)) ?? reader.end();
  if (error !== undefined) throw error;
  return heard;
}

/** What JSON makes of it: the same of -0 and 0, whatever the order of fields. */
function asJson(frames: readonly Frame[]): unknown {
  return JSON.parse(JSON.stringify(frames));
}

function refusalOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof WireError) return error.message;
    throw error;
  }
  return 'taken';
}

const none = trustBytes('');
const replicate: PeerMessage = {
  type: 'replicate',
  from,
  requestId: 5,
  records: { head: [1, 0, 1, 2], numbers: [7, Infinity], writers: [from], text: trustBytes('kvv') },
};
/** Batches of each kind that a node must not get. */
const wrong: readonly (readonly [PeerMessage, string])[] = [
  [
    { type: 'registerAsks', from, requestId: 5, asks: { head: [1, 999, 0, 0], numbers: [1, 0], text: none } },
    'names partition 999 of 256',
  ],
  [
    {
      type: 'registerAnswers',
      from,
      requestId: 5,
      answers: { head: [9, 0], numbers: [], text: none },
      views: [],
    },
    'has the unknown outcome 9',
  ],
  [
    { type: 'records', from, requestId: 5, records: { head: [1], numbers: [], writers: [], text: none } },
    'has 1 words, not 4 for each record',
  ],
  [{ ...replicate, requestId: NaN }, 'has no request id'],
];

function bodyOf(packet: Packet): Buffer {
  const writer = new FrameWriter();
  writeFrame(writer, { type: 'packet', from, to: from, packet: packPacket(9, packet) ?? packet }, high);
  return (writer.take() ?? Buffer.alloc(0)).subarray(5);
}

describe('Frames between hosts', () => {
  for (const [type, fields] of Object.entries(frames)) {
    it(`come out as they went in: ${type}`, () => {
      const list = fc.array(
        fields.map((own) => ({ type, ...own }) as Frame),
        { minLength: 1, maxLength: 4 },
      );
      fc.assert(
        fc.property(list, (sent) => {
          expect(asJson(sendAll(sent, high))).to.deep.equal(asJson(sent));
        }),
        { numRuns: 100 },
      );
    });
  }

  it('carry any packet in every version', () => {
    fc.assert(
      fc.property(fc.array(anyMessage, { maxLength: 4 }), versions, (list, version) => {
        const packet = packetOf(list);
        expect(decodePacket(encodePacket(packet, version), from, version, limits)).to.deep.equal(packet);
      }),
    );
  });

  it('of version 1 have no time in heartbeats, and records of transfers in the longer form', () => {
    const beat: Frame = { type: 'heartbeat', sequence: 1, heard: 2, heardMsAgo: 3 };
    expect(sendAll([beat], low)).to.deep.equal([{ ...beat, heardMsAgo: undefined }]);
    const packed = packPacket(3, packetOf([{ type: 'recordsTaken', from, requestId: 1 }])) ?? '';
    const frame: Frame = { type: 'packet', from, to: from, packet: packed };
    const [inOne] = sendAll([frame], low);
    const [inTwo] = sendAll([frame], high);
    expect(inOne).to.deep.include({ packet: packetOf([{ type: 'recordsTaken', from, requestId: 1 }]) });
    expect(inTwo).to.have.property('packet').that.is.a('string');
    const [replicated] = sendAll([{ ...frame, packet: packPacket(3, packetOf([replicate])) ?? '' }], low);
    expect(replicated).to.have.property('packet').that.is.a('string');
  });

  it('of one version are refused by who speaks the other', () => {
    const writer = new FrameWriter();
    writeFrame(writer, { type: 'heartbeat', sequence: 1, heard: 2, heardMsAgo: 3 }, high);
    const body = (writer.take() ?? Buffer.alloc(0)).subarray(5);
    expect(refusalOf(() => readFrame('heartbeat', body, low, limits))).to.equal(
      'heartbeat: has 12 bytes, not 8',
    );
    const packet = bodyOf(packetOf([{ type: 'recordsTaken', from, requestId: 1 }]));
    expect(refusalOf(() => readFrame('packet', packet, low, limits))).to.equal(
      'packet: messages.0 is of the unknown kind 6',
    );
  });

  it('leave the count of packets received to the port', () => {
    const packed = packPacket(77, packetOf([replicate])) ?? '';
    expect(packed.charCodeAt(0)).to.equal(77);
    const [heard] = sendAll([{ type: 'packet', from, to: from, packet: packed }], high);
    expect(heard).to.have.property('packet', packPacket(0, packetOf([replicate])));
  });

  it('are not taken before the greeting', () => {
    expect(refusalOf(() => readFrame('packet', bodyOf(packetOf([])), high, undefined))).to.equal(
      'packet: comes before a greeting',
    );
  });

  it('are refused for a batch of any kind that is wrong', () => {
    for (const [message, reason] of wrong) {
      const body = bodyOf(packetOf([replicate, message]));
      expect(refusalOf(() => readFrame('packet', body, high, limits))).to.equal(
        `packet: messages.1 ${reason}`,
      );
    }
  });

  it('are refused with what is wrong in them', () => {
    const packet = bodyOf(packetOf([replicate]));
    const changed = (at: number, value: number): Buffer => {
      const copy = Buffer.from(packet);
      copy[at] = value;
      return copy;
    };
    // In the body: from, to, the form, then the header at 81, doubles at 97, words at 121.
    const table: readonly (readonly [Buffer, string])[] = [
      [changed(0, 0x58), `packet: from is "X${from.slice(1)}", no identifier`],
      [changed(40, 0x58), `packet: to is "X${from.slice(1)}", no identifier`],
      [changed(80, 0x58), 'packet: is of the unknown form 88'],
      [changed(81, 1), "packet: has received 1, which is a port's own matter"],
      [changed(85, 2), 'packet: has 2 messages, 3 doubles and 10 words in 167 bytes'],
      [changed(88, 0xff), 'packet: has -16777215 messages, 3 doubles and 10 words in 167 bytes'],
      [changed(92, 0x7f), 'packet: has 1 messages, 2130706435 doubles and 10 words in 167 bytes'],
      [changed(96, 0x7f), 'packet: has 1 messages, 3 doubles and 2130706442 words in 167 bytes'],
      [changed(121, 5), "packet: has 5 bytes of its ring's name"],
      [changed(125, 7), 'packet: messages.0 is of the unknown kind 7'],
      [changed(129, 3), 'packet: messages.0 has 3 words, not 4 for each record'],
      [changed(133, 0xff), 'packet: messages.0 ends after the packet'],
      [changed(137, 0xff), 'packet: messages.0 ends after the packet'],
      [changed(146, 1), 'packet: messages.0 names partition 257 of 256'],
      [changed(packet.length - 1, 0x58), 'packet: messages.0 names writers that are no identifiers'],
      [packet.subarray(0, packet.length - 1), 'packet: messages.0 ends after the packet'],
      [
        Buffer.concat([packet, Buffer.from('x')]),
        'packet: has more words, doubles or text than its messages',
      ],
      [packet.subarray(0, 90), 'packet: has 9 bytes, less than its header'],
    ];
    for (const [body, reason] of table)
      expect(refusalOf(() => readFrame('packet', body, high, limits))).to.equal(reason);
    expect(refusalOf(() => readFrame('packet', packet, high, limits))).to.equal('taken');
    expect(refusalOf(() => readFrame('packet', packet, high, { ...limits, clusterId: 'else' }))).to.equal(
      `packet: is not of ${from} in this ring`,
    );
    expect(refusalOf(() => readFrame('clientClosed', packet, high, limits))).to.equal(
      `clientClosed: has ${packet.length} bytes, not 4`,
    );
    expect(refusalOf(() => readFrame('requests', packet.subarray(0, 3), high, limits))).to.equal(
      'requests: client is missing',
    );
    expect(
      refusalOf(() =>
        readFrame('members', Buffer.from('{"added":[],"gone":["x"],"hosts":[]}'), high, limits),
      ),
    ).to.equal('members: gone.0 must be 40 hexadecimal digits, not "x"');
    expect(refusalOf(() => readFrame('greeting', Buffer.from('\u0000'), high, undefined))).to.equal(
      'greeting: has what is no JSON',
    );
  });
});
