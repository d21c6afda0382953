/** Wires over NATS where it differs from TCP: what is lost, servers that come and go, who may speak, and what the server takes. */
import { expect } from 'chai';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { RondoError } from '../../src/errors.js';
import { loadNats } from '../../src/io/nats/library.js';
import { messageKinds, Subjects, writeMessage } from '../../src/io/nats/messages.js';
import { openNatsConnector, type NatsOptions } from '../../src/io/nats-wire.js';
import type { Connector } from '../../src/io/wire.js';
import { parseNatsServers } from '../../src/nats-options.js';
import { createCertificates } from '../support/certificates.js';
import { hasNatsServer, natsMissing, startNatsServer, type NatsServer } from '../support/nats-server.js';
import { WireEnd } from '../support/wire-end.js';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

describe('wires over NATS', function () {
  this.timeout(30_000);
  const connectors: Connector[] = [];
  const servers: NatsServer[] = [];

  before(function () {
    if (hasNatsServer()) return;
    console.log(`    ${natsMissing}`);
    this.skip();
  });
  afterEach(async () => {
    for (const connector of connectors.splice(0)) await connector.close();
    for (const server of servers.splice(0)) await server.close();
  });

  async function serve(config?: string): Promise<NatsServer> {
    const server = await startNatsServer(config);
    servers.push(server);
    return server;
  }
  async function connect(url: string, ownName: string, more: Partial<NatsOptions> = {}): Promise<Connector> {
    const connector = await openNatsConnector({
      servers: parseNatsServers(url),
      clusterName: 'test',
      ownName,
      dialMsMax: 2_000,
      refused: () => undefined,
      ...more,
    });
    connectors.push(connector);
    return connector;
  }
  const failure = (promise: Promise<unknown>): Promise<RondoError> =>
    promise.then(
      () => Promise.reject(new Error('it did not fail')),
      (error: RondoError) => error,
    );
  /** A wire from host a, at the first connector, to host b. */
  async function wireBetween(a: Connector, b: Connector): Promise<readonly [WireEnd, WireEnd]> {
    const far = new WireEnd();
    await b.listen('b', (wire) => {
      far.wire = wire;
      return far;
    });
    const near = new WireEnd();
    near.wire = a.dial('b', near);
    await near.untilOpened();
    return [near, far];
  }
  async function pair(server: NatsServer): Promise<readonly [WireEnd, WireEnd]> {
    return wireBetween(await connect(server.url, 'a'), await connect(server.url, 'b'));
  }
  /** Sends one byte there and back. */
  async function exchange(near: WireEnd, far: WireEnd): Promise<void> {
    const [here, there] = [near.bytes.length, far.bytes.length];
    near.wire?.send(Buffer.from('.'));
    await far.untilBytes(there + 1);
    far.wire?.send(Buffer.from('.'));
    await near.untilBytes(here + 1);
    expect([near.isClosed, far.isClosed]).to.deep.equal([false, false]);
  }

  it('ends when a message was lost, and both ends hear of it', async () => {
    const server = await serve();
    const library = await loadNats();
    const spy = await library.connect({ servers: server.url });
    const inboxes: string[] = [];
    spy.subscribe('rondo.test.*.wire.*', { callback: (_, { subject }) => void inboxes.push(subject) });
    await spy.flush();
    const [near, far] = await pair(server);
    await exchange(near, far);
    const inboxOfB = inboxes.find((subject) => subject.startsWith('rondo.test.b.')) ?? '';
    // As if two messages before this one had not come.
    spy.publish(inboxOfB, writeMessage(messageKinds.data, 3, 1, Buffer.from('!')));
    expect(await far.untilClosed()).to.equal('NATS lost 2 messages on the way here');
    expect(await near.untilClosed()).to.equal(
      'the other end closed it: NATS lost 2 messages on the way here',
    );
    expect(far.bytes.toString()).to.equal('.');
    await spy.close();
  });

  it('ends when a message comes that is none', async () => {
    const server = await serve();
    const library = await loadNats();
    const spy = await library.connect({ servers: server.url });
    const inboxes: string[] = [];
    spy.subscribe('rondo.test.b.wire.*', { callback: (_, { subject }) => void inboxes.push(subject) });
    await spy.flush();
    const [near, far] = await pair(server);
    await exchange(near, far);
    spy.publish(inboxes[0] ?? '', 'hello');
    expect(await far.untilClosed()).to.equal('it sent what is no message of a wire');
    await near.untilClosed();
    await spy.close();
  });

  it('survives a restart of the server when nothing was under way', async () => {
    const server = await serve();
    const [near, far] = await pair(server);
    await exchange(near, far);
    await server.restart(300);
    await exchange(near, far);
    expect(near.heard).to.deep.equal(['opened']);
  });

  it('keeps what was given to it while there was no server, and sends it then', async () => {
    const server = await serve();
    const [near, far] = await pair(server);
    await exchange(near, far);
    await server.kill();
    // Until the loss of the connection is known, what is sent is lost, and ends the wire.
    while ((await dialNobody(connectors[0])) !== 'there is no connection to a NATS server');
    near.wire?.send(Buffer.from('kept'));
    await server.start();
    expect((await far.untilBytes(5)).toString()).to.equal('.kept');
    expect(near.isClosed).to.equal(false);
  });

  it('ends with a reason when the server died with what it had not delivered', async () => {
    const server = await serve();
    const [near, far] = await pair(server);
    await exchange(near, far);
    server.signal('SIGSTOP');
    near.wire?.send(Buffer.from('lost'));
    await server.restart();
    expect(await far.untilClosed()).to.equal('NATS lost 1 message on the way here');
    expect(await near.untilClosed()).to.match(/NATS lost 1 message|the other end is gone/);
    expect(far.bytes.toString()).to.equal('.');
  });

  it('goes on after a server that stood still: either the wire or a new one', async () => {
    const server = await serve();
    const [near, far] = await pair(server);
    await exchange(near, far);
    server.signal('SIGSTOP');
    near.wire?.send(Buffer.from('late'));
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    server.signal('SIGCONT');
    await Promise.race([far.untilBytes(5), far.untilClosed()]);
    if (!far.isClosed) {
      expect(far.bytes.toString()).to.equal('.late');
      return;
    }
    const again = new WireEnd();
    while (again.heard.at(-1) !== 'opened') {
      again.wire = connectors[0]?.dial('b', again);
      await again.untilOpened();
      if (again.heard.at(-1) !== 'opened') again.heard.length = 0;
    }
  });

  it('notices at the next word that the process of the other end was killed', async () => {
    const server = await serve();
    const a = await connect(server.url, 'a');
    const child = fork(new URL('../support/nats-peer.js', import.meta.url), [server.url, 'b']);
    await once(child, 'message');
    const near = new WireEnd();
    near.wire = a.dial('b', near);
    await near.untilOpened();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const startMs = performance.now();
    while (!near.isClosed) {
      near.wire.send(Buffer.from('?'));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(await near.untilClosed()).to.equal('the other end is gone');
    expect(performance.now() - startMs).to.be.below(1_000);
    expect(await dialNobody(a, 'b')).to.equal('nobody listens there');
  });

  it('refuses a name that another host has', async () => {
    const server = await serve();
    const [a, b] = [await connect(server.url, 'a'), await connect(server.url, 'b')];
    await a.listen('same', () => new WireEnd());
    const error = await failure(b.listen('same', () => new WireEnd()));
    expect(error.code).to.equal('CONNECTION');
    expect(error.message).to.equal('another host of cluster test listens as same on NATS');
  });

  it('keeps clusters of one NATS system apart', async () => {
    const server = await serve();
    const a = await connect(server.url, 'a');
    const b = await connect(server.url, 'b', { clusterName: 'other one' });
    await b.listen('b', () => new WireEnd());
    expect(await dialNobody(a, 'b')).to.equal('nobody listens there');
  });

  it('sends nothing to a subject that is no inbox of its cluster', async () => {
    const server = await serve();
    const refusals: string[] = [];
    let tell = (): void => undefined;
    const refused = (from: string): void => {
      refusals.push(from);
      tell();
    };
    const b = await connect(server.url, 'b', { refused });
    await b.listen('b', () => expect.fail('a wire was accepted'));
    const spy = await (await loadNats()).connect({ servers: server.url });
    const open = writeMessage(messageKinds.open, 0, 0);
    for (const reply of ['elsewhere', 'rondo.other.a.wire.x', 'rondo.test.a.accept', 'rondo.test.a.wire.x.y'])
      spy.publish('rondo.test.b.accept', open, { reply });
    while (refusals.length < 4) await new Promise<void>((resolve) => (tell = resolve));
    await spy.close();
  });

  it('cuts to what the server takes, and refuses a server that takes too little', async () => {
    const server = await serve('max_payload: 2048');
    const [near, far] = await pair(server);
    const bytes = Buffer.alloc(300_000, 'abc');
    near.wire?.send(bytes);
    expect((await far.untilBytes(bytes.length)).equals(bytes)).to.equal(true);
    const small = await serve('max_payload: 512');
    const error = await failure(connect(small.url, 'a'));
    expect(error.message).to.match(/takes messages of 512 bytes \(max_payload\): at least 1024 are needed/);
  });

  it('logs in by password, token or NKEY, and says so when it is not let in', async () => {
    const host = (server: NatsServer, login: string): string => `nats://${login}127.0.0.1:${server.port}`;
    const passwords = await serve('authorization { user: "us:er", password: "p@ss" }');
    await connect(host(passwords, 'us%3Aer:p%40ss@'), 'a');
    const error = await failure(connect(host(passwords, 'us%3Aer:wrong@'), 'a'));
    expect(error.code).to.equal('CONNECTION');
    expect(error.message).to.match(/^no NATS server lets us in at 127.0.0.1:\d+: .*authorization violation/i);

    const tokens = await serve('authorization { token: secret }');
    await connect(host(tokens, 'secret@'), 'a');
    expect((await failure(connect(host(tokens, ''), 'a'))).code).to.equal('CONNECTION');

    const { nkeys } = await loadNats();
    const user = nkeys.createUser();
    const keys = await serve(`authorization { users: [ { nkey: ${user.getPublicKey()} } ] }`);
    await connect(keys.url, 'a', { credentials: new TextDecoder().decode(user.getSeed()) });
    expect((await failure(connect(keys.url, 'a', { credentials: 'nonsense' }))).code).to.equal(
      'INVALID_ARGUMENT',
    );
  });

  it('says what the account of a host may not do', async () => {
    const server = await serve(`authorization { users: [
      { user: a, password: a, permissions: { subscribe: "rondo.test.a.>", publish: "rondo.test.a.>" } },
      { user: b, password: b, permissions: { subscribe: "rondo.test.b.>", publish: "rondo.test.>" } }
    ] }`);
    const url = (name: string): string => server.url.replace('//', `//${name}:${name}@`);
    const [a, b] = [await connect(url('a'), 'a'), await connect(url('b'), 'b')];
    const error = await failure(a.listen('other', () => new WireEnd()));
    expect(error.message).to.match(/^cannot listen as other on NATS: .*permissions violation/i);
    await b.listen('b', () => new WireEnd());
    expect(await dialNobody(a, 'b')).to.match(/permissions violation for publish to "rondo.test.b.accept"/i);
  });

  it('speaks TLS with servers of its authority only', async () => {
    const { host, other } = await createCertificates();
    const directory = await mkdtemp(join(tmpdir(), 'rondo-nats-tls-'));
    try {
      await writeFile(join(directory, 'cert.pem'), host.cert);
      await writeFile(join(directory, 'key.pem'), host.key);
      const server = await serve(
        `tls { cert_file: "${join(directory, 'cert.pem')}", key_file: "${join(directory, 'key.pem')}" }`,
      );
      const url = `tls://localhost:${server.port}`;
      const ends = await wireBetween(
        await connect(url, 'a', { ca: host.ca }),
        await connect(url, 'b', { ca: host.ca }),
      );
      await exchange(...ends);
      expect((await failure(connect(url, 'a', { ca: other.ca }))).code).to.equal('CONNECTION');
      const plain = await serve();
      const error = await failure(connect(plain.url.replace('nats:', 'tls:'), 'a'));
      expect(error.message).to.match(/does not support 'tls'/);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('says which package is missing', async () => {
    const absent = Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
    const error = await failure(loadNats(() => Promise.reject(absent)));
    expect(error.code).to.equal('UNSUPPORTED');
    expect(error.message).to.match(/npm install @nats-io\/transport-node$/);
  });

  it('has a subject for every name of a cluster', () => {
    expect(new Subjects('a.b *>é').accept('h')).to.equal('rondo.a=2e=b=20==2a==3e==e9=.h.accept');
    const subjects = new Subjects('a.b');
    expect(subjects.hostOf(subjects.inbox('h'))).to.equal('h');
  });

  async function dialNobody(connector: Connector | undefined, name = 'nobody'): Promise<string> {
    const end = new WireEnd();
    end.wire = connector?.dial(name, end);
    const reason = await end.untilClosed();
    await new Promise((resolve) => setTimeout(resolve, 10));
    return reason;
  }
});
