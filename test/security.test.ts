/** Strangers at a ring's doors: each is refused at once with a clear reason on both sides, and the ring takes no harm. */
import { expect } from 'chai';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect as connectTcp, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRing, RondoError, type Ring, type RingOptions } from '../actors/index.js';
import type { TlsTexts } from '../src/bridge-options.js';
import { rondo, upRing } from './cli/running.js';
import { createCertificates, type Certificates } from './support/certificates.js';
import { eventually, Hosts, type TestHost } from './support/hosts.js';

const one = ['-n', '1', '-k', '1', '--consistency', 'eventual'];
const listen = ['--listen', '127.0.0.1:0'];

describe('strangers at the doors of a ring over TLS', function () {
  this.timeout(120_000);
  const hosts = new Hosts();
  let folder: string;
  let certificates: Certificates;
  let first: TestHost;
  let password: string;

  before(async () => {
    certificates = await createCertificates();
    folder = await mkdtemp(join(tmpdir(), 'rondo-security-'));
    for (const [name, texts] of Object.entries({ ...certificates, authority: undefined })) {
      if (texts !== undefined) await writeTexts(name, texts);
    }
    password = join(folder, 'password');
    await writeFile(password, 'new secret\nold secret\n', { mode: 0o600 });
    first = await hosts.start(...one, ...listen, ...flagsOf('host'));
  });
  after(async () => {
    await hosts.end();
    await rm(folder, { recursive: true });
  });

  async function writeTexts(name: string, { ca, cert, key }: TlsTexts): Promise<void> {
    await writeFile(join(folder, `${name}.ca`), ca);
    await writeFile(join(folder, `${name}.crt`), cert);
    await writeFile(join(folder, `${name}.key`), key, { mode: 0o600 });
  }

  const flagsOf = (name: string): readonly string[] => {
    const file = (kind: string): string => join(folder, `${name}.${kind}`);
    return ['--tls-ca', file('ca'), '--tls-cert', file('crt'), '--tls-key', file('key')];
  };
  const portOf = (address: string): number => Number(address.slice(address.lastIndexOf(':') + 1));

  /** The ring serves, and has the hosts that it had. */
  async function expectUnharmed(): Promise<void> {
    expect(await first.redis.set('key', 'value')).to.equal('OK');
    expect(await first.redis.get('key')).to.equal('value');
    expect(JSON.parse(String(await first.redis.call('RONDO.OVERLAY')))).to.have.length(1);
  }

  /** What the first host says of the strangers that came since the length given. */
  const refusals = (since: number): Promise<string> =>
    eventually(
      async () => first.said().slice(since),
      (said) => said.includes('a connection was refused'),
    );

  /** A process cannot even start with such files; a program that is given them comes as far as the handshake. */
  async function attempt(texts: TlsTexts | undefined, address = first.address): Promise<string> {
    const options: RingOptions = {
      nodes: 1,
      join: [address],
      joinTimeoutMs: 5_000,
      logLevel: 'silent',
      ...(texts === undefined ? {} : { tls: texts }),
    };
    let ring: Ring;
    try {
      ring = await createRing(options);
    } catch (error) {
      return error instanceof RondoError ? error.message : String(error);
    }
    await ring.close();
    return 'joined';
  }

  const strangers: readonly (readonly [
    name: string,
    texts: (certificates: Certificates) => TlsTexts | undefined,
    theyAreTold: RegExp,
    weSay: RegExp,
  ])[] = [
    ['of no cluster, without TLS', () => undefined, /if it wants TLS, give --tls-ca/, /does not speak TLS/],
    [
      'with a certificate of another authority',
      ({ forged }) => forged,
      /accept our certificate/,
      /not signed by the CA in --tls-ca/,
    ],
    ['of another cluster', ({ other }) => other, /not signed by the CA in --tls-ca/, /not signed|went away/],
    [
      'whose certificate has expired',
      ({ expired }) => expired,
      /accept our certificate/,
      /its certificate has expired/,
    ],
  ];
  for (const [name, texts, theyAreTold, weSay] of strangers) {
    it(`a host ${name} does not join, and both say why`, async () => {
      const since = first.said().length;
      expect(await attempt(texts(certificates))).to.match(theyAreTold);
      expect(await refusals(since)).to.match(weSay);
      await expectUnharmed();
    });
  }

  it('a host that calls itself by a name that its certificate is not for is refused', async () => {
    expect(await attempt(certificates.elsewhere)).to.match(/certificate is not for 127\.0\.0\.1/);
    await expectUnharmed();
  });

  it('a host of another cluster name is refused, certificate or not', async () => {
    const ran = await hosts.fail(...one, '--join', first.address, '--cluster', 'another', ...flagsOf('host'));
    expect(ran.code).to.not.equal(0);
    expect(ran.said).to.match(/is of cluster rondo, .* of another \(--cluster\)/);
    await expectUnharmed();
  });

  it('HTTP on the port of hosts is refused at once', async () => {
    const since = first.said().length;
    const socket = connectTcp(portOf(first.address), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    socket.resume();
    await once(socket, 'close');
    expect(await refusals(since)).to.match(/speaks HTTP/);
    await expectUnharmed();
  });

  it('who wants TLS of a port without it is told so, and the ring there takes no harm', async () => {
    const plain = await createRing({ nodes: 1, listen: '127.0.0.1:0', logLevel: 'silent' });
    try {
      const told = await attempt(certificates.host, String(plain.address));
      expect(told).to.match(/does it speak TLS|does not speak TLS/);
      const client = plain.client();
      await client.put('key', 'value');
      expect(await client.getString('key')).to.equal('value');
    } finally {
      await plain.close();
    }
  });

  it('first bytes of HTTP and TLS on a port of hosts without TLS end the connection at once', async () => {
    const plain = await createRing({ nodes: 1, listen: '127.0.0.1:0', logLevel: 'silent' });
    try {
      for (const text of [
        'GET / HTTP/1.1\r\n\r\n',
        '\u0016\u0003\u0001\u0000\u00dc\u0001\u0000\u0000\u00d8',
      ]) {
        const startedMs = Date.now();
        const socket = connectTcp(portOf(String(plain.address)), '127.0.0.1');
        socket.on('error', () => undefined);
        socket.write(Buffer.from(text, 'latin1'));
        socket.resume();
        await once(socket, 'close');
        expect(Date.now() - startedMs).to.be.below(4_000);
      }
    } finally {
      await plain.close();
    }
  });

  it('an address that was learnt is of no use to who listens there without a certificate', async () => {
    const heard: string[] = [];
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => heard.push(chunk.toString('latin1')));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const options = { nodes: 1, join: [`127.0.0.1:${port}`], joinTimeoutMs: 1_000, tls: certificates.host };
    const failure = await createRing({ ...options, logLevel: 'silent' }).then(String, String);
    server.close();
    expect(failure).to.include(`127.0.0.1:${port}`);
    expect(heard.join('')).to.not.include('clusterName');
  });

  it('hosts of one cluster make one ring, and clients reach it over TLS with either password', async () => {
    const protection = ['--resp-tls', 'on', '--resp-password-file', password];
    const second = await upRing(['-n', '1', '--join', first.address, ...flagsOf('host'), ...protection]);
    try {
      const connect = ['--connect', second.resp, '--tls-ca', join(folder, 'host.ca')];
      for (const secret of ['new secret', 'old secret']) {
        const ran = await rondo(['put', 'k', secret, ...connect], { env: { RONDO_PASSWORD: secret } });
        expect(ran).to.include({ code: 0 });
        const got = await rondo(['get', 'k', ...connect, '--password-file', password]);
        expect(got).to.deep.equal({ code: 0, stdout: `${secret}\n`, stderr: '' });
        expect(await first.redis.get('k')).to.equal(secret);
      }
      const nodes = await rondo(['overlay', '--json', ...connect, '--password-file', password]);
      expect(JSON.parse(nodes.stdout)).to.have.length(2);
      const without = await rondo(['get', 'k', ...connect]);
      expect(without).to.include({ code: 2, stdout: '' });
      expect(without.stderr).to.match(/wants a password: --password-file/);
      const bench = ['bench', '--records', '20', '--operations', '50', '--json'];
      expect((await rondo([...bench, ...connect, '--password-file', password])).code).to.equal(0);
    } finally {
      await second.end('SIGTERM');
    }
  });
});
