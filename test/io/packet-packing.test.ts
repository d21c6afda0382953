/** Packets between nodes as strings: those of the data path come out as they went in, all others cross as they are. */
import { expect } from 'chai';
import fc from 'fast-check';
import { trustBytes } from '../../src/bytes.js';
import { trustIdentifier } from '../../src/chord/identifier.js';
import { packPacket, unpackPacket } from '../../src/io/packet-packing.js';
import type { Packet, PeerMessage } from '../../src/wire/messages.js';

const from = trustIdentifier('3'.padEnd(40, 'f'));
const texts = fc
  .array(fc.integer({ min: 0, max: 255 }), { maxLength: 300 })
  .map((codes) => trustBytes(String.fromCharCode(...codes)));
const batches = fc.record({
  head: fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { maxLength: 60 }),
  numbers: fc.array(fc.oneof(fc.double({ noNaN: true }), fc.maxSafeNat()), { maxLength: 30 }),
  text: texts,
});
const identifiers = fc
  .array(fc.constantFrom(...'0123456789abcdef'), { minLength: 40, maxLength: 40 })
  .map((digits) => trustIdentifier(digits.join('')));
const requestIds = fc.maxSafeNat();
const messages: fc.Arbitrary<PeerMessage> = fc.oneof(
  fc
    .tuple(requestIds, batches)
    .map(([requestId, asks]): PeerMessage => ({ type: 'registerAsks', from, requestId, asks })),
  fc.tuple(requestIds, batches).map(([requestId, answers]): PeerMessage => ({
    type: 'registerAnswers',
    from,
    requestId,
    answers,
    views: [],
  })),
  fc
    .tuple(requestIds, batches, fc.array(identifiers, { maxLength: 5 }))
    .map(([requestId, batch, writers]): PeerMessage => ({
      type: 'replicate',
      from,
      requestId,
      records: { ...batch, writers },
    })),
  requestIds.map((requestId): PeerMessage => ({ type: 'replicated', from, requestId })),
);

function roundTrip(received: number, packet: Packet): unknown {
  const frame = packPacket(received, packet);
  if (frame === undefined) throw new Error('not packed');
  expect(frame).to.match(/^[\u0000-\u00ff]*$/);
  return unpackPacket(frame);
}

describe('Packed packets', () => {
  it('come out as they went in', () => {
    fc.assert(
      fc.property(fc.nat(), fc.string({ maxLength: 20 }), fc.array(messages), (received, name, list) => {
        const clusterId = name.replace(/[^ -~]/gu, '');
        const packet: Packet = { clusterId, from, messages: list };
        expect(roundTrip(received, packet)).to.deep.equal({ received, packet });
      }),
    );
  });

  it('may be empty', () => {
    const packet: Packet = { clusterId: '', from, messages: [] };
    expect(roundTrip(7, packet)).to.deep.equal({ received: 7, packet });
  });

  it('carry values of every byte, the infinite and the smallest numbers', () => {
    const text = trustBytes(String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte)));
    const numbers = [Infinity, -Infinity, -0, 5e-324, Number.MAX_SAFE_INTEGER];
    const asks = { head: [-1, 0, 2 ** 31 - 1], numbers, text };
    const packet: Packet = {
      clusterId: 'ring',
      from,
      messages: [{ type: 'registerAsks', from, requestId: 2 ** 40, asks }],
    };
    expect(roundTrip(0, packet)).to.deep.equal({ received: 0, packet });
  });

  it('may be larger than any before, in words, in numbers and in text, and leave nothing behind for the next', () => {
    const large = (length: number): number[] => Array.from({ length }, (_, index) => index - length / 2);
    const answers = {
      head: large(70_000),
      numbers: large(90_001).map((number) => number / 3),
      text: trustBytes('\u00ff'.repeat(300_000)),
    };
    const packet: Packet = {
      clusterId: 'ring',
      from,
      messages: [{ type: 'registerAnswers', from, requestId: 1, answers, views: [] }],
    };
    const frame = packPacket(3, packet) ?? '';
    const small: Packet = { clusterId: 'r', from, messages: [{ type: 'replicated', from, requestId: 9 }] };
    expect(roundTrip(4, small)).to.deep.equal({ received: 4, packet: small });
    expect(unpackPacket(frame)).to.deep.equal({ received: 3, packet });
  });

  it('are those of the data path only', () => {
    const view = { partition: 1, epoch: 2, members: [], previousEpoch: 1, previous: [], wipes: false };
    const nothing = { head: [], numbers: [], text: trustBytes('') };
    const others: PeerMessage[] = [
      { type: 'ping', from, requestId: 1 },
      { type: 'getViews', from, partitions: [1] },
      { type: 'registerAnswers', from, requestId: 1, answers: nothing, views: [view] },
    ];
    const packed: PeerMessage = { type: 'registerAsks', from, requestId: 1, asks: nothing };
    for (const other of others) {
      expect(packPacket(0, { clusterId: 'ring', from, messages: [other] })).to.equal(undefined);
      expect(packPacket(0, { clusterId: 'ring', from, messages: [packed, other] })).to.equal(undefined);
    }
  });
});
