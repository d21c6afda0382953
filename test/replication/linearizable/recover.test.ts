/** Recovery with loss: a new lineage from the survivors, refused where a quorum answers, and harmless to return from. */
import { expect } from 'chai';
import type { Recovery } from '../../../src/admin.js';
import { RondoError } from '../../../src/errors.js';
import type { Peer } from '../../../src/peer.js';
import { describeEpoch, firstEpoch, nextLineage } from '../../../src/replication/linearizable/ballot.js';
import { statuses } from '../../../src/wire/requests.js';
import { peer } from '../harness.js';
import { a, b, c, d, partition, SiteWorld } from './harness.js';

/** Recovers the partition from a node, among those that live, and passes time until it has settled. Of the epoch only the lineage is
 * told: where it begins is drawn. */
function recover(world: SiteWorld, by: Peer, living: readonly Peer[] = liveOf(world)): Recovery | RondoError {
  let settled: Recovery | RondoError | undefined;
  world.engine(by).recover(partition, living, (outcome) => (settled = outcome));
  for (let step = 0; step < 200 && settled === undefined; step++) world.pass(200);
  if (settled === undefined) throw new Error('the recovery never settled');
  return settled instanceof RondoError ? settled : { ...settled, epoch: lineageIn(settled.epoch) };
}

function lineageIn(epoch: string): string {
  return epoch.replace(/\.\d+$/, '.*');
}

function liveOf(world: SiteWorld): Peer[] {
  return [...world.sites.values()].map((site) => site.peer);
}

function refusal(outcome: Recovery | RondoError): RondoError {
  expect(outcome).to.be.instanceOf(RondoError);
  return outcome as RondoError;
}

/** Both leave at the same moment: nobody has time to replace one of them. */
function killTogether(world: SiteWorld, ...victims: readonly Peer[]): void {
  for (const { id } of victims) {
    world.dead.add(id);
    world.sites.delete(id);
    world.bag = world.bag.filter(({ to }) => to !== id);
  }
  world.changeRing();
}

function filled(...founders: readonly Peer[]): SiteWorld {
  const world = new SiteWorld().found(...founders);
  expect(world.await(world.put(b, 'one', '1')).status).to.equal(statuses.ok);
  expect(world.await(world.put(b, 'two', '2')).status).to.equal(statuses.ok);
  world.pass(2_000);
  return world;
}

