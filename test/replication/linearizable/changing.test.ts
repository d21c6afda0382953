/** Changes of a key: what they cost (O1), who waits for whom (R5a), and what is answered when they fail (R5, R7). */
import { expect } from 'chai';
import { learnView } from '../../../src/replication/linearizable/learning.js';
import { seal } from '../../../src/replication/linearizable/phases.js';
import { requestMsMax } from '../../../src/replication/linearizable/timing.js';
import { flags, opcodes, statuses } from '../../../src/wire/requests.js';
import { a, b, c, d, partition, SiteWorld } from './harness.js';

/** b leads the partition and has claimed it; c and d are the other members. */
function led(): SiteWorld {
  const world = new SiteWorld().found(a, b, c, d);
  world.asked();
  return world;
}

describe('A change', () => {
  it('costs one round trip on a claimed partition, and so does the next one of the key (O1)', () => {
    const world = led();
    expect(world.slot(b).lead).to.equal('clean');
    for (const value of ['v', 'w', 'x']) {
      const put = world.put(b, 'k', value);
      world.deliverOnce();
      expect(world.answer(put)).to.equal(undefined);
      world.deliverOnce();
      expect(world.answer(put)?.status).to.equal(statuses.ok);
      expect(world.asked()).to.equal('aa');
    }
    for (const node of [b, c, d]) expect(world.contents(node)).to.deep.equal({ k: 'x' });
  });

  it('uses the claim for a key once, then exactly the round that its last acceptance prepared', () => {
    const world = led();
    world.put(b, 'k', 'v');
    world.deliver();
    expect(world.register(b, 'k')?.accepted).to.equal(world.slot(b).leadBallot);
    const next = world.register(b, 'k')?.promised;
    world.put(b, 'k', 'w');
    expect(world.register(b, 'k')?.accepted).to.equal(next);
  });

  it('costs two round trips where the claim is not settled', () => {
    const world = led();
    world.slot(b).lead = 'unclean';
    const put = world.put(b, 'k', 'v');
    for (let half = 0; half < 4; half++) {
      expect(world.answer(put)).to.equal(undefined);
      world.deliverOnce();
    }
    expect(world.answer(put)?.status).to.equal(statuses.ok);
    expect(world.asked()).to.equal('aapp');
  });

  it('prepares after an acceptance that did not reach a quorum, however often the key was changed before', () => {
    const world = led();
    world.put(b, 'k', 'v');
    world.deliver();
    world.carries = () => false;
    const lost = world.put(b, 'k', 'w');
    expect(world.await(lost).status).to.equal(statuses.unknown);
    world.carries = () => true;
    world.asked();
    expect(world.await(world.put(b, 'k', 'x')).status).to.equal(statuses.ok);
    expect(world.asked()).to.match(/^a+p+$/);
    for (const node of [b, c, d]) expect(world.contents(node)).to.deep.equal({ k: 'x' });
  });

  it('has no right to the next round once another has prepared above it', () => {
    const world = led();
    world.put(b, 'k', 'v');
    world.deliver();
    const other = world.request(c, opcodes.put, 'k', 'w', { moves: 2 });
    expect(world.await(other).status).to.equal(statuses.ok);
    world.asked();
    expect(world.await(world.put(b, 'k', 'x')).status).to.equal(statuses.ok);
    expect(world.asked()).to.contain('p');
    for (const node of [b, c, d]) expect(world.contents(node)).to.deep.equal({ k: 'x' });
  });

  it('starts from the highest accepted state of a quorum, not from what its coordinator holds', () => {
    const world = led();
    world.holds = ({ to }) => to === d.id;
    world.request(b, opcodes.append, 'k', 'one');
    world.deliver();
    world.bag = [];
    world.holds = () => false;
    const append = world.request(d, opcodes.append, 'k', 'two', { moves: 2 });
    expect(world.await(append)).to.deep.equal({ status: statuses.ok, value: '6' });
    expect(world.contents(c)).to.deep.equal({ k: 'onetwo' });
  });

  it('is applied once, though its first proposal was chosen unseen and then proposed again', () => {
    const world = led();
    world.carries = ({ message }) => message.type !== 'registerAnswers';
    const append = world.request(b, opcodes.append, 'k', 'once');
    world.deliver();
    // c and d hold it, b does not know. d, which takes b for slow, settles the key under a higher ballot.
    world.carries = () => true;
    world.holds = ({ from }) => from === b.id;
    expect(world.await(world.request(d, opcodes.append, 'k', '!', { moves: 2 })).value).to.equal('5');
    world.holds = () => false;
    expect(world.await(append)).to.deep.equal({ status: statuses.ok, value: '4' });
    expect(world.await(world.get(b, 'k')).value).to.equal('once!');
  });

  it('is done again when its proposal gave way to another', () => {
    const world = led();
    world.holds = ({ from }) => from === b.id;
    const append = world.request(b, opcodes.append, 'k', 'mine');
    expect(world.await(world.request(d, opcodes.append, 'k', 'theirs', { moves: 2 })).value).to.equal('6');
    world.bag = [];
    world.holds = () => false;
    expect(world.await(append)).to.deep.equal({ status: statuses.ok, value: '10' });
    expect(world.await(world.get(b, 'k')).value).to.equal('theirsmine');
  });

  it('goes on when one member refuses and another is silent', () => {
    const world = led();
    world.put(b, 'k', 'v');
    world.deliver();
    // c takes itself for the leader and has claimed the partition.
    world.slot(c).highest += 80;
    world.slot(c).promisedAll = world.slot(c).highest;
    world.holds = ({ to }) => to === d.id;
    const put = world.put(b, 'k', 'w');
    world.pass(500);
    expect(world.answer(put)?.status).to.equal(statuses.ok);
  });
});

