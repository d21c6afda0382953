/** What passes the checks harms no node: messages of every type with any content that is allowed, and mutated frames (`npm run soak:frames` has a million). */
import { expect } from 'chai';
import fc from 'fast-check';
import type { Identifier } from '../../src/chord/identifier.js';
import { decodePlainPacket, encodePlainPacket } from '../../src/wire/codec.js';
import type { Packet, PeerMessage } from '../../src/wire/messages.js';
import { fuzz } from '../../runner/soak/fuzz/fuzz.js';
import { VirtualRing } from '../support/virtual-ring.js';
import { from, limits, messagesOf, messageTypes, packetOf } from './arbitraries.js';

const runMs = 3_000;

/** As a node of the ring would say it, through the wire. */
function saidBy(sender: Identifier, message: PeerMessage): Packet {
  const text = encodePlainPacket(packetOf([message]));
  return decodePlainPacket(text.replaceAll(from, sender), limits);
}

describe('Messages that pass the checks', () => {
  for (const consistency of ['eventual', 'linearizable'] as const) {
    it(`let nodes go on, whatever is in them: ${consistency}`, async function () {
      this.timeout(240_000);
      for (const type of messageTypes) {
        const { keyBytesMax, valueBytesMax } = limits;
        const ring = new VirtualRing({ consistency, keyBytesMax, valueBytesMax });
        ring.found(['a', 'b', 'c']);
        ring.clock.advance(1_000);
        const order = ring.ringOrder().map(({ id }) => id);
        const [asked] = ring.nodes.values();
        fc.assert(
          fc.property(messagesOf(type), fc.constantFrom(...order), (message, sender) => {
            asked?.receivePacket(saidBy(sender, message));
          }),
          { numRuns: 60, endOnFailure: true },
        );
        ring.clock.advance(runMs);
        // An actor that stops for an error says so in a turn of its own.
        await new Promise((done) => setTimeout(done, 1));
        expect(asked?.status().state, type).to.equal('member');
      }
    });
  }
});

describe('Mutated frames', () => {
  it('are refused with a reason, or heard by nodes that go on', function () {
    this.timeout(240_000);
    const { taken, refused, reasons, refusalsByFrame, slowestMs, wrong } = fuzz(50_000, 1);
    expect(wrong).to.deep.equal([]);
    expect(taken).to.be.greaterThan(2_000);
    expect(taken + refused).to.be.at.least(50_000);
    expect(reasons).to.be.greaterThan(500);
    expect(refusalsByFrame).to.include.all.keys(
      'frame',
      'packet',
      'requests',
      'replies',
      'greeting',
      'members',
    );
    expect(slowestMs).to.be.below(2_000);
  });
});
