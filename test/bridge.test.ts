/** Several hosts as one ring: separate processes on the loopback, real sockets. */
import { expect } from 'chai';
import { connect } from 'node:net';
import { eventually, Hosts, isIdeal, overlayOf, type TestHost } from './support/hosts.js';

const local = ['--listen', '127.0.0.1:0', '-n', '2'];
const keys = Array.from({ length: 60 }, (_, index) => `key ${index}`);

async function putAll({ redis }: TestHost, value: string): Promise<void> {
  await Promise.all(keys.map((key) => redis.set(key, `${value} ${key}`)));
}

async function wrongAt({ redis }: TestHost, value: string): Promise<string[]> {
  const found = await Promise.all(keys.map((key) => redis.get(key)));
  return keys.filter((key, index) => found[index] !== `${value} ${key}`);
}

async function ringOf(hosts: Hosts, count: number, ...flags: readonly string[]): Promise<TestHost[]> {
  const first = await hosts.start(...local, ...flags);
  const others = await Promise.all(
    Array.from({ length: count - 1 }, () => hosts.start(...local, '--join', first.address)),
  );
  const all = [first, ...others];
  for (const host of all)
    await eventually(
      () => overlayOf(host),
      (nodes) => isIdeal(nodes, 2 * count),
    );
  return all;
}