describe('Changes of one key at one coordinator', () => {
  it('wait for the one in flight, and leave together in the next (R5a)', () => {
    const world = led();
    const first = world.request(b, opcodes.append, 'k', 'a');
    const rest = ['b', 'c', 'd'].map((value) => world.request(b, opcodes.append, 'k', value));
    const read = world.get(b, 'k');
    expect(world.asked()).to.equal('aa');
    world.deliver();
    expect(world.asked()).to.equal('aa');
    expect([first, ...rest].map((name) => world.answer(name)?.value)).to.deep.equal(['1', '2', '3', '4']);
    expect(world.answer(read)).to.deep.equal({ status: statuses.ok, value: 'abcd' });
  });

  it('are answered each by what the ones before it left', () => {
    const world = led();
    world.put(b, 'k', 'v');
    const removed = world.request(b, opcodes.delete, 'k');
    const again = world.request(b, opcodes.delete, 'k');
    const added = world.request(b, opcodes.put, 'k', 'w', { flags: flags.ifAbsent });
    const refused = world.request(b, opcodes.put, 'k', 'x', { flags: flags.ifAbsent });
    world.deliver();
    const said = [removed, again, added, refused].map((name) => world.answer(name)?.status);
    expect(said).to.deep.equal([statuses.ok, statuses.absent, statuses.ok, statuses.refused]);
    expect(world.contents(c)).to.deep.equal({ k: 'w' });
  });

  it('do not make a get of another key wait', () => {
    const world = led();
    world.put(b, 'l', 'v');
    world.deliver();
    const put = world.put(b, 'k', 'v');
    const held = new Set(world.bag);
    world.holds = (envelope) => held.has(envelope);
    const read = world.get(b, 'l');
    world.deliver();
    expect(world.answer(read)?.value).to.equal('v');
    expect(world.answer(put)).to.equal(undefined);
  });
});

