/** Peers over TLS: who has no certificate of the cluster gets no byte through, and both ends say why. */
import { expect } from 'chai';
import { once } from 'node:events';
import { connect as connectTcp, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import {
  connect as connectTls,
  createServer as createTlsServer,
  type ConnectionOptions,
  type TLSSocket,
} from 'node:tls';
import type { TlsTexts } from '../../src/bridge-options.js';
import { createTcpConnector } from '../../src/io/tcp-wire.js';
import { closedWithoutWord, isProvedPeer, whyTlsFailed } from '../../src/io/tls-failures.js';
import {
  gatewayDialOptions,
  gatewayServerOptions,
  peerDialOptions,
  peerServerOptions,
} from '../../src/io/tls-options.js';
import { createCertificates, type Certificates } from '../support/certificates.js';

const here = '127.0.0.1';

interface Listener {
  readonly port: number;
  /** What peers that were let in have said. */
  readonly heard: string[];
  /** Why others were not. */
  readonly refused: string[];
  readonly refusal: Promise<string>;
}

/** Unlike `once`, it takes an error before for part of the matter. */
const closeOf = (socket: Socket): Promise<void> =>
  new Promise((resolve) => void socket.once('close', () => resolve()));

describe('TLS between peers', function () {
  this.timeout(60_000);
  let certificates: Certificates;
  const servers: Server[] = [];

  before(async () => {
    certificates = await createCertificates();
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.close();
      await once(server, 'close');
    }
  });

  async function portOf(server: Server): Promise<number> {
    servers.push(server);
    server.listen(0, here);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  async function listen(texts: TlsTexts): Promise<Listener> {
    const heard: string[] = [];
    const refused: string[] = [];
    const server = createTlsServer(peerServerOptions(texts), (socket) => {
      expect(isProvedPeer(socket)).to.equal(true);
      socket.on('error', () => socket.destroy());
      socket.on('data', (chunk: Buffer) => {
        heard.push(chunk.toString('latin1'));
        socket.end(`heard ${chunk.toString('latin1')}`);
      });
    });
    const refusal = new Promise<string>((resolve) => {
      server.on('tlsClientError', (error, socket) => {
        refused.push(whyTlsFailed(error, 'accepted', socket));
        resolve(refused[0] ?? '');
      });
    });
    return { port: await portOf(server), heard, refused, refusal };
  }

  /** Says hello; resolves with the answer, or with why there was none. */
  async function dial(port: number, options: ConnectionOptions): Promise<string> {
    const socket = connectTls({ port, ...options });
    socket.once('secureConnect', () => socket.write('hello'));
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
    let failure: string | undefined;
    socket.on('error', (error) => (failure ??= whyTlsFailed(error, 'dialled')));
    await closeOf(socket);
    return failure ?? (answer === '' ? closedWithoutWord(true) : answer);
  }

  async function speakPlain(port: number, text: string): Promise<string> {
    const socket = connectTcp(port, here);
    socket.write(text);
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    await closeOf(socket);
    return answer;
  }

  it('two hosts of one cluster hear each other, in TLS 1.3', async () => {
    const listener = await listen(certificates.host);
    for (const host of [here, 'localhost']) {
      expect(await dial(listener.port, peerDialOptions(certificates.host, host))).to.equal('heard hello');
    }
    const socket = connectTls({ port: listener.port, ...peerDialOptions(certificates.host, here) });
    await once(socket, 'secureConnect');
    expect(socket.getProtocol()).to.equal('TLSv1.3');
    expect(isProvedPeer(socket)).to.equal(true);
    socket.destroy();
    await once(socket, 'close');
    expect(listener.refused).to.deep.equal([]);
  });

  interface Stranger {
    readonly name: string;
    readonly options: (certificates: Certificates) => ConnectionOptions;
    readonly theyAreTold: RegExp;
    readonly weSay: RegExp;
  }
  const strangers: readonly Stranger[] = [
    {
      name: 'without a certificate',
      options: ({ host }) => ({ ca: host.ca, host: here }),
      theyAreTold: /wants a certificate of ours/,
      weSay: /showed no certificate/,
    },
    {
      name: 'with a certificate of another authority',
      options: ({ forged }) => peerDialOptions(forged, here),
      theyAreTold: /accept our certificate/,
      weSay: /not signed by the CA in --tls-ca/,
    },
    {
      name: 'of another cluster',
      options: ({ other }) => peerDialOptions(other, here),
      theyAreTold: /not signed by the CA in --tls-ca/,
      weSay: /not signed by the CA in --tls-ca|went away/,
    },
    {
      name: 'of another cluster that does not care who we are',
      options: ({ other }) => ({ ...peerDialOptions(other, here), rejectUnauthorized: false }),
      theyAreTold: /accept our certificate/,
      weSay: /not signed by the CA in --tls-ca/,
    },
    {
      name: 'whose certificate has expired',
      options: ({ expired }) => peerDialOptions(expired, here),
      theyAreTold: /accept our certificate/,
      weSay: /has expired: make a new one/,
    },
    {
      name: 'that speaks TLS 1.2 at most',
      options: ({ host }) => ({
        ...peerDialOptions(host, here),
        minVersion: 'TLSv1.2',
        maxVersion: 'TLSv1.2',
      }),
      theyAreTold: /does not speak our version of TLS/,
      weSay: /only old versions of TLS/,
    },
  ];
  for (const { name, options, theyAreTold, weSay } of strangers) {
    it(`a peer ${name} is refused before a byte of it is heard`, async () => {
      const listener = await listen(certificates.host);
      expect(await dial(listener.port, options(certificates))).to.match(theyAreTold);
      expect(await listener.refusal).to.match(weSay);
      expect(listener.heard).to.deep.equal([]);
      expect(await dial(listener.port, peerDialOptions(certificates.host, here))).to.equal('heard hello');
    });
  }

  const plain: readonly (readonly [string, string, RegExp])[] = [
    ['HTTP', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', /speaks HTTP/],
    ['a proxy request', 'CONNECT x:1 HTTP/1.1\r\n\r\n', /speaks HTTP/],
    ['the Redis protocol', '*1\r\n$4\r\nPING\r\n', /does not speak TLS/],
    ['frames without TLS', '\u0016\u0000\u0000\u0000\u0001{"versionLow":1}', /does not speak TLS/],
  ];
  for (const [name, text, weSay] of plain) {
    it(`${name} on the port is refused at once`, async () => {
      const listener = await listen(certificates.host);
      const answer = await speakPlain(listener.port, text);
      expect(answer).to.not.include('heard');
      expect(await listener.refusal).to.match(weSay);
      expect(listener.heard).to.deep.equal([]);
      expect(await dial(listener.port, peerDialOptions(certificates.host, here))).to.equal('heard hello');
    });
  }

  it('who went away during the handshake is told by the address it had', async () => {
    let tell = (_: string): void => undefined;
    const refusal = new Promise<string>((resolve) => (tell = resolve));
    const { host: tls } = certificates;
    const connector = createTcpConnector({ tls, dialMsMax: 5_000, refused: (from) => tell(from) });
    const listener = await connector.listen(`${here}:0`, () => expect.fail('it was let in'));
    const socket = connectTcp({ host: here, port: Number(listener.address.split(':')[1]) });
    await once(socket, 'connect');
    const from = `${here}:${socket.localPort}`;
    socket.resetAndDestroy();
    expect(await refusal).to.equal(from);
    await listener.close();
  });

  it('a host that proves to be another than the one that was dialled is not talked to', async () => {
    const listener = await listen(certificates.elsewhere);
    for (const host of [here, 'localhost']) {
      expect(await dial(listener.port, peerDialOptions(certificates.host, host))).to.match(/for other names/);
    }
    expect(listener.heard).to.deep.equal([]);
  });

  it('a host whose certificate has expired is not talked to', async () => {
    const listener = await listen(certificates.expired);
    expect(await dial(listener.port, peerDialOptions(certificates.host, here))).to.match(/has expired/);
    expect(listener.heard).to.deep.equal([]);
  });

  it('a host without TLS is not talked to', async () => {
    const silent = await portOf(createServer((socket) => void socket.once('data', () => socket.end())));
    expect(await dial(silent, peerDialOptions(certificates.host, here))).to.match(/does it speak TLS/);
    const gateway = await portOf(
      createServer((socket) => void socket.once('data', () => socket.end('-ERR what?\r\n'))),
    );
    expect(await dial(gateway, peerDialOptions(certificates.host, here))).to.match(/does not speak TLS/);
  });

  it('clients of the gateway show no certificate and see one', async () => {
    const server = createTlsServer(gatewayServerOptions(certificates.host, 5_000), (socket: TLSSocket) => {
      socket.once('data', () => socket.end('heard'));
    });
    const port = await portOf(server);
    expect(await dial(port, gatewayDialOptions(certificates.host.ca, 'localhost'))).to.equal('heard');
    expect(await dial(port, gatewayDialOptions(certificates.other.ca, here))).to.match(
      /not signed by the CA/,
    );
  });
});
