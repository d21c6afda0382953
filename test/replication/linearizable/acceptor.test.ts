/** The acceptor of one key: R2 to R4 and R8 of docs/design/replication.md, one by one. */
import { expect } from 'chai';
import { trustBytes } from '../../../src/bytes.js';
import { accept, drop, prepare } from '../../../src/replication/linearizable/acceptor.js';
import { ballotOf, nextRound, noBallot } from '../../../src/replication/linearizable/ballot.js';
import {
  askKinds,
  createWriter,
  finishWriter,
  outcomes,
  visitAnswers,
  writeAsk,
} from '../../../src/replication/linearizable/packed-asks.js';
import { stateOf, type RegisterState } from '../../../src/replication/linearizable/register.js';
import { seal } from '../../../src/replication/linearizable/phases.js';
import { a, b, c, d, partition, SiteWorld } from './harness.js';

const key = trustBytes('k');
/** Of the second member in epoch 1. */
const round = (number: number, member = 1): number => ballotOf(1, number, member);

function state(value: string | undefined, version = 1): RegisterState {
  return {
    value: value === undefined ? undefined : trustBytes(value),
    expiresAt: Infinity,
    version,
    recent: [],
  };
}

/** The acceptor of `k` at d, the last member. */
function acceptor(): {
  readonly prepare: (ballot: number) => number;
  readonly accept: (ballot: number, value?: string, version?: number) => number;
  readonly drop: (ballot: number) => boolean;
  readonly world: SiteWorld;
} {
  const world = new SiteWorld().found(a, b, c, d);
  const { site } = world.engine(d);
  const slot = world.slot(d);
  // Forgets b's claim to all keys, so that ballots start low.
  slot.promisedAll = noBallot;
  return {
    world,
    prepare: (ballot) => prepare(site, slot, key, slot.records.get(key), ballot),
    accept: (ballot, value, version) =>
      accept(site, slot, key, slot.records.get(key), ballot, state(value, version)),
    drop: (ballot) => drop(site, slot, slot.records.get(key), ballot),
  };
}

