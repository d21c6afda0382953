/** Whose copy counts when a holder lets its own go (keeping.ts; replication.md, section 2, rules 5 and 7). */
import { expect } from 'chai';
import { isHandedOver } from '../../src/replication/dropping.js';
import { startHandingOver } from '../../src/replication/eventual.js';
import { opcodes, statuses } from '../../src/wire/requests.js';
import { a, b, c, d, fourNodes, peer, ReplicaWorld } from './harness.js';

describe('a copy that is to go', () => {
  it('two holders that take each other for members both keep what they hold; planted bug: both drop it', () => {
    for (const mutations of [undefined, new Set(['confirmInPassing'])]) {
      const world = new ReplicaWorld({ replicas: 1 });
      world.mutations = mutations;
      world.found(a, b);
      world.put(b, 3, 'k', 'v');
      for (const [node, home, member] of [
        [b, peer('4'), a],
        [a, peer('5'), b],
      ] as const) {
        const told = [{ home: home.id, asOf: 1, members: [member], ranges: [3, 3] }];
        const message = { type: 'compare', from: home.id, requestId: 1, told, digests: [] } as const;
        world.deliverOne({ from: home.id, to: node.id, message });
        world.replica(node).toTell.clear();
      }
      world.pass(10_000);
      const isKept = mutations === undefined;
      for (const node of [a, b]) expect(world.contents(node, 3)).to.deep.equal(isKept ? { k: 'v' } : {});
      for (const home of [peer('4'), peer('5')]) world.dead.add(home.id);
      world.changeRing();
      world.pass(20_000);
      expect(world.contents(b, 3)).to.deep.equal(isKept ? { k: 'v' } : {});
      expect(world.contents(a, 3)).to.deep.equal({});
    }
  });

  it('a node that is no member keeps a put that it took until the members have it, whatever is lost', () => {
    const world = fourNodes();
    world.ask(a, opcodes.put, 3, 'k', 'before', { moves: 2 });
    world.pass(10_000);
    expect(world.contents(a, 3)).to.deep.equal({});
    world.carries = () => false;
    expect(world.ask(a, opcodes.put, 3, 'k', 'v', { moves: 2 }).status).to.equal(statuses.ok);
    world.pass(10_000);
    expect(world.contents(a, 3)).to.deep.equal({ k: 'v' });
    world.carries = ({ message }) => message.type !== 'replicate';
    world.pass(10_000);
    for (const node of [b, c, d]) expect(world.contents(node, 3)).to.deep.equal({ k: 'v' });
    expect(world.contents(a, 3)).to.deep.equal({});
  });

  it('of members that depart at the same time one stays until those who stay have the records', () => {
    const world = new ReplicaWorld({ replicas: 2 }).found(a, b, c, d);
    world.put(b, 3, 'k', 'v');
    for (const node of [b, c, d]) startHandingOver(world.replica(node));
    world.pass(10_000);
    expect([b, c, d].map((node) => isHandedOver(world.replica(node)))).to.deep.equal([true, true, false]);
    world.kill(b);
    world.kill(c);
    world.pass(10_000);
    expect(isHandedOver(world.replica(d))).to.equal(true);
    expect(world.contents(a, 3)).to.deep.equal({ k: 'v' });
  });

  it('a departing member hands over what reached it alone, once its writer is dead', () => {
    const world = fourNodes();
    world.pass(10_000);
    world.ask(a, opcodes.put, 3, 'k', 'before', { moves: 2 });
    world.pass(10_000);
    world.carries = ({ to, message }) => message.type === 'replicate' && to === c.id;
    world.ask(a, opcodes.put, 3, 'k', 'v', { moves: 2 });
    world.deliver();
    world.carries = () => true;
    world.kill(a);
    startHandingOver(world.replica(c));
    expect(isHandedOver(world.replica(c))).to.equal(false);
    world.pass(10_000);
    expect(isHandedOver(world.replica(c))).to.equal(true);
    for (const node of [b, d]) expect(world.contents(node, 3)).to.deep.equal({ k: 'v' });
  });
});
