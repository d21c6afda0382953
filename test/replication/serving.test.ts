/** What one node answers to each operation, and what a bounded or expiring ring forgets (src/wire/requests.ts, replication.md section 3). */
import { expect } from 'chai';
import { clientClosed } from '../../src/replication/eventual.js';
import { replicaStats } from '../../src/replication/statistics.js';
import { flags, opcodes, statuses, unpackScanPage } from '../../src/wire/requests.js';
import { trustBytes } from '../../src/bytes.js';
import { peer, ReplicaWorld } from './harness.js';

const [a, b] = [peer('2'), peer('a')];

function oneNode(config: ConstructorParameters<typeof ReplicaWorld>[0] = {}): ReplicaWorld {
  return new ReplicaWorld({ replicas: 1, ...config }).found(a);
}

describe('serving', () => {
  it('put, get, exists, length and delete of one key', () => {
    const world = oneNode();
    expect(world.get(a, 3, 'k').status).to.equal(statuses.absent);
    expect(world.put(a, 3, 'k', 'value').status).to.equal(statuses.ok);
    expect(world.get(a, 3, 'k')).to.deep.equal({ status: statuses.ok, value: 'value' });
    expect(world.ask(a, opcodes.exists, 3, 'k').status).to.equal(statuses.ok);
    expect(world.ask(a, opcodes.length, 3, 'k').value).to.equal('5');
    expect(world.ask(a, opcodes.delete, 3, 'k').status).to.equal(statuses.ok);
    expect(world.ask(a, opcodes.delete, 3, 'k').status).to.equal(statuses.absent);
    expect(world.get(a, 3, 'k').status).to.equal(statuses.absent);
    const { records, tombstones, writes, reads, hits } = replicaStats(world.replica(a));
    expect({ records, tombstones, writes, reads, hits }).to.deep.equal({
      records: 0,
      tombstones: 1,
      writes: 3,
      reads: 5,
      hits: 3,
    });
  });

  it('a put with a condition that does not hold is refused, with the present value when asked', () => {
    const world = oneNode();
    const put = (value: string, options: number): unknown =>
      world.ask(a, opcodes.put, 3, 'k', value, { flags: options });
    expect(put('1', flags.ifPresent)).to.deep.equal({ status: statuses.refused, value: '' });
    expect(put('1', flags.ifAbsent)).to.deep.equal({ status: statuses.ok, value: '' });
    expect(put('2', flags.ifAbsent | flags.returnPrevious)).to.deep.equal({
      status: statuses.refused,
      value: '1',
    });
    expect(put('2', flags.ifPresent | flags.returnPrevious)).to.deep.equal({
      status: statuses.ok,
      value: '1',
    });
    expect(world.get(a, 3, 'k').value).to.equal('2');
    expect(world.ask(a, opcodes.put, 3, 'new', 'v', { flags: flags.returnPrevious }).status).to.equal(
      statuses.absent,
    );
    expect(world.get(a, 3, 'new').value).to.equal('v');
  });

  it('append answers the new length, and makes a record where there was none', () => {
    const world = oneNode();
    expect(world.ask(a, opcodes.append, 3, 'k', 'ab').value).to.equal('2');
    expect(world.ask(a, opcodes.append, 3, 'k', 'cde').value).to.equal('5');
    expect(world.get(a, 3, 'k').value).to.equal('abcde');
  });

  it('a record expires, is then absent, and is removed at every member by the leader', () => {
    const world = new ReplicaWorld().found(a, b);
    world.ask(a, opcodes.put, 1, 'k', 'v', { number: 1_000 });
    world.deliver();
    expect(world.ask(a, opcodes.ttl, 1, 'k').value).to.equal('1000');
    world.nowMs += 1_000;
    expect(world.get(b, 1, 'k').status, 'a follower does not show it').to.equal(statuses.absent);
    expect(world.contents(b, 1)).to.deep.equal({ k: 'v' });
    expect(world.get(a, 1, 'k').status).to.equal(statuses.absent);
    world.deliver();
    expect(world.contents(b, 1)).to.deep.equal({});
    expect(replicaStats(world.replica(a)).expirations).to.equal(1);
  });

  it('expired records that nobody asks for go as well, and are not counted before', () => {
    const world = oneNode();
    world.ask(a, opcodes.put, 1, 'k', 'v', { number: 1_000 });
    world.put(a, 1, 'l', 'v');
    world.nowMs += 1_000;
    expect(world.ask(a, opcodes.count, 0, '').value).to.equal('1');
    world.pass(1_000);
    expect(Object.keys(world.contents(a, 1))).to.deep.equal(['l']);
  });

  it('a put drops the expiry unless it keeps it; expire sets, removes and deletes', () => {
    const world = oneNode();
    const ttl = (): string => world.ask(a, opcodes.ttl, 1, 'k').value;
    world.ask(a, opcodes.put, 1, 'k', 'v', { number: 1_000 });
    world.ask(a, opcodes.put, 1, 'k', 'w', { flags: flags.keepTtl });
    expect(ttl()).to.equal('1000');
    world.put(a, 1, 'k', 'x');
    expect(ttl()).to.equal('-1');
    world.ask(a, opcodes.expire, 1, 'k', '', { number: 50 });
    expect(ttl()).to.equal('50');
    world.ask(a, opcodes.expire, 1, 'k', '', { number: 0 });
    expect(ttl()).to.equal('-1');
    expect(world.ask(a, opcodes.expire, 1, 'k', '', { number: -1 }).status).to.equal(statuses.ok);
    expect(world.get(a, 1, 'k').status).to.equal(statuses.absent);
  });

  it('the first who finds a key missing reserves it; the others get what it puts', () => {
    const world = oneNode();
    const ask = (): string => world.request(a, opcodes.getOrReserve, 1, 'k', '', { number: 1_000 });
    const [first, second, third] = [ask(), ask(), ask()];
    expect(world.answers.get(first)?.status).to.equal(statuses.reserved);
    expect(world.answers.get(second)).to.equal(undefined);
    world.put(a, 1, 'k', 'loaded');
    for (const name of [second, third]) {
      expect(world.answers.get(name)).to.deep.equal({ status: statuses.ok, value: 'loaded' });
    }
    expect(world.answers.get(ask())?.status).to.equal(statuses.ok);
  });

  it('when a reservation runs out, or its holder is gone, the next who waits has it', () => {
    const world = oneNode();
    const ask = (): string => world.request(a, opcodes.getOrReserve, 1, 'k', '', { number: 1_000 });
    const [, second, third] = [ask(), ask(), ask()];
    world.pass(1_000);
    expect(world.answers.get(second)?.status).to.equal(statuses.reserved);
    expect(world.answers.get(third)).to.equal(undefined);
    clientClosed(world.replica(a), 1);
    expect(world.replica(a).reservations.size).to.equal(0);
  });

  it('a reservation that is given back goes to the next who waits, at once', () => {
    const world = oneNode();
    const ask = (number = 30_000): string => world.request(a, opcodes.getOrReserve, 1, 'k', '', { number });
    const [, second] = [ask(), ask()];
    expect(world.answers.get(ask(-1))?.status).to.equal(statuses.absent);
    expect(world.answers.get(second)?.status).to.equal(statuses.reserved);
    expect(world.answers.get(ask(-1))?.status).to.equal(statuses.absent);
    expect(world.replica(a).reservations.size).to.equal(0);
  });

  it('a scan shows every record of a partition once, page by page', () => {
    const world = oneNode();
    for (let index = 0; index < 100; index++) world.put(a, 1, `k${index}`, `v${index}`);
    const seen = new Map<string, string>();
    let cursor: string | undefined = '';
    let pages = 0;
    while (cursor !== undefined) {
      const answer = world.ask(a, opcodes.scan, 1, '', cursor, { number: 30 });
      const page = unpackScanPage(trustBytes(answer.value));
      for (const [key, value] of page.records) seen.set(key, value);
      cursor = page.next;
      pages++;
    }
    expect(pages).to.equal(4);
    expect(seen.size).to.equal(100);
    expect(seen.get('k42')).to.equal('v42');
  });

  it('a flush empties the partition at every member, and later writes stay', () => {
    const world = new ReplicaWorld().found(a, b);
    for (let index = 0; index < 10; index++) world.put(a, 1, `k${index}`, 'v');
    const late = world.inFlight;
    world.inFlight = [];
    expect(world.ask(a, opcodes.flush, 1, '').status).to.equal(statuses.ok);
    world.put(a, 1, 'after', 'v');
    world.deliver();
    world.inFlight = late;
    world.deliver();
    expect(world.contents(a, 1)).to.deep.equal({ after: 'v' });
    expect(world.contents(b, 1), 'older changes that come later do not bring it back').to.deep.equal({
      after: 'v',
    });
  });

  it('increment and compareAndSet say which mode they need', () => {
    for (const opcode of [opcodes.increment, opcodes.incrementByFloat, opcodes.compareAndSet]) {
      const answer = oneNode().ask(a, opcode, 1, 'k', '1', { number: 1 });
      expect(answer.status).to.equal(statuses.unsupported);
      expect(answer.value).to.contain('--consistency linearizable');
    }
  });

  it('keys and values over the limits are refused, and an append that would pass them', () => {
    const world = oneNode({ keyBytesMax: 4, valueBytesMax: 4 });
    expect(world.put(a, 1, 'long key', 'v').status).to.equal(statuses.error);
    expect(world.put(a, 1, 'k', 'value').status).to.equal(statuses.error);
    world.put(a, 1, 'k', '1234');
    expect(world.ask(a, opcodes.append, 1, 'k', '5').status).to.equal(statuses.error);
    expect(world.get(a, 1, 'k').value).to.equal('1234');
  });

  it('a full leader evicts the least recently used record at every member, and anti-entropy does not bring it back', () => {
    const world = new ReplicaWorld({ maxEntries: 3 }).found(a, b);
    for (const key of ['k1', 'k2', 'k3']) world.put(a, 1, key, 'v');
    world.deliver();
    world.get(a, 1, 'k1');
    // The eviction does not reach the other member: its copy must not come back from there.
    world.carries = ({ message }) => message.type !== 'replicate';
    world.put(a, 1, 'k4', 'v');
    world.nowMs += world.config.hintAgeMsMax + 1;
    world.carries = () => true;
    world.pass(15_000);
    expect(Object.keys(world.contents(a, 1))).to.deep.equal(['k1', 'k3', 'k4']);
    expect(Object.keys(world.contents(b, 1))).to.deep.equal(['k1', 'k3', 'k4']);
    expect(replicaStats(world.replica(a)).evictions).to.equal(1);
  });

  it('an eviction does not take a newer record with it', () => {
    for (const mutations of [undefined, new Set(['evictWithoutVersion'])]) {
      const world = new ReplicaWorld({ maxEntries: 1 });
      world.mutations = mutations;
      world.found(a, b);
      world.put(a, 1, 'k1', 'old');
      world.put(a, 1, 'k2', 'v');
      const evictions = world.inFlight;
      world.inFlight = [];
      world.put(a, 1, 'k1', 'new');
      world.deliver();
      world.inFlight = evictions;
      world.deliver();
      expect(world.contents(b, 1)['k1']).to.equal(mutations === undefined ? 'new' : undefined);
    }
  });

  it('tombstones go when they are old and every member has confirmed them', () => {
    const world = new ReplicaWorld({ tombstoneMs: 60_000 }).found(a, b);
    world.put(a, 1, 'k', 'v');
    world.ask(a, opcodes.delete, 1, 'k');
    world.pass(30_000);
    expect(world.contents(b, 1)).to.deep.equal({ k: null });
    world.pass(60_000);
    for (const node of [a, b]) expect(world.contents(node, 1)).to.deep.equal({});
  });

  it('what is not acknowledged is sent again; what overflows is counted, and anti-entropy repairs it', () => {
    const world = new ReplicaWorld({ replicas: 2, hintBytesMax: 2_000 }).found(a, b);
    world.carries = ({ to }) => to !== b.id;
    for (let index = 0; index < 100; index++) world.put(a, 1, `k${index}`, 'x'.repeat(50));
    expect(replicaStats(world.replica(a)).hintsDropped).to.be.greaterThan(50);
    expect(replicaStats(world.replica(a)).recordsBelowReplicas).to.equal(100);
    world.carries = () => true;
    world.pass(15_000);
    expect(Object.keys(world.contents(b, 1))).to.have.length(100);
  });

  it('a version from far ahead is kept and counted, and a later write still replaces it', () => {
    const world = new ReplicaWorld({ replicas: 2 }).found(a, b);
    world.nowMs += 10 * 60_000;
    world.put(a, 1, 'k', 'ahead');
    world.nowMs -= 10 * 60_000;
    world.deliver();
    expect(replicaStats(world.replica(b)).clockSkewed).to.equal(1);
    world.ask(b, opcodes.put, 1, 'k', 'later', { moves: 2 });
    world.pass(1_000);
    expect(world.contents(a, 1)).to.deep.equal({ k: 'later' });
  });
});
