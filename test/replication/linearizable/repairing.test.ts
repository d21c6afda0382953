/** Members that missed a change come to hold it when the partition is quiet, whoever made it, and whether or not its leader noticed. */
import { expect } from 'chai';
import { opcodes, statuses } from '../../../src/wire/requests.js';
import { a, b, c, d, SiteWorld } from './harness.js';

/** All members were found equal; then the leader's messages are lost, both ways, and another member makes a change. */
function changedBehindTheLeader(): SiteWorld {
  const world = new SiteWorld().found(a, b, c, d);
  world.await(world.put(b, 'k', '1'));
  world.pass(10_000);
  world.carries = ({ from, to }) => from !== b.id && to !== b.id;
  const put = world.request(c, opcodes.put, 'k', '2', { moves: 2 });
  expect(world.await(put).status).to.equal(statuses.ok);
  expect(world.contents(b)).to.deep.equal({ k: '1' });
  world.carries = () => true;
  return world;
}

describe('Repairing', () => {
  it('finds in time what was changed while the leader heard nothing and did not know it', () => {
    const world = changedBehindTheLeader();
    world.pass(60_000);
    for (const node of [b, c, d]) expect(world.contents(node)).to.deep.equal({ k: '2' });
  });

  it('compares at once with members that come back into sight', () => {
    const world = changedBehindTheLeader();
    for (const member of [c, d]) world.engine(b).peerUnreachable(member.id, true);
    for (const member of [c, d]) world.engine(b).peerUnreachable(member.id, false);
    world.pass(2_500);
    for (const node of [b, c, d]) expect(world.contents(node)).to.deep.equal({ k: '2' });
  });

  it('costs a quiet partition a question now and then, not in every round', () => {
    const world = new SiteWorld().found(a, b, c, d);
    world.await(world.put(b, 'k', '1'));
    world.pass(5_000);
    world.sent = [];
    world.pass(60_000);
    const compared = world.sent.filter(
      ({ from, message }) => from === b.id && message.type === 'compareRegisters',
    );
    // In every one of 60 rounds, both others: 120.
    expect(compared.length).to.be.within(2, 60);
  });
});