describe('An acceptor', () => {
  it('promises above what it promised, and names the ballot to exceed otherwise (R2)', () => {
    const key = acceptor();
    expect(key.prepare(round(5))).to.equal(noBallot);
    expect(key.prepare(round(4))).to.equal(round(5));
    expect(key.prepare(round(5, 0))).to.equal(round(5));
    expect(key.prepare(round(5, 2))).to.equal(noBallot);
  });

  it('promises the same again to who asks again, until it has accepted there', () => {
    const key = acceptor();
    key.prepare(round(5));
    expect(key.prepare(round(5))).to.equal(noBallot);
    key.accept(round(5), 'v');
    expect(key.prepare(round(5))).to.equal(nextRound(round(5)));
  });

  it('keeps promises of keys without a register, and makes no register for them', () => {
    const key = acceptor();
    key.prepare(round(5));
    expect(key.world.register(d, 'k')).to.equal(undefined);
    expect(key.accept(round(4), 'v')).to.equal(round(5));
    expect(key.accept(round(5), 'v')).to.equal(noBallot);
    expect(key.world.register(d, 'k')).to.include({ accepted: round(5), value: 'v' });
    expect(key.world.slot(d).promises.size).to.equal(0);
  });

  it('accepts at or above its promise, and nothing below (R3)', () => {
    const key = acceptor();
    expect(key.accept(round(3), 'v')).to.equal(noBallot);
    key.prepare(round(6));
    expect(key.accept(round(4), 'w')).to.equal(round(6));
    expect(key.world.register(d, 'k')).to.include({ value: 'v', accepted: round(3) });
    expect(key.accept(round(7), 'w', 2)).to.equal(noBallot);
    expect(key.world.register(d, 'k')).to.include({ value: 'w', accepted: round(7), version: 2 });
  });

  it('has prepared the next round of whom it accepted (O1 a)', () => {
    const key = acceptor();
    key.accept(round(3), 'v');
    expect(key.world.register(d, 'k')?.promised).to.equal(round(4));
    expect(key.accept(round(3, 2), 'w')).to.equal(round(4));
    expect(key.accept(round(4), 'w')).to.equal(noBallot);
  });

  it('accepts a repetition of what it accepted, without storing anything', () => {
    const key = acceptor();
    key.accept(round(3), 'v');
    key.prepare(round(9));
    expect(key.accept(round(3), 'other')).to.equal(noBallot);
    expect(key.world.register(d, 'k')).to.include({ value: 'v', promised: round(9) });
  });

  it('holds every key to what it promised for all (O1 b)', () => {
    const key = acceptor();
    key.world.slot(d).promisedAll = round(5);
    expect(key.prepare(round(5))).to.equal(round(5));
    expect(key.accept(round(4), 'v')).to.equal(round(5));
    expect(key.accept(round(5), 'v')).to.equal(noBallot);
  });

  it('promises all keys only above everything it promised or accepted (O1 b)', () => {
    const key = acceptor();
    key.prepare(round(8));
    const { world } = key;
    const claim = (ballot: number): void => {
      const [low, high] = [0, 0];
      const partitions = [{ partition, epoch: 1, ballot, low, high }];
      world.engine(d).handleMessages([{ type: 'prepareAll', from: c.id, requestId: 1, partitions }]);
    };
    const answers = (): unknown[] =>
      world.bag
        .splice(0)
        .flatMap(({ message }) => (message.type === 'preparedAll' ? message.partitions : []))
        .map(({ outcome, exceed, equal }) => ({ outcome, exceed, equal }));
    claim(round(8));
    expect(answers()).to.deep.equal([{ outcome: 'refused', exceed: round(8), equal: false }]);
    claim(round(9));
    expect(answers()).to.deep.equal([{ outcome: 'promised', exceed: noBallot, equal: true }]);
    key.accept(round(10), 'v');
    claim(round(12));
    expect(answers()).to.deep.equal([{ outcome: 'promised', exceed: noBallot, equal: false }]);
  });

  it('drops a tombstone at exactly its ballot, and nothing else (R8)', () => {
    const key = acceptor();
    key.accept(round(3), 'v');
    expect(key.drop(round(3))).to.equal(false);
    key.accept(round(5), undefined, 2);
    expect(key.drop(round(3))).to.equal(false);
    expect(key.drop(round(5))).to.equal(true);
    expect(key.world.register(d, 'k')).to.equal(undefined);
    expect(key.world.engine(d).site.tombstoneBytes).to.equal(0);
  });

  it('does not drop what was promised to another since', () => {
    const key = acceptor();
    key.accept(round(5), undefined);
    key.prepare(round(9));
    expect(key.drop(round(5))).to.equal(false);
  });

  it('accepts nothing older than a dropped tombstone, and counts versions on from there (R4, R8)', () => {
    const key = acceptor();
    key.accept(round(5), undefined, 7);
    key.drop(round(5));
    expect(key.accept(round(4), 'old')).to.equal(round(6));
    expect(key.accept(round(5), 'old')).to.equal(round(6));
    expect(key.prepare(round(6))).to.equal(round(6));
    expect(key.drop(round(5))).to.equal(true);
    expect(key.prepare(round(7))).to.equal(noBallot);
    const slot = key.world.slot(d);
    expect(stateOf(undefined, slot.versionFloor)).to.deep.equal(state(undefined, 7));
  });

  it('answers an epoch that it is active in, and tells others of the view it knows (R1)', () => {
    const { world } = acceptor();
    const ask = (epoch: number): { outcome: number; views: number } => {
      const writer = createWriter();
      writeAsk(writer, askKinds.read, partition, key, epoch, noBallot, undefined);
      const asks = finishWriter(writer);
      world.engine(d).handleMessages([{ type: 'registerAsks', from: c.id, requestId: 1, asks }]);
      const { message } = world.find('registerAnswers', d, c);
      world.bag = [];
      if (message.type !== 'registerAnswers') throw new Error('not an answer');
      let said = 0;
      visitAnswers(message.answers, (_place, outcome) => (said = outcome));
      return { outcome: said, views: message.views.length };
    };
    expect(ask(1)).to.deep.equal({ outcome: outcomes.held, views: 0 });
    expect(ask(2)).to.deep.equal({ outcome: outcomes.wrongView, views: 0 });
    expect(ask(0)).to.deep.equal({ outcome: outcomes.wrongView, views: 1 });
    seal(world.engine(d).site, world.slot(d));
    expect(ask(1)).to.deep.equal({ outcome: outcomes.wrongView, views: 0 });
  });
});
