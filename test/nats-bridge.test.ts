/** Several hosts that meet on a NATS server: separate processes, a real server that comes and goes, histories that are checked. */
import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eventually, Hosts, isIdeal, overlayOf, type TestHost } from './support/hosts.js';
import { hasNatsServer, natsMissing, startNatsServer, type NatsServer } from './support/nats-server.js';

const main = fileURLToPath(new URL('../runner/cli/main.js', import.meta.url));

describe('hosts over NATS', function () {
  this.timeout(400_000);
  let hosts: Hosts;
  let server: NatsServer;

  before(function () {
    if (hasNatsServer()) return;
    console.log(`    ${natsMissing}`);
    this.skip();
  });
  beforeEach(async () => {
    hosts = new Hosts();
    server = await startNatsServer();
  });
  afterEach(async () => {
    await hosts.end();
    await server.close();
  });

  const startHost = (name: string, ...flags: readonly string[]): Promise<TestHost> =>
    hosts.start('-n', '2', '--bridge', server.url, '--advertise', name, ...flags);

  async function ring(): Promise<readonly [TestHost, TestHost, TestHost]> {
    const one = await startHost('one');
    const [two, three] = await Promise.all([
      startHost('two', '--join', 'one'),
      startHost('three', '--join', 'one'),
    ]);
    for (const host of [one, two, three]) await untilIdeal(host, 6);
    return [one, two, three];
  }
  const untilIdeal = (host: TestHost, count: number): Promise<unknown> =>
    eventually(
      () => overlayOf(host),
      (nodes) => isIdeal(nodes, count),
    );
  const untilRead = (host: TestHost, key: string, value: string): Promise<unknown> =>
    eventually(
      () => host.redis.get(key).catch((error: unknown) => String(error)),
      (found) => found === value,
    );

  /** Plays a workload through the host's gateway, and answers the verdict on what was observed. */
  async function play(host: TestHost, seed: number): Promise<unknown> {
    const { port = 0 } = host.redis.options;
    const flags = ['--records', '100', '--operations', '6000', '--value-bytes', '20', '--check', '--json'];
    const words = ['bench', ...flags, '--seed', String(seed), '--connect', `127.0.0.1:${port}`];
    const child = spawn(process.execPath, [main, ...words], { stdio: ['ignore', 'pipe', 'ignore'] });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await once(child, 'close');
    return (JSON.parse(said.trim().split('\n').at(-1) ?? '') as { verdict?: unknown }).verdict;
  }

  it('are one ring; one that is killed is left out, and its next process is another one', async () => {
    const [one, two, three] = await ring();
    expect([one, two, three].map(({ address }) => address)).to.deep.equal(['one', 'two', 'three']);
    await two.redis.set('kept', '1');
    await untilRead(three, 'kept', '1');

    const played = play(one, 1);
    three.signal('SIGKILL');
    await three.ended;
    await untilRead(two, 'kept', '1');
    await eventually(
      () => overlayOf(one),
      (nodes) => nodes.filter(({ state }) => state === 'unreachable').length === 2,
    );
    expect(await played).to.equal('ok');

    const again = await startHost('three', '--join', 'two');
    for (const host of [one, two, again]) await untilIdeal(host, 6);
    await untilRead(again, 'kept', '1');
  });

  it('find each other again when the server was restarted, and when it stood still', async () => {
    const [one, two, three] = await ring();
    await one.redis.set('kept', '1');
    const restarted = play(one, 2);
    await server.restart(500);
    await untilRead(three, 'kept', '1');
    expect(await restarted).to.equal('ok');
    for (const host of [one, two, three]) await untilIdeal(host, 6);

    // All are cut off from each other: nobody has a quorum, until they are not.
    const stalled = play(two, 3);
    server.signal('SIGSTOP');
    await eventually(
      () => overlayOf(two),
      (nodes) => nodes.filter(({ state }) => state === 'unreachable').length === 4,
    );
    server.signal('SIGCONT');
    for (const host of [one, two, three]) {
      await untilIdeal(host, 6);
      await untilRead(host, 'kept', '1');
    }
    expect(await stalled).to.equal('ok');
  });

  it('say why they cannot begin', async () => {
    const { code, said } = await hosts.fail('--bridge', server.url, '--join', 'no.name');
    expect([code, said]).to.deep.equal([2, said]);
    expect(said).to.include('names of hosts with bridge');
    await server.kill();
    const alone = await hosts.fail('--bridge', server.url);
    expect(alone.code).not.to.equal(0);
    expect(alone.said).to.match(/no NATS server lets us in at 127\.0\.0\.1:\d+: connection refused/);
    const open = await hosts.fail('--bridge', 'nats://broker.example.org');
    expect(open.said).to.match(/leads to other machines and needs TLS .* and credentials/);
  });
});
