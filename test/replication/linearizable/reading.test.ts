/** Reads: one round trip where a quorum agrees, settling where it does not (R6 of docs/design/replication.md). */
import { expect } from 'chai';
import { seal } from '../../../src/replication/linearizable/phases.js';
import { hedgeMs } from '../../../src/replication/linearizable/timing.js';
import { flags, opcodes, statuses } from '../../../src/wire/requests.js';
import { a, b, c, d, SiteWorld } from './harness.js';

/** b leads, c and d follow; all hold k = v. */
function holding(): SiteWorld {
  const world = new SiteWorld().found(a, b, c, d);
  world.await(world.put(b, 'k', 'v'));
  world.deliver();
  world.asked();
  return world;
}

describe('A read', () => {
  it('asks one other member for a ballot, and answers after one round trip', () => {
    const world = holding();
    const read = world.get(b, 'k');
    world.deliverOnce();
    world.deliverOnce();
    expect(world.answer(read)).to.deep.equal({ status: statuses.ok, value: 'v' });
    expect(world.asked()).to.equal('r');
  });

  it('shares a message with all others of its turn', () => {
    const world = holding();
    world.await(world.put(b, 'l', 'w'));
    world.deliver();
    world.sent = [];
    world.holds = () => true;
    world.get(b, 'k');
    world.get(b, 'l');
    expect(world.sent).to.have.length(2);
    world.deliverOnce();
    expect(world.asked()).to.equal('rr');
  });

  it('of what is not there makes no register anywhere', () => {
    const world = holding();
    expect(world.await(world.get(b, 'nothing')).status).to.equal(statuses.absent);
    expect(world.await(world.request(b, opcodes.delete, 'nothing')).status).to.equal(statuses.absent);
    expect(world.await(world.request(b, opcodes.getDelete, 'nothing')).status).to.equal(statuses.absent);
    const present = world.request(b, opcodes.put, 'nothing', 'v', { flags: flags.ifPresent });
    expect(world.await(present).status).to.equal(statuses.refused);
    world.deliver();
    expect(world.asked()).to.equal('rrrr');
    for (const node of [b, c, d]) expect(world.contents(node)).to.deep.equal({ k: 'v' });
  });

  it('answers a change without effect, too: a refused compareAndSet writes nothing', () => {
    const world = holding();
    const refused = world.request(b, opcodes.compareAndSet, 'k', 'xy', { number: 1 });
    expect(world.await(refused)).to.deep.equal({ status: statuses.refused, value: 'v' });
    expect(world.asked()).to.equal('r');
  });

  it('asks the rest when the first is slow, and never ends unknown', () => {
    const world = holding();
    world.carries = ({ to }) => to !== c.id;
    const read = world.get(b, 'k');
    world.pass(hedgeMs + 20);
    expect(world.answer(read)?.value).to.equal('v');
    world.carries = () => false;
    expect(world.await(world.get(b, 'k')).status).to.equal(statuses.noQuorum);
    expect(world.engine(b).site.requests).to.equal(0);
  });

  it('settles the key when members disagree, and only then answers', () => {
    const world = holding();
    world.carries = () => false;
    expect(world.await(world.put(b, 'k', 'half')).status).to.equal(statuses.unknown);
    world.carries = () => true;
    world.asked();
    expect(world.await(world.get(b, 'k')).value).to.equal('half');
    expect(world.asked()).to.equal('aappr');
    for (const node of [b, c, d]) expect(world.contents(node)).to.deep.equal({ k: 'half' });
    expect(world.await(world.get(b, 'k')).value).to.equal('half');
    expect(world.asked()).to.equal('r');
  });

  it('takes what a quorum holds for chosen, though its coordinator does not know', () => {
    const world = holding();
    world.carries = ({ message }) => message.type !== 'registerAnswers';
    world.put(b, 'k', 'w');
    world.deliver();
    world.carries = () => true;
    world.holds = ({ from, to }) => from === b.id || to === b.id;
    world.asked();
    expect(world.await(world.request(c, opcodes.get, 'k', '', { moves: 2 })).value).to.equal('w');
    expect(world.asked()).to.not.contain('p');
  });

  it('waits for a change of the key that is in flight here', () => {
    const world = holding();
    world.put(b, 'k', 'w');
    const read = world.get(b, 'k');
    expect(world.asked()).to.equal('aa');
    expect(world.await(read).value).to.equal('w');
  });

  it('is not answered by members of another epoch, nor by sealed ones', () => {
    const world = holding();
    for (const node of [c, d]) seal(world.engine(node).site, world.slot(node));
    expect(world.await(world.get(b, 'k')).status).to.equal(statuses.noQuorum);
  });

  it('goes elsewhere when this node is sealed meanwhile and others disagree', () => {
    const world = holding();
    world.holds = () => true;
    const read = world.get(b, 'k');
    seal(world.engine(b).site, world.slot(b));
    world.tick(b);
    expect(world.answer(read)?.status).to.equal(statuses.tryAgain);
    expect(world.engine(b).site.requests).to.equal(0);
  });
});
