/** The gateway behind TLS: who does not speak it, or does not finish, costs little and harms nobody. */
import { expect } from 'chai';
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { bytesFromText } from '../../src/bytes.js';
import { RondoError } from '../../src/errors.js';
import { gatewayDialOptions } from '../../src/io/tls-options.js';
import { connect, type RespClientOptions } from '../../runner/gateway/resp-client.js';
import { startGateway, type GatewayOptions, type RunningGateway } from '../../runner/gateway/server.js';
import { createCertificates, type Certificates } from '../support/certificates.js';
import { createFakeRing } from '../support/fake-ring.js';
import { show } from './show.js';

const here = '127.0.0.1';
const ping = bytesFromText('PING');

const closeOf = (socket: Socket): Promise<void> =>
  new Promise((resolve) => void socket.once('close', () => resolve()));

describe('the gateway behind TLS', function () {
  this.timeout(60_000);
  let certificates: Certificates;
  const closers: (() => Promise<void>)[] = [];

  before(async () => {
    certificates = await createCertificates();
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  async function start(options: Partial<GatewayOptions> = {}): Promise<RunningGateway> {
    const ring = createFakeRing();
    const gateway = await startGateway({
      client: ring.client,
      admin: ring.admin,
      port: 0,
      tls: certificates.host,
      passwords: ['secret'],
      ...options,
    });
    closers.push(() => gateway.close());
    return gateway;
  }

  /** PONG, or why not. */
  async function reach(port: number, options: RespClientOptions, host = here): Promise<string> {
    try {
      const client = await connect(host, port, options);
      const pong = show(await client.call(ping));
      await client.close();
      return pong;
    } catch (error) {
      return error instanceof RondoError ? `${error.code} ${error.message}` : String(error);
    }
  }

  const known = (): RespClientOptions => ({ ca: certificates.host.ca, password: 'secret' });

  it('lets in who trusts its authority and has the password', async () => {
    const { port } = await start();
    expect(await reach(port, known())).to.equal('PONG');
    expect(await reach(port, known(), 'localhost')).to.equal('PONG');
  });

  it('tells everybody else what is missing', async () => {
    const { port } = await start();
    const { ca } = certificates.host;
    expect(await reach(port, { ca })).to.match(/^INVALID_ARGUMENT .*wants a password: --password-file/);
    expect(await reach(port, { ca, password: 'x' })).to.match(/^INVALID_ARGUMENT .*refused the password/);
    expect(await reach(port, { password: 'secret' })).to.match(/^CONNECTION .*give --tls-ca/);
    const other = { ca: certificates.other.ca, password: 'secret' };
    expect(await reach(port, other)).to.match(/^CONNECTION .*not signed by the CA in --tls-ca/);
  });

  it('is told apart from one without TLS, and from one for other names', async () => {
    const plain = await start({ tls: undefined });
    expect(await reach(plain.port, known())).to.match(/^CONNECTION .*does not speak TLS/);
    const elsewhere = await start({ tls: certificates.elsewhere });
    expect(await reach(elsewhere.port, known())).to.match(/^CONNECTION .*for other names/);
  });

  for (const [name, text] of [
    ['HTTP', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a request without TLS', '*1\r\n$4\r\nPING\r\n'],
  ] as const) {
    it(`closes at the first bytes of ${name}`, async () => {
      const gateway = await start();
      const socket = connectTcp(gateway.port, here);
      let answer = '';
      socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
      socket.on('error', () => undefined);
      socket.write(text);
      await closeOf(socket);
      expect(answer).to.not.include('PONG');
      expect(gateway.counters().connectionsRejected).to.equal(1);
      expect(await reach(gateway.port, known())).to.equal('PONG');
    });
  }

  it('drops who does not finish the handshake, and then who does not authenticate, in time', async () => {
    const gateway = await start({ limits: { unauthenticatedMs: 300 } });
    const silent = connectTcp(gateway.port, here);
    silent.on('error', () => undefined);
    await closeOf(silent);
    expect(gateway.counters().connectionsRejected).to.equal(1);
    const mute = connectTls({ port: gateway.port, ...gatewayDialOptions(certificates.host.ca, here) });
    mute.on('error', () => undefined);
    let said = '';
    mute.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')));
    await closeOf(mute);
    expect(said).to.equal('-ERR no authentication in time\r\n');
  });

  it('counts handshakes as connections, and lets others in when they are gone', async () => {
    const gateway = await start({ connectionsMax: 1, limits: { unauthenticatedMs: 1_000 } });
    const silent = connectTcp(gateway.port, here);
    silent.on('error', () => undefined);
    await once(silent, 'connect');
    expect(await reach(gateway.port, known())).to.match(/^CONNECTION /);
    silent.destroy();
    let answer = '';
    while (answer !== 'PONG') answer = await reach(gateway.port, known());
  });

  it('closes a client that takes no replies, as without TLS', async () => {
    const gateway = await start({
      limits: { outputPauseBytes: 64 << 10, outputBytesMax: 1 << 20, outputBytesHardMax: 4 << 20 },
    });
    const writer = await connect(here, gateway.port, known());
    const value = bytesFromText('x'.repeat(1 << 20));
    await writer.call(bytesFromText('SET'), bytesFromText('k'), value);
    const reader = connectTls({ port: gateway.port, ...gatewayDialOptions(certificates.host.ca, here) });
    reader.on('error', () => undefined);
    await once(reader, 'secureConnect');
    reader.pause();
    const keys = Array.from({ length: 64 }, () => '$1\r\nk\r\n').join('');
    reader.write(`AUTH secret\r\n*65\r\n$4\r\nMGET\r\n${keys}`);
    while (gateway.connections > 1) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(show(await writer.call(ping))).to.equal('PONG');
    await writer.close();
    reader.destroy();
  });

  it('closes in time although somebody is in the middle of a handshake', async () => {
    const gateway = await start();
    const silent = connectTcp(gateway.port, here);
    silent.on('error', () => undefined);
    await once(silent, 'connect');
    const closed = closeOf(silent);
    await gateway.close();
    await closed;
  });
});