describe('A change in time or not (R7)', () => {
  it('failed for certain when nothing was proposed', () => {
    const world = led();
    world.slot(b).lead = 'unclean';
    world.carries = () => false;
    const put = world.put(b, 'k', 'v');
    expect(world.await(put).status).to.equal(statuses.noQuorum);
    expect(world.contents(b)).to.deep.equal({});
    expect(world.engine(b).site.requests).to.equal(0);
  });

  it('is unknown when it was proposed; a get that waited for it has no quorum', () => {
    const world = led();
    world.carries = () => false;
    const put = world.put(b, 'k', 'v');
    world.nowMs += requestMsMax / 2;
    const read = world.get(b, 'k');
    expect(world.await(put).status).to.equal(statuses.unknown);
    expect(world.answer(read)).to.equal(undefined);
    expect(world.await(read).status).to.equal(statuses.noQuorum);
    expect(world.engine(b).site.requests).to.equal(0);
    expect(world.slot(b).changes.size).to.equal(0);
  });

  it('is unknown when the key was changed so often since that nobody can tell', () => {
    const world = led();
    world.holds = ({ from, to }) => from === b.id || to === b.id;
    const append = world.request(b, opcodes.append, 'k', 'mine');
    for (let count = 0; count < 20; count++)
      expect(world.await(world.request(d, opcodes.put, 'k', `${count}`, { moves: 2 })).status).to.equal(
        statuses.ok,
      );
    expect(world.answer(append)).to.equal(undefined);
    world.bag = [];
    world.holds = () => false;
    expect(world.await(append).status).to.equal(statuses.unknown);
    expect(world.await(world.get(b, 'k')).value).to.equal('19');
  });
});

describe('A change at a coordinator that is sealed', () => {
  it('proposes nothing more, though a quorum promises (V3)', () => {
    const world = led();
    world.slot(b).lead = 'unclean';
    const put = world.put(b, 'k', 'v');
    world.deliverOnce();
    seal(world.engine(b).site, world.slot(b));
    world.deliver();
    expect(world.contents(b)).to.deep.equal({});
    expect(world.contents(c)).to.deep.equal({});
    expect(world.answer(put)).to.equal(undefined);
  });

  it('proposes none of those that waited, though the one before is chosen (V3)', () => {
    const world = led();
    const first = world.put(b, 'k', 'v');
    const second = world.put(b, 'k', 'w');
    world.deliverOnce();
    seal(world.engine(b).site, world.slot(b));
    world.deliver();
    expect(world.answer(first)?.status).to.equal(statuses.ok);
    expect(world.answer(second)).to.equal(undefined);
    for (const node of [b, c, d]) expect(world.contents(node)).to.deep.equal({ k: 'v' });
  });

  it('answers none of those that waited with the outcome of the one before', () => {
    const world = led();
    world.put(b, 'k', 'v');
    world.deliver();
    world.holds = () => true;
    const first = world.put(b, 'k', 'w');
    world.nowMs += requestMsMax / 2;
    const second = world.request(b, opcodes.delete, 'k');
    world.deliverOne(world.find('registerAsks', b, c));
    seal(world.engine(b).site, world.slot(b));
    world.nowMs += requestMsMax / 2;
    world.tick(b);
    expect(world.answer(first)?.status).to.equal(statuses.unknown);
    world.deliverOne(world.find('registerAnswers', c, b));
    expect(world.answer(second)).to.equal(undefined);
  });

  it('ends when the next view is without it: what was proposed unknown, what waited sent on', () => {
    const world = led();
    world.holds = () => true;
    const first = world.put(b, 'k', 'v');
    const second = world.put(b, 'k', 'w');
    const members = world.slot(c).members.slice(1);
    const previous = world.slot(c).members;
    const view = { partition, epoch: 2, members, previousEpoch: 1, previous, wipes: false };
    learnView(world.engine(b).site, view);
    world.tick(b);
    expect(world.answer(first)?.status).to.equal(statuses.unknown);
    expect(world.answer(second)).to.deep.equal({ status: statuses.moved, value: `${c.id},${d.id}` });
    expect(world.engine(b).site.requests).to.equal(0);
  });

  it('goes on in the next epoch: what was chosen in the old one is found there and not done twice', () => {
    const world = led();
    world.holds = ({ message }) => message.type === 'registerAnswers';
    const append = world.request(b, opcodes.append, 'k', 'once');
    world.deliver();
    world.bag = [];
    world.holds = () => false;
    const { members } = world.slot(b);
    const view = { partition, epoch: 2, members, previousEpoch: 1, previous: members, wipes: false };
    for (const node of [b, c, d]) learnView(world.engine(node).site, view);
    expect(world.await(append)).to.deep.equal({ status: statuses.ok, value: '4' });
    expect(world.await(world.get(b, 'k')).value).to.equal('once');
    expect(world.slot(b).epoch).to.equal(2);
  });
});
