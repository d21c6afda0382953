/** Changes of the view from end to end: crash, join and departure, and what each member starts from (V1, V3, V5 to V7). */
import { expect } from 'chai';
import type { Peer } from '../../../src/peer.js';
import { learnView } from '../../../src/replication/linearizable/learning.js';
import type { View } from '../../../src/replication/linearizable/view.js';
import { opcodes, statuses } from '../../../src/wire/requests.js';
import { peer } from '../harness.js';
import { a, b, c, d, partition, SiteWorld } from './harness.js';

function holding(): SiteWorld {
  const world = new SiteWorld().found(a, b, c, d);
  for (const key of ['k', 'l', 'm']) world.await(world.put(b, key, `${key}1`));
  world.deliver();
  return world;
}

function members(world: SiteWorld, node: Peer): string {
  return (world.slot(node).view?.members ?? []).map(({ address }) => address.slice(0, 1)).join('');
}

const all = { k: 'k1', l: 'l1', m: 'm1' };

/** The view after the present one of b, as decided. */
function nextView(world: SiteWorld, list: readonly Peer[], wipes = false): View {
  const { epoch, members: previous } = world.slot(b);
  return { partition, epoch: epoch + 1, members: list, previousEpoch: epoch, previous, wipes };
}

describe('A view', () => {
  it('without a crashed member takes in the next node, with all that was there', () => {
    const world = holding();
    world.kill(c);
    world.pass(3_000);
    for (const node of [b, d, a]) {
      expect(members(world, node)).to.equal('6e2');
      expect(world.slot(node).status).to.equal('active');
      expect(world.contents(node)).to.deep.equal(all);
    }
    expect(world.await(world.get(b, 'k')).value).to.equal('k1');
  });

  it('without a crashed leader is led by the next', () => {
    const world = holding();
    world.kill(b);
    world.pass(3_000);
    expect(members(world, c)).to.equal('ae2');
    expect(world.await(world.put(c, 'k', 'k2')).status).to.equal(statuses.ok);
    expect(world.await(world.get(c, 'k')).value).to.equal('k2');
  });

  it('takes in a node that joined where it belongs, once it has been there a while', () => {
    const world = holding();
    const joiner = peer('8');
    world.join(joiner);
    world.pass(500);
    expect(members(world, b)).to.equal('6ae');
    world.pass(4_000);
    expect(members(world, b)).to.equal('68a');
    expect(world.contents(joiner)).to.deep.equal(all);
    expect(world.slot(d).status).to.equal('none');
    expect(world.contents(d)).to.deep.equal({});
  });

  it('takes in a node whose clock is set back by an hour while it copies, and what it asked for is lost', () => {
    const world = holding();
    world.carries = ({ message }) => message.type !== 'fetched';
    world.kill(c);
    world.pass(1_000);
    expect(world.slot(a).warming, 'it copies').to.not.equal(undefined);
    world.setClocksBack(3_600_000);
    world.carries = () => true;
    world.pass(10_000);
    expect(members(world, b)).to.equal('6e2');
  });

  it('lets a member go when a quorum of a view without it is active', () => {
    const world = holding();
    world.engine(c).startHandingOver();
    expect(world.engine(c).isHandedOver()).to.equal(false);
    world.carries = ({ message }) => message.type !== 'activated';
    world.pass(4_000);
    expect(members(world, b)).to.equal('6e2');
    expect(world.slot(c).status).to.equal('sealed');
    expect(world.engine(c).isHandedOver()).to.equal(false);
    world.carries = () => true;
    world.pass(4_000);
    expect(world.engine(c).isHandedOver()).to.equal(true);
    expect(world.contents(a)).to.deep.equal(all);
  });

  it('is not made shorter by a word of the home that is older than a departure', () => {
    const world = holding();
    world.carries = ({ from, to }) => from !== b.id && to !== b.id;
    const suggest = (...group: Peer[]): void => {
      const suggestions = [{ partition, epoch: world.slot(c).epoch, group }];
      for (const node of [c, d])
        world.engine(node).handleMessages([{ type: 'suggest', from: b.id, suggestions }]);
    };
    suggest(b, c, d);
    world.engine(d).startHandingOver();
    world.pass(2_000);
    expect(members(world, c)).to.equal('6ae');
    suggest(b, c, a);
    world.pass(2_000);
    expect(members(world, c)).to.equal('6a2');
  });

  it('becomes shorter when the home keeps silent', () => {
    const world = holding();
    world.carries = ({ from, to }) => from !== b.id && to !== b.id;
    const suggestions = [{ partition, epoch: world.slot(c).epoch, group: [b, c, d] }];
    world.engine(c).handleMessages([{ type: 'suggest', from: b.id, suggestions }]);
    world.engine(d).startHandingOver();
    world.pass(6_000);
    expect(members(world, c)).to.equal('6a');
  });

  it('is not decided without a quorum, and nothing is lost meanwhile', () => {
    const world = holding();
    world.holds = ({ from, to }) => (from === b.id) !== (to === b.id);
    world.engine(b).peerUnreachable(c.id, true);
    world.engine(b).peerUnreachable(d.id, true);
    expect(world.await(world.put(b, 'k', 'k2')).status).to.equal(statuses.unknown);
    expect(world.slot(b).epoch).to.equal(1);
  });

  it('starts from a quorum of the one before, not from one of its members (V5)', () => {
    const world = holding();
    // k2 reaches b and d, not c.
    world.holds = ({ to }) => to === c.id;
    expect(world.await(world.put(b, 'k', 'k2')).status).to.equal(statuses.ok);
    world.bag = [];
    world.holds = () => true;
    learnView(world.engine(a).site, nextView(world, [c, d, a]));
    world.deliverOne(world.find('fetch', a, c));
    world.deliverOne(world.find('fetched', c, a));
    expect(world.slot(a).status).to.equal('none');
    world.deliverOne(world.find('fetch', a, d));
    world.deliverOne(world.find('fetched', d, a));
    expect(world.slot(a)).to.include({ status: 'active', epoch: 2 });
    expect(world.contents(a)).to.deep.equal({ ...all, k: 'k2' });
  });

  it('does not start from what a continuing member holds alone (V5)', () => {
    const world = holding();
    world.holds = ({ to }) => to === d.id;
    world.await(world.put(b, 'k', 'k2'));
    world.bag = [];
    world.holds = () => true;
    learnView(world.engine(d).site, nextView(world, [c, d, a]));
    expect(world.slot(d).status).to.equal('sealed');
    world.deliverOne(world.find('fetch', d, c));
    world.deliverOne(world.find('fetched', c, d));
    expect(world.slot(d)).to.include({ status: 'active', epoch: 2 });
    expect(world.contents(d)).to.deep.equal({ ...all, k: 'k2' });
  });

  it('may start from one copy of a member that is active in it, ballots unchanged (V5)', () => {
    const world = holding();
    const view = nextView(world, [b, c, a]);
    for (const node of [b, c]) learnView(world.engine(node).site, view);
    world.deliver();
    world.await(world.put(b, 'k', 'k2'));
    world.deliver();
    world.holds = () => true;
    learnView(world.engine(a).site, view);
    world.due(a);
    const asked = world.bag.filter(({ message, to }) => message.type === 'fetch' && to === c.id);
    for (const envelope of asked) world.deliverOne(envelope);
    world.deliverAll('fetched');
    expect(world.slot(a)).to.include({ status: 'active', epoch: 2 });
    expect(world.contents(a)).to.deep.equal({ ...all, k: 'k2' });
    for (const key of ['k', 'l'])
      expect(world.register(a, key)?.accepted).to.equal(world.register(b, key)?.accepted);
  });

  it('is not started from who was not active in the one before (V6)', () => {
    const world = holding();
    const view = nextView(world, [b, c, a]);
    world.holds = () => true;
    learnView(world.engine(c).site, view);
    const { message } = world.find('fetch', c, b);
    world.engine(a).handleMessages([message]);
    const answer = world.find('fetched', a, c).message;
    expect(answer).to.include({ type: 'fetched', kind: 'none' });
  });

  it('seals whoever is asked what it starts from, and nothing is answered in the old epoch any more (V3)', () => {
    const world = holding();
    world.holds = () => true;
    learnView(world.engine(a).site, nextView(world, [b, c, a]));
    world.deliverOne(world.find('fetch', a, c));
    expect(world.slot(c).status).to.equal('sealed');
    world.bag = [];
    world.holds = ({ from, to }) => from === d.id || to === d.id;
    const put = world.put(b, 'k', 'k2');
    world.deliverAll('registerAsks');
    for (const { message } of world.bag)
      if (message.type === 'registerAnswers' && message.from === c.id)
        expect(message.views).to.have.length(1);
    expect(world.register(c, 'k')?.value).to.equal('k1');
    expect(world.answer(put)).to.equal(undefined);
  });

  it('hears of a newer one with the answer to a question of an old epoch', () => {
    const world = holding();
    for (const node of [c, d, a]) learnView(world.engine(node).site, nextView(world, [c, d, a]));
    world.holds = ({ to, message }) => to === b.id && message.type !== 'registerAnswers';
    world.deliver();
    const read = world.get(b, 'k');
    world.deliver();
    world.tick(b);
    expect(world.slot(b)).to.include({ status: 'sealed' });
    expect(world.answer(read)).to.include({ status: statuses.moved });
  });

  it('keeps a former member from forgetting until a quorum of it is active (V7)', () => {
    const world = holding();
    world.holds = () => true;
    const view = nextView(world, [c, d, a]);
    learnView(world.engine(b).site, view);
    const activated = (node: Peer): void =>
      world.engine(b).handleMessages([{ type: 'activated', from: node.id, partition, epoch: 2 }]);
    activated(c);
    activated(c);
    expect(world.contents(b)).to.deep.equal(all);
    activated(a);
    expect(world.slot(b).status).to.equal('none');
    expect(world.contents(b)).to.deep.equal({});
    expect(world.engine(b).site.tombstoneBytes).to.equal(0);
  });

  it('grows to k in one step', () => {
    const world = new SiteWorld().found(b);
    world.await(world.put(b, 'k', 'k1'));
    world.join(c);
    world.join(d);
    world.pass(5_000);
    expect(members(world, b)).to.equal('6ae');
    for (const node of [b, c, d]) expect(world.contents(node)).to.deep.equal({ k: 'k1' });
  });

  it('brings what was half done to an end: it was, or it was not, but not both', () => {
    const world = holding();
    // k2 is accepted by b alone, whose accepts are lost; then b dies.
    world.carries = ({ from, message }) => from !== b.id || message.type !== 'registerAsks';
    world.request(b, opcodes.put, 'k', 'k2');
    world.carries = () => true;
    world.kill(b);
    world.pass(3_000);
    const first = world.await(world.get(c, 'k'));
    expect(world.await(world.get(c, 'k'))).to.deep.equal(first);
    expect(first.value).to.equal('k1');
  });

  it('is told to a driver of an older one that would have a node copy it, though nobody else is left', () => {
    const world = holding();
    learnView(world.engine(a).site, { ...nextView(world, [a]), epoch: 9, previousEpoch: 8, previous: [d] });
    world.carries = ({ message }) => message.type !== 'getViews';
    for (const node of [b, d]) world.kill(node);
    world.pass(1_000);
    expect(world.slot(c).view?.epoch).to.equal(9);
  });

  it('is asked for by the last member of an older one', () => {
    const world = holding();
    learnView(world.engine(a).site, { ...nextView(world, [a]), epoch: 9, previousEpoch: 8, previous: [d] });
    world.carries = ({ message }) => message.type !== 'warmUp';
    for (const node of [b, d]) world.kill(node);
    world.pass(3_000);
    expect(world.slot(c).view?.epoch).to.equal(9);
  });

  it('is asked for by a member that wants to leave and was cut off while it was replaced', () => {
    const world = holding();
    const next = nextView(world, [a]);
    world.carries = ({ from, to }) => from !== d.id && to !== d.id;
    for (const node of [b, c]) learnView(world.engine(node).site, next);
    world.pass(10_000);
    expect(world.slot(a).status).to.equal('active');
    world.carries = ({ from, message }) => from !== a.id || message.type !== 'suggest';
    world.engine(d).startHandingOver();
    world.pass(5_000);
    expect(world.slot(d).view?.epoch).to.be.at.least(next.epoch);
  });

  it('leaves nobody busy: every node comes to rest after a change', () => {
    const world = holding();
    world.join(peer('8'));
    world.pass(6_000);
    for (const node of [a, b, c, d]) {
      expect(world.engine(node).activity()).to.equal('steady');
      expect(world.slot(node).phase).to.equal('steady');
    }
  });
});
