/** Packed questions and answers about registers, and packed registers: what is written is what is read. */
import { expect } from 'chai';
import fc from 'fast-check';
import { trustBytes } from '../../../src/bytes.js';
import {
  askKinds,
  createWriter,
  finishWriter,
  outcomes,
  visitAnswers,
  visitAsks,
  writeAsk,
  writeBallot,
  writeOutcome,
  writePromise,
} from '../../../src/replication/linearizable/packed-asks.js';
import { packRegisters, unpackRegisters } from '../../../src/replication/linearizable/packed-registers.js';

const texts = fc
  .array(fc.integer({ min: 0, max: 255 }), { maxLength: 40 })
  .map((codes) => trustBytes(String.fromCharCode(...codes)));
const ballots = fc.maxSafeNat();
const states = fc.record({
  value: fc.option(texts, { nil: undefined }),
  expiresAt: fc.oneof(fc.constant(Infinity), fc.double({ noNaN: true, min: 0, max: 1e15 })),
  version: fc.maxSafeNat(),
  recent: fc.array(ballots, { maxLength: 16 }),
});
const partitions = fc.integer({ min: 0, max: 65_535 });

describe('Packed questions about registers', () => {
  it('come out as they went in, of all kinds in one batch', () => {
    const asks = fc.record({
      kind: fc.constantFrom(...Object.values(askKinds)),
      partition: partitions,
      key: texts,
      epoch: fc.integer({ min: 1, max: 2 ** 25 - 1 }),
      ballot: ballots,
      given: states,
    });
    fc.assert(
      fc.property(fc.array(asks, { maxLength: 20 }), (batch) => {
        const writer = createWriter();
        const expected = batch.map(({ kind, partition, key, epoch, ballot, given }) => {
          const state = kind === askKinds.accept ? given : undefined;
          writeAsk(writer, kind, partition, key, epoch, ballot, state);
          return { kind, partition, key, epoch, ballot, state };
        });
        const read: unknown[] = [];
        visitAsks(finishWriter(writer), (kind, partition, key, epoch, ballot, state) => {
          read.push({
            kind,
            partition,
            key,
            epoch,
            ballot,
            state,
          });
        });
        expect(read).to.deep.equal(expected);
      }),
    );
  });
});

describe('Packed answers about registers', () => {
  it('come out as they went in, each at its place', () => {
    const plain = fc.constantFrom(outcomes.accepted, outcomes.dropped, outcomes.wrongView);
    const withBallot = fc.constantFrom(outcomes.held, outcomes.refused);
    const answers = fc.oneof(
      plain.map((outcome) => ({ outcome, ballot: 0, state: undefined })),
      fc.record({ outcome: withBallot, ballot: ballots, state: fc.constant(undefined) }),
      fc.record({ outcome: fc.constant(outcomes.promised), ballot: ballots, state: states }),
    );
    fc.assert(
      fc.property(fc.array(answers, { maxLength: 20 }), (batch) => {
        const writer = createWriter();
        for (const { outcome, ballot, state } of batch) {
          if (state !== undefined) writePromise(writer, ballot, state);
          else if (outcome === outcomes.held || outcome === outcomes.refused)
            writeBallot(writer, outcome, ballot);
          else writeOutcome(writer, outcome);
        }
        const read: unknown[] = [];
        visitAnswers(finishWriter(writer), (place, outcome, ballot, state) =>
          read.push({ place, outcome, ballot, state }),
        );
        expect(read).to.deep.equal(batch.map((answer, place) => ({ place, ...answer })));
      }),
    );
  });
});

describe('Packed registers', () => {
  it('come out as they went in, detached', () => {
    const registers = fc
      .record({ key: texts, accepted: ballots })
      .chain(({ key, accepted }) => states.map((state) => ({ key, accepted, ...state })));
    fc.assert(
      fc.property(fc.array(registers, { maxLength: 20 }), (list) => {
        let detached = 0;
        const read = unpackRegisters(packRegisters(list), (text) => {
          detached++;
          return text;
        });
        expect(read).to.deep.equal(list);
        const values = list.filter(({ value }) => value !== undefined).length;
        expect(detached).to.equal(list.length + values);
      }),
    );
  });
});
