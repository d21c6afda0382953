/** Who serves, and how copies follow the natural group through joins, crashes and departures (replication.md, section 2). */
import { expect } from 'chai';
import { startHandingOver, stopServing } from '../../src/replication/eventual.js';
import { isHandedOver } from '../../src/replication/dropping.js';
import { fillingPartitions, replicaStats } from '../../src/replication/statistics.js';
import { opcodes, statuses } from '../../src/wire/requests.js';
import { a, b, c, d, fourNodes, peer, ReplicaWorld } from './harness.js';

describe('membership of a replica', () => {
  it('a put at the leader reaches all members of the group, and no other node', () => {
    const world = fourNodes();
    expect(world.put(b, 3, 'k', 'v').status).to.equal(statuses.ok);
    world.deliver();
    for (const node of [b, c, d]) expect(world.contents(node, 3)).to.deep.equal({ k: 'v' });
    expect(world.contents(a, 3)).to.deep.equal({});
    expect(replicaStats(world.replica(b)).recordsBelowReplicas).to.equal(0);
  });

  it('a put at a member that does not lead is moved to the leader, a get is answered', () => {
    const world = fourNodes();
    world.put(b, 3, 'k', 'v');
    world.deliver();
    expect(world.put(c, 3, 'k', 'w')).to.deep.equal({
      status: statuses.moved,
      value: [b.id, c.id, d.id].join(),
    });
    expect(world.get(c, 3, 'k')).to.deep.equal({ status: statuses.ok, value: 'v' });
  });

  it('a node that is no member takes a put that was moved twice, and hands it over', () => {
    const world = fourNodes();
    expect(world.put(a, 3, 'k', 'v').status).to.equal(statuses.moved);
    expect(world.ask(a, opcodes.put, 3, 'k', 'v', { moves: 2 }).status).to.equal(statuses.ok);
    world.pass(10_000);
    expect(world.contents(b, 3)).to.deep.equal({ k: 'v' });
    expect(world.contents(a, 3), 'the copy is dropped when all members have it').to.deep.equal({});
  });

  it('the next member leads when the leader is dead, and a new member is filled', () => {
    const world = fourNodes();
    for (let index = 0; index < 50; index++) world.put(b, 3, `k${index}`, `v${index}`);
    world.deliver();
    world.kill(b);
    expect(world.put(c, 3, 'k1', 'new').status).to.equal(statuses.ok);
    world.pass(10_000);
    expect(world.contents(a, 3)).to.deep.equal(world.contents(c, 3));
    expect(Object.keys(world.contents(a, 3))).to.have.length(50);
    for (const node of [a, c, d]) expect(fillingPartitions(world.replica(node))).to.deep.equal([]);
  });

  it('a joiner that becomes the home answers keys that it lacks from a previous member', () => {
    const world = fourNodes();
    world.put(b, 3, 'k', 'v');
    world.deliver();
    const joiner = peer('4');
    world.join(joiner);
    expect(world.replica(joiner).partitions[3]?.copy).to.equal('filling');
    expect(world.get(joiner, 3, 'k')).to.deep.equal({ status: statuses.ok, value: 'v' });
    expect(world.get(joiner, 3, 'none').status).to.equal(statuses.absent);
  });

  it('a joiner is filled, and the node that is no member any more drops its copy', () => {
    const world = fourNodes();
    for (let index = 0; index < 3_000; index++) world.put(b, 3, `k${index}`, `v${index}`);
    world.deliver();
    const joiner = peer('4');
    world.join(joiner);
    world.pass(20_000);
    expect(fillingPartitions(world.replica(joiner))).to.deep.equal([]);
    for (const node of [joiner, b, c]) expect(Object.keys(world.contents(node, 3))).to.have.length(3_000);
    expect(Object.keys(world.contents(d, 3))).to.have.length(0);
    expect(world.replica(joiner).partitions[3]?.led).to.equal(true);
    expect(replicaStats(world.replica(joiner)).recordsBelowReplicas).to.equal(0);
  });

  it('a filling member whose previous members are all dead ends filling with those that are left', () => {
    const world = new ReplicaWorld({ replicas: 1 }).found(a, b);
    world.put(b, 3, 'k', 'v');
    const joiner = peer('4');
    world.join(joiner);
    world.kill(b);
    world.pass(30_000);
    expect(fillingPartitions(world.replica(joiner))).to.deep.equal([]);
    expect(world.get(joiner, 3, 'k').status).to.equal(statuses.absent);
  });

  it('a departing node hands everything over before it may go', () => {
    const world = new ReplicaWorld({ replicas: 1 }).found(a, b, c);
    for (let index = 0; index < 100; index++) world.put(b, 3, `k${index}`, 'v');
    startHandingOver(world.replica(b));
    expect(isHandedOver(world.replica(b))).to.equal(false);
    world.pass(10_000);
    expect(isHandedOver(world.replica(b))).to.equal(true);
    stopServing(world.replica(b));
    expect(world.get(b, 3, 'k1')).to.deep.equal({ status: statuses.moved, value: c.id });
    world.kill(b);
    world.pass(1_000);
    expect(Object.keys(world.contents(c, 3))).to.have.length(100);
    expect(world.get(c, 3, 'k1').value).to.equal('v');
  });

  it('records without another reachable member are not handed over: only the chart knows whether nobody else lives', () => {
    const world = new ReplicaWorld().found(a);
    world.put(a, 3, 'k', 'v');
    startHandingOver(world.replica(a));
    expect(isHandedOver(world.replica(a))).to.equal(false);
  });

  it('a member that no home has told for three rounds asks, and learns that it is none', () => {
    const world = fourNodes();
    world.put(b, 3, 'k', 'v');
    world.deliver();
    const joiner = peer('4');
    world.carries = ({ to, message }) =>
      to !== d.id || message.type === 'groups' || message.type === 'compared';
    world.join(joiner);
    world.pass(40_000);
    expect(world.replica(d).partitions[3]?.member).to.equal(false);
    expect(world.contents(d, 3)).to.deep.equal({});
  });

  it('planted bug: a filling member that serves answers absent for what exists', () => {
    const world = new ReplicaWorld();
    world.mutations = new Set(['serveWhileFilling']);
    world.found(a, b, c, d);
    world.put(b, 3, 'k', 'v');
    world.deliver();
    const joiner = peer('4');
    world.join(joiner);
    expect(world.get(joiner, 3, 'k').status).to.equal(statuses.absent);
  });

  it('a holder keeps its copy while a member is out of reach; planted bug: it drops it, and records are lost', () => {
    for (const mutations of [undefined, new Set(['dropBeforeConfirming'])]) {
      const world = new ReplicaWorld({ replicas: 1 });
      world.mutations = mutations;
      world.found(a, b);
      world.put(b, 3, 'k', 'v');
      const joiner = peer('4');
      world.carries = ({ message }) => message.type !== 'records';
      world.join(joiner);
      world.pass(15_000);
      expect('k' in world.contents(b, 3)).to.equal(mutations === undefined);
    }
  });

  it('a departing leader hands the lead over at once, and what it is sent later as well', () => {
    const world = fourNodes();
    world.put(b, 3, 'k', 'v');
    startHandingOver(world.replica(b));
    world.deliver();
    expect(world.put(b, 3, 'k', 'w').status).to.equal(statuses.moved);
    expect(world.put(c, 3, 'k', 'w').status).to.equal(statuses.ok);
    world.pass(10_000);
    for (const node of [c, d, a]) expect(world.contents(node, 3)).to.deep.equal({ k: 'w' });
    expect(world.contents(b, 3)).to.deep.equal({});
  });

  it('two nodes that both believe to be the home settle on the nearer one', () => {
    const world = fourNodes();
    const joiner = peer('4');
    world.join(joiner);
    // b has not heard of its new predecessor: by its own pointers it is still the home of partition 3.
    world.showRing(b, [a, b, c, d]);
    world.pass(10_000);
    expect(world.replica(b).partitions[3]?.led).to.equal(false);
    expect(world.replica(c).partitions[3]?.home).to.equal(joiner.id);
    expect(world.put(joiner, 3, 'k', 'v').status).to.equal(statuses.ok);
  });

  it('large partitions that differ in few records exchange those few', () => {
    const world = fourNodes();
    for (let index = 0; index < 5_000; index++) world.put(b, 3, `k${index}`, 'v');
    world.deliver();
    let sent = 0;
    world.carries = ({ message }) => {
      if (message.type === 'records') sent += message.records.head.length / 4;
      return message.type !== 'replicate';
    };
    world.put(b, 3, 'k77', 'changed');
    world.nowMs += world.config.hintAgeMsMax + 1;
    world.pass(20_000);
    for (const node of [c, d]) expect(world.contents(node, 3)['k77']).to.equal('changed');
    expect(sent).to.be.lessThan(10);
  });

  it('a former member that is still sent changes hands them over', () => {
    const world = fourNodes();
    world.put(b, 3, 'k', 'v');
    const late = world.inFlight.filter(({ to }) => to === d.id);
    world.inFlight = [];
    const joiner = peer('4');
    for (const node of world.live()) world.replica(node).hints.clear();
    world.kill(b);
    world.join(joiner);
    world.pass(20_000);
    expect(world.contents(d, 3)).to.deep.equal({});
    world.join(peer('8'));
    world.pass(20_000);
    expect(world.replica(d).partitions[3]?.member).to.equal(false);
    world.inFlight = late;
    world.pass(20_000);
    expect(world.contents(joiner, 3)).to.deep.equal({ k: 'v' });
    expect(world.contents(d, 3)).to.deep.equal({});
  });

  it('a filling member that asks another filling one asks on', () => {
    const world = new ReplicaWorld({ replicas: 1 }).found(a, b);
    world.put(b, 3, 'k', 'v');
    world.carries = ({ message }) => message.type === 'forward' || message.type === 'forwarded';
    world.join(peer('4'));
    const [second] = [peer('38')];
    world.join(second);
    expect(world.get(second, 3, 'k')).to.deep.equal({ status: statuses.ok, value: 'v' });
  });

  it('a filling member whose first previous member is silent asks the next in time', () => {
    const world = fourNodes();
    world.put(b, 3, 'k', 'v');
    world.deliver();
    const joiner = peer('4');
    world.carries = ({ to, message }) =>
      message.type === 'forwarded' || (message.type === 'forward' && to !== b.id);
    world.join(joiner);
    expect(world.get(joiner, 3, 'k')).to.deep.equal({ status: statuses.ok, value: 'v' });
  });

  it('a filling member that reaches no previous one has its clients try again', () => {
    const world = fourNodes();
    world.put(b, 3, 'k', 'v');
    world.deliver();
    const joiner = peer('4');
    world.carries = () => false;
    world.join(joiner);
    expect(world.get(joiner, 3, 'k').status).to.equal(statuses.tryAgain);
  });
});