describe('hosts over sockets', function () {
  this.timeout(120_000);
  let hosts: Hosts;
  beforeEach(() => (hosts = new Hosts()));
  afterEach(() => hosts.end());

  for (const consistency of ['eventual', 'linearizable']) {
    it(`are one ${consistency} ring: each puts, gets and sees the nodes of all`, async () => {
      const all = await ringOf(hosts, 3, '--consistency', consistency);
      for (const [index, host] of all.entries()) {
        await putAll(host, `from ${index}`);
        for (const other of all)
          await eventually(
            () => wrongAt(other, `from ${index}`),
            (wrong) => wrong.length === 0,
          );
      }
      const [, second] = all;
      const stats = JSON.parse(String(await second?.redis.call('RONDO.STATS'))) as { nodes: unknown[] };
      expect(stats.nodes).to.have.length(6);
      const trace = JSON.parse(String(await second?.redis.call('RONDO.TRACE', 'key 1'))) as {
        group: { address: string }[];
      };
      const groupHosts = new Set(trace.group.map(({ address }) => address.split('/')[0]));
      expect(groupHosts.size, 'one copy on each host').to.equal(3);
    });
  }

  it('administer nodes wherever they are: one departs, one is killed, and nothing is lost', async () => {
    const [first, second, third] = await ringOf(hosts, 3);
    if (first === undefined || second === undefined || third === undefined) throw new Error('three hosts');
    await putAll(first, 'kept');
    await first.redis.call('RONDO.DEPART', second.nodes[0] ?? '');
    await eventually(
      () => overlayOf(third),
      (nodes) => isIdeal(nodes, 5),
    );
    await first.redis.call('RONDO.KILL', `${third.address}/0`);
    await eventually(
      () => overlayOf(second),
      (nodes) => isIdeal(nodes, 4),
    );
    await eventually(
      () => wrongAt(second, 'kept'),
      (wrong) => wrong.length === 0,
    );
    const missing = await first.redis.call('RONDO.KILL', 'nobody').catch((error: unknown) => String(error));
    expect(missing).to.include('no node nobody');
  });

  it('survive a host that is killed, and take its next process for another one', async () => {
    const [first, second, third] = await ringOf(hosts, 3);
    if (first === undefined || second === undefined || third === undefined) throw new Error('three hosts');
    await putAll(first, 'kept');
    third.signal('SIGKILL');
    await third.ended;
    await eventually(
      () => wrongAt(second, 'kept'),
      (wrong) => wrong.length === 0,
    );
    await putAll(second, 'changed');
    await eventually(
      () => overlayOf(first),
      (nodes) => nodes.filter(({ state }) => state === 'unreachable').length === 2,
    );
    const again = await hosts.start('-n', '2', '--listen', third.address, '--join', second.address);
    expect(again.address).to.equal(third.address);
    for (const host of [first, second, again]) {
      await eventually(
        () => overlayOf(host),
        (nodes) => isIdeal(nodes, 6),
      );
      await eventually(
        () => wrongAt(host, 'changed'),
        (wrong) => wrong.length === 0,
      );
    }
    const nodes = await overlayOf(first);
    expect(
      nodes.filter(({ id }) => third.nodes.includes(id)),
      'the old nodes are dead',
    ).to.deep.equal([]);
  });

  it('leave a host out that stands still, and take it back when it goes on', async () => {
    const [first, second, third] = await ringOf(hosts, 3);
    if (first === undefined || second === undefined || third === undefined) throw new Error('three hosts');
    await putAll(first, 'before');
    third.signal('SIGSTOP');
    await eventually(
      () => overlayOf(first),
      (nodes) => nodes.filter(({ state }) => state === 'unreachable').length === 2,
    );
    await eventually(
      () => wrongAt(second, 'before'),
      (wrong) => wrong.length === 0,
    );
    await putAll(second, 'meanwhile');
    third.signal('SIGCONT');
    for (const host of [first, second, third]) {
      await eventually(
        () => overlayOf(host),
        (nodes) => isIdeal(nodes, 6),
      );
      await eventually(
        () => wrongAt(host, 'meanwhile'),
        (wrong) => wrong.length === 0,
      );
    }
  });

  it('hand over what a leaving host holds, also when it holds the only copy', async () => {
    const [first, second] = await ringOf(hosts, 2, '-k', '1');
    if (first === undefined || second === undefined) throw new Error('two hosts');
    await putAll(first, 'kept');
    second.signal('SIGTERM');
    expect(await second.ended).to.equal(143);
    await eventually(
      () => overlayOf(first),
      (nodes) => isIdeal(nodes, 2),
    );
    expect(await wrongAt(first, 'kept')).to.deep.equal([]);
  });

  it('never make two rings of one: two hosts that join each other are told so', async () => {
    const ports = ['127.0.0.1:17481', '127.0.0.1:17482'];
    const flags = ['-n', '1', '--join-timeout-ms', '3000'];
    const ends = await Promise.all([
      hosts.fail(...flags, '--listen', ports[0] ?? '', '--join', ports[1] ?? ''),
      hosts.fail(...flags, '--listen', ports[1] ?? '', '--join', ports[0] ?? ''),
    ]);
    for (const { code, said } of ends) {
      expect(code).to.equal(3);
      expect(said).to.include('is itself still joining: one host must start without --join');
    }
  });

  it('wait for a ring that starts after them', async () => {
    const address = '127.0.0.1:17483';
    const waiting = hosts.start(...local, '--join', address);
    const first = await hosts.start('-n', '2', '--listen', address);
    await waiting;
    await eventually(
      () => overlayOf(first),
      (nodes) => isIdeal(nodes, 4),
    );
  });

  it('refuse what contradicts the ring, another cluster, and oneself', async () => {
    const first = await hosts.start(...local);
    const join = ['-n', '1', '--listen', '127.0.0.1:0', '--join', first.address];
    const other = await hosts.fail(...join, '-k', '5');
    expect(other.said).to.include('replicas is 3 in the ring that was joined, not 5');
    expect(other.code).to.equal(2);
    const foreign = await hosts.fail(...join, '--cluster', 'other');
    expect(foreign.said).to.include('is of cluster rondo');
    const self = '127.0.0.1:17484';
    const alone = await hosts.fail('--listen', self, '--join', self, '--join-timeout-ms', '2000');
    expect(alone.said).to.include(`${self} is this host itself`);
  });

  it('speak IPv6', async () => {
    const first = await hosts.start('-n', '1', '--listen', '[::1]:0');
    expect(first.address).to.match(/^\[::1\]:\d+$/);
    await hosts.start('-n', '1', '--listen', '[::1]:0', '--join', first.address);
    await eventually(
      () => overlayOf(first),
      (nodes) => isIdeal(nodes, 2),
    );
  });

  it('drop whoever sends no frames, and go on', async () => {
    const first = await hosts.start(...local);
    const port = Number(first.address.split(':')[1]);
    for (const bytes of [
      'GET / HTTP/1.1\r\n\r\n',
      '\u0000\u0000\u0000\u0000',
      '\u0002\u0000\u0000\u0000\u0004x',
    ]) {
      const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.from(bytes, 'latin1')));
      socket.on('error', () => undefined);
      socket.resume();
      await new Promise((resolve) => socket.once('close', resolve));
    }
    await putAll(first, 'unharmed');
    expect(await wrongAt(first, 'unharmed')).to.deep.equal([]);
  });
});