describe('a partition that lost its quorum', () => {
  it('is named with its epoch and members: in statistics, in answers, and no more once it is recovered', () => {
    const world = filled(a, b, c, d);
    expect(world.engine(d).stats().partitionsWithoutQuorum).to.deep.equal([]);
    killTogether(world, b, c);
    world.pass(6_000);
    const named = { partition, epoch: '0.1', members: [b, c, d].map(({ address }) => address) };
    expect(world.engine(d).stats().partitionsWithoutQuorum).to.deep.include({
      ...named,
      waitsFor: [b.address, c.address],
    });
    const answer = world.await(world.get(d, 'one'));
    expect(answer.status).to.equal(statuses.noQuorum);
    expect(answer.value).to.contain('epoch 0.1').and.contain(b.address).and.contain(c.address);
    expect(recover(world, d)).not.to.be.instanceOf(RondoError);
    world.pass(3_000);
    expect(
      world
        .engine(d)
        .stats()
        .partitionsWithoutQuorum.map((each) => each.partition),
    ).not.to.include(partition);
  });

  it('serves what the survivor held in a new lineage, and says how many records these are', () => {
    const world = filled(a, b, c, d);
    killTogether(world, b, c);
    world.pass(1_000);
    expect(recover(world, d)).to.deep.equal({
      partition,
      epoch: '1.*',
      records: 2,
      survivors: [d.address],
      lost: [b.address, c.address],
    });
    world.pass(1_000);
    const slot = world.slot(d);
    expect(slot.members.map(({ id }) => id)).to.deep.equal([d.id, a.id]);
    expect(describeEpoch(slot.epoch)).to.match(/^1\.\d+$/);
    expect(world.await(world.get(d, 'one'))).to.deep.equal({ status: statuses.ok, value: '1' });
    expect(world.await(world.put(d, 'one', 'new')).status).to.equal(statuses.ok);
    world.pass(2_000);
    expect(world.contents(a)).to.deep.equal({ one: 'new', two: '2' });
  });

  it('takes of each key what any survivor accepted last, from all of them', () => {
    const five = [peer('1'), peer('4'), peer('7'), peer('a'), peer('d')] as const;
    const [last, first, second, third, fourth] = five;
    const world = new SiteWorld({ replicas: 5 }).found(...five);
    expect(world.await(world.put(first, 'one', 'old')).status).to.equal(statuses.ok);
    world.pass(2_000);
    // The newest value reaches a quorum; of its holders only the last one survives.
    world.carries = ({ message, to }) => message.type !== 'registerAsks' || [second.id, last.id].includes(to);
    expect(world.await(world.put(first, 'one', 'new')).status).to.equal(statuses.ok);
    world.carries = () => true;
    expect(world.contents(third)).to.deep.equal({ one: 'old' });
    expect(world.contents(last)).to.deep.equal({ one: 'new' });
    killTogether(world, first, second, fourth);
    // Its answers are late: those of the other survivor must not be enough.
    world.holds = ({ from, message }) => from === last.id && message.type === 'fetched';
    let settled: Recovery | RondoError | undefined;
    world.engine(third).recover(partition, [last, third], (outcome) => (settled = outcome));
    world.pass(2_000);
    expect(world.slot(third).status).to.equal('sealed');
    world.holds = () => false;
    for (let step = 0; step < 50 && settled === undefined; step++) world.pass(200);
    expect(settled).to.deep.include({ records: 1, survivors: [last.address, third.address] });
    expect(world.await(world.get(third, 'one'))).to.deep.equal({ status: statuses.ok, value: 'new' });
  });

  it('starts empty where no member is left, whatever copy happens to be there', () => {
    const world = filled(a, b, c, d);
    const e = peer('f');
    world.join(e);
    const { view } = world.slot(b);
    if (view === undefined) throw new Error('b is a member');
    world.engine(e).handleMessages([{ type: 'warmUp', from: b.id, view }]);
    world.deliver();
    expect(world.contents(e)).to.deep.equal({ one: '1', two: '2' });
    killTogether(world, b, c, d);
    world.pass(6_000);
    const members = [b, c, d].map(({ address }) => address);
    expect(world.engine(e).stats().partitionsWithoutQuorum).to.deep.include({
      partition,
      epoch: '0.1',
      members,
      waitsFor: members,
    });
    expect(recover(world, e)).to.deep.include({ epoch: '1.*', records: 0, survivors: [] });
    expect(world.await(world.get(e, 'one')).status).to.equal(statuses.absent);
    expect(world.await(world.put(e, 'one', 'again')).status).to.equal(statuses.ok);
  });

  it('is found by a home that never heard of its members, and starts empty', () => {
    const world = filled(a, b, c, d);
    const e = peer('f');
    world.join(e);
    killTogether(world, b, c, d);
    world.pass(6_000);
    const unknown = { partition, epoch: 'unknown', members: [], waitsFor: [] };
    expect(world.engine(e).stats().partitionsWithoutQuorum).to.deep.include(unknown);
    expect(recover(world, e)).to.deep.include({ epoch: '1.*', records: 0, survivors: [], lost: [] });
    expect(world.await(world.put(e, 'one', 'again')).status).to.equal(statuses.ok);
  });

  it('is left as it is while a quorum of its members answers', () => {
    const world = filled(a, b, c, d);
    world.kill(c);
    const before = [b, d].map((node) => world.slot(node).view);
    const refused = refusal(recover(world, b));
    expect(refused.code).to.equal('INVALID_ARGUMENT');
    expect(refused.message).to.contain('has a quorum in epoch 0.');
    world.pass(3_000);
    expect([b, d].map((node) => world.slot(node).view?.recovers)).to.deep.equal([undefined, undefined]);
    expect(before.map((view) => view?.recovers)).to.deep.equal([undefined, undefined]);
    expect(world.await(world.get(b, 'one'))).to.deep.equal({ status: statuses.ok, value: '1' });
  });

  it('is left as it is while a node that lives does not answer', () => {
    const world = filled(a, b, c, d);
    killTogether(world, b, c);
    world.holds = ({ from, message }) => from === a.id && message.type === 'survivor';
    const refused = refusal(recover(world, d));
    expect(refused.code).to.equal('BUSY');
    expect(refused.message).to.contain(a.address);
    expect(describeEpoch(world.slot(d).epoch)).to.equal('0.1');
    world.holds = () => false;
    expect(recover(world, d)).to.deep.include({ records: 2 });
  });

  it('is left as it is while its neighbour has not heard that another is dead', () => {
    const world = filled(a, b, c, d);
    killTogether(world, b, c);
    const living = liveOf(world);
    world.join(peer('f'));
    world.sites.delete(peer('f').id);
    const { code, message } = refusal(recover(world, d, living));
    expect(code).to.equal('BUSY');
    expect(message).to.match(/f\/0 does not answer/);
    killTogether(world, peer('f'));
    expect(recover(world, d)).to.deep.include({ epoch: '1.*', survivors: [d.address] });
  });

  it('is left as it is when it turns out well while answers are awaited', () => {
    const world = new SiteWorld({ replicas: 1 }).found(a, b, c, d);
    expect(world.await(world.put(b, 'one', '1')).status).to.equal(statuses.ok);
    // The only member leaves, and its successor is about to copy what it holds.
    world.holds = ({ message }) => message.type === 'fetched' && world.slot(c).view?.epoch === 2;
    world.engine(b).startHandingOver();
    for (let step = 0; step < 500 && world.slot(c).view?.epoch !== 2; step++) world.pass(20);
    expect(world.slot(c).status).to.equal('warm');
    world.holds = ({ from, message }) => message.type === 'survivor' && (from === a.id || from === b.id);
    let settled: Recovery | RondoError | undefined;
    world.engine(c).recover(partition, liveOf(world), (outcome) => (settled = outcome));
    world.deliver();
    expect([world.slot(c).status, settled]).to.deep.equal(['active', undefined]);
    killTogether(world, b);
    world.holds = () => false;
    world.pass(500);
    expect(settled).to.have.property('code', 'INVALID_ARGUMENT');
    expect(world.await(world.get(c, 'one'))).to.deep.equal({ status: statuses.ok, value: '1' });
  });

  it('is recovered once at a time, and again when it is lost again', () => {
    const world = filled(a, b, c, d);
    killTogether(world, b, c);
    const outcomes: (Recovery | RondoError)[] = [];
    for (let time = 0; time < 2; time++)
      world.engine(d).recover(partition, [a, d], (outcome) => outcomes.push(outcome));
    world.pass(2_000);
    expect(
      outcomes.map((outcome) => (outcome instanceof RondoError ? outcome.code : lineageIn(outcome.epoch))),
    ).to.deep.equal(['BUSY', '1.*']);
    killTogether(world, a);
    expect(recover(world, d)).to.deep.include({ epoch: '2.*', records: 2, survivors: [d.address] });
    expect(world.await(world.get(d, 'two'))).to.deep.equal({ status: statuses.ok, value: '2' });
  });

  it('begins where no attempt that nobody living knows of has begun: what such a one said may still come', () => {
    const world = filled(a, b, c, d);
    killTogether(world, b, c);
    // The first attempt tells nobody before its node is gone.
    world.carries = ({ from, message }) => from !== a.id || message.type !== 'views';
    world.engine(a).recover(partition, [a, d], () => undefined);
    world.deliver();
    const first = world.slot(a).view?.epoch;
    expect(first).to.be.greaterThan(1);
    killTogether(world, a);
    world.carries = () => true;
    recover(world, d);
    expect(world.slot(d).view?.recovers).to.equal(true);
    expect(world.slot(d).view?.epoch).not.to.equal(first);
  });

  it('does not hear the last words of a dead node about a lineage that nobody else began', () => {
    const world = filled(a, b, c, d);
    killTogether(world, b, c);
    // Like the node's own attempt, but of an epoch that is higher than any that may be drawn.
    world.carries = ({ from, message }) => from !== a.id || message.type === 'getSurvivor';
    world.engine(a).recover(partition, [a, d], () => undefined);
    world.deliver();
    const { view } = world.slot(a);
    if (view === undefined) throw new Error('nothing was begun');
    killTogether(world, a);
    world.carries = () => true;
    recover(world, d);
    const views = [{ ...view, epoch: nextLineage(firstEpoch, 1) }];
    world.engine(d).handleMessages([{ type: 'views', from: a.id, views }]);
    expect(world.await(world.get(d, 'one'))).to.deep.equal({ status: statuses.ok, value: '1' });
  });

  it('takes no harm from a member of the old lineage that was only cut off', () => {
    const world = filled(a, b, c, d);
    // b, c, d are the members; b is cut off with its replica at work, c is dead.
    const cut = b.id;
    killTogether(world, c);
    world.carries = ({ from, to }) => from !== cut && to !== cut;
    for (const node of [a, d]) world.engine(node).peerUnreachable(cut, true);
    expect(recover(world, d, [a, d])).to.deep.include({ epoch: '1.*', records: 2, survivors: [d.address] });
    expect(world.await(world.put(d, 'one', 'new')).status).to.equal(statuses.ok);
    expect(world.slot(b).status).to.equal('active');
    const alone = world.put(b, 'one', 'stale');
    world.pass(200);
    world.carries = () => true;
    for (const node of [a, d]) world.engine(node).peerUnreachable(cut, false);
    const answer = world.await(alone);
    expect(answer.status).not.to.equal(statuses.ok);
    world.pass(5_000);
    // It is the partition's home, so that it is a member once more by now, of the new lineage.
    expect(describeEpoch(world.slot(b).epoch)).to.match(/^1\./);
    expect(world.await(world.get(b, 'one'))).to.deep.equal({ status: statuses.ok, value: 'new' });
    for (const node of [a, b, d]) expect(world.contents(node)).to.deep.equal({ one: 'new', two: '2' });
  });
});
