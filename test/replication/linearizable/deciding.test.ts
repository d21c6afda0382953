/** Deciding the next view: V2 to V4 of docs/design/replication.md, with messages delivered in chosen orders. */
import { expect } from 'chai';
import { startDriving } from '../../../src/replication/linearizable/deciding.js';
import type { Peer } from '../../../src/peer.js';
import { peer } from '../harness.js';
import { a, b, c, d, partition, SiteWorld } from './harness.js';

/** b, c and d are the members; a driver is told directly what to propose. */
function threeMembers(): SiteWorld {
  const world = new SiteWorld().found(a, b, c, d);
  world.holds = () => true;
  return world;
}

function drive(world: SiteWorld, driver: Peer, target: readonly Peer[]): void {
  startDriving(world.engine(driver).site, world.slot(driver), target, false);
}

function names(world: SiteWorld, node: Peer): string[] | undefined {
  return world.slot(node).view?.members.map(({ address }) => address.slice(0, 1));
}

function give(world: SiteWorld, ...[type, from, to]: Parameters<SiteWorld['find']>): void {
  world.deliverOne(world.find(type, from, to));
}

describe('Deciding the next view', () => {
  it('needs a quorum of promises, then of acceptances; both seal, and all members hear the view', () => {
    const world = threeMembers();
    drive(world, b, [b, c]);
    give(world, 'prepareView', b, c);
    expect(world.slot(c).status).to.equal('active');
    expect(world.slot(b).status).to.equal('active');
    give(world, 'viewPromised', c, b);
    expect(world.slot(b).status).to.equal('sealed');
    expect(world.slot(b).view?.epoch).to.equal(1);
    give(world, 'acceptView', b, c);
    expect(world.slot(c).status).to.equal('sealed');
    expect(world.slot(d).status).to.equal('active');
    give(world, 'viewAccepted', c, b);
    expect(world.slot(b).view?.epoch).to.equal(2);
    give(world, 'views', b, d);
    expect(world.slot(d).status).to.equal('sealed');
    expect(names(world, d)).to.deep.equal(['6', 'a']);
  });

  it('counts a member once, however often it promises', () => {
    const world = new SiteWorld({ replicas: 5 }).found(a, b, c, d, peer('8'));
    world.holds = () => true;
    drive(world, b, [b, c, d]);
    give(world, 'prepareView', b, c);
    const promise = world.find('viewPromised', c, b);
    world.deliverOne(promise);
    world.deliverOne(promise);
    expect(world.slot(b).phase).to.equal('preparing');
  });

  it('does not count the promise of a node that is no member', () => {
    const world = threeMembers();
    drive(world, b, [b, c]);
    give(world, 'prepareView', b, c);
    const { message, to } = world.find('viewPromised', c, b);
    world.deliverOne({ from: a.id, to, message: { ...message, from: a.id } });
    expect(world.slot(b).phase).to.equal('preparing');
  });

  it('keeps the promise that a driver has given to another meanwhile: one view is decided, not two', () => {
    const world = threeMembers();
    drive(world, b, [b, c]);
    drive(world, d, [c, d]);
    give(world, 'prepareView', b, c);
    give(world, 'prepareView', d, b);
    give(world, 'viewPromised', b, d);
    give(world, 'viewPromised', c, b);
    // b has promised d a higher ballot than its own: it must not accept its own any more, still less have c accept it.
    for (const envelope of world.bag.filter(({ from }) => from === b.id)) world.deliverOne(envelope);
    world.deliverAll('viewAccepted');
    world.deliverAll('acceptView');
    world.deliverAll('viewAccepted');
    expect(names(world, d)).to.deep.equal(['a', 'e']);
    expect(world.slot(b).view?.epoch).to.equal(1);
    world.holds = () => false;
    world.deliver();
    expect(names(world, b)).to.deep.equal(['a', 'e']);
    expect(names(world, c)).to.deep.equal(['a', 'e']);
  });

  it('proposes what may have been decided, not what the driver wants', () => {
    const world = threeMembers();
    drive(world, b, [b, c]);
    give(world, 'prepareView', b, c);
    give(world, 'viewPromised', c, b);
    give(world, 'acceptView', b, c);
    drive(world, d, [c, d]);
    give(world, 'prepareView', d, c);
    give(world, 'viewPromised', c, d);
    world.deliverAll('acceptView');
    world.deliverAll('viewAccepted');
    expect(names(world, d)).to.deep.equal(['6', 'a']);
  });

  it('is finished by a sealed member whose driver is gone (V4)', () => {
    const world = threeMembers();
    drive(world, b, [c, d]);
    give(world, 'prepareView', b, c);
    give(world, 'viewPromised', c, b);
    give(world, 'acceptView', b, c);
    world.bag = [];
    expect(world.slot(c).phase).to.equal('sealed');
    world.holds = ({ from, to }) => from === b.id || to === b.id;
    world.due(c);
    world.deliver();
    expect(names(world, d)).to.deep.equal(['a', 'e']);
    for (const node of [c, d]) expect(world.slot(node)).to.include({ status: 'active', epoch: 2 });
  });

  it('is over for who knows the view: late proposals are answered with it, and fetching goes on', () => {
    const world = threeMembers();
    drive(world, b, [b, c, d]);
    world.deliverAll('prepareView');
    world.deliverAll('viewPromised');
    drive(world, d, [c, d]);
    const late = { ...world.find('acceptView', b, c).message, from: d.id, ballot: 1_000 } as const;
    world.deliverAll('acceptView');
    world.deliverAll('viewAccepted');
    world.deliverAll('views');
    expect(world.slot(c).phase).to.equal('fetching');
    world.bag = [];
    world.engine(c).handleMessages([late]);
    expect(world.slot(c).phase).to.equal('fetching');
    expect(world.bag.map(({ message }) => message.type)).to.deep.equal(['views']);
  });

  it('takes no vote of a replica that was not active in the epoch (V2)', () => {
    const world = threeMembers();
    const from = b.id;
    world.engine(a).handleMessages([{ type: 'prepareView', from, partition, epoch: 1, ballot: 8 }]);
    world.engine(c).handleMessages([{ type: 'prepareView', from, partition, epoch: 2, ballot: 8 }]);
    expect(world.bag).to.deep.equal([]);
  });
});
