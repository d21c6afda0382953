/** The gateway on a real socket: its address, its limits on connections, and the small client that comes with it. */
import { expect } from 'chai';
import { once } from 'node:events';
import { connect as connectTcp, createServer } from 'node:net';
import { bytesFromText, type ByteString } from '../../src/bytes.js';
import { RondoError } from '../../src/errors.js';
import { statuses } from '../../src/wire/requests.js';
import { connect, type RespClient } from '../../runner/gateway/resp-client.js';
import { bytesOf } from '../../runner/gateway/resp-value.js';
import { startGateway, type GatewayOptions, type RunningGateway } from '../../runner/gateway/server.js';
import { createFakeRing, replyOf } from '../support/fake-ring.js';
import { show } from './show.js';

const words = (...texts: string[]): ByteString[] => texts.map(bytesFromText);

/** What the promise was rejected with. */
async function failureOf(promise: Promise<unknown>): Promise<RondoError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof RondoError) return error;
    throw error;
  }
  throw new Error('expected a failure');
}

describe('the gateway server', () => {
  const closers: (() => Promise<void>)[] = [];

  async function start(
    options: Partial<GatewayOptions> = {},
  ): Promise<RunningGateway & { ring: ReturnType<typeof createFakeRing> }> {
    const ring = createFakeRing();
    const gateway = await startGateway({ client: ring.client, admin: ring.admin, port: 0, ...options });
    closers.push(() => gateway.close());
    return Object.assign(gateway, { ring });
  }

  async function open(port: number, password?: string): Promise<RespClient> {
    const client = await connect('127.0.0.1', port, password === undefined ? {} : { password });
    closers.push(() => client.close());
    return client;
  }

  /** Sends bytes, ends, and reads until the other side has ended. */
  async function exchange(port: number, text: string): Promise<string> {
    const socket = connectTcp(port, '127.0.0.1');
    socket.end(Buffer.from(text, 'latin1'));
    let received = '';
    socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
    await once(socket, 'close');
    return received;
  }

  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  it('answers a client that ends its side at once', async () => {
    const { port } = await start();
    expect(await exchange(port, 'SET k v\r\nGET k\r\n')).to.equal('+OK\r\n$1\r\nv\r\n');
  });

  it('tells a browser where it is, and closes', async () => {
    const { port } = await start();
    expect(await exchange(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')).to.match(
      /^-ERR this is a Redis protocol port, not HTTP/,
    );
  });

  it('serves many calls at a time in order, with bytes of any kind', async () => {
    const client = await open((await start()).port);
    const value = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('latin1');
    const replies = await Promise.all(
      Array.from({ length: 500 }, (_, index) => [
        client.call(...words('SET', `k${index}`, `${index}${value}`)),
        client.call(...words('GET', `k${index}`)),
      ]).flat(),
    );
    for (let index = 0; index < 500; index++) {
      const reply = replies[index * 2 + 1];
      expect(reply === undefined ? '' : bytesOf(reply)).to.equal(bytesFromText(`${index}${value}`));
    }
    expect(client.outstanding).to.equal(0);
  });

  it('rejects a call with the code that the reply starts with', async () => {
    const { port, ring } = await start();
    const client = await open(port);
    ring.intercept = () => replyOf(statuses.busy, 'full');
    expect(await failureOf(client.call(...words('GET', 'k')))).to.include({
      code: 'BUSY',
      message: 'BUSY full',
    });
    ring.intercept = () => replyOf(statuses.unknown, 'who knows');
    expect(await failureOf(client.call(...words('SET', 'k', 'v')))).to.include({ code: 'UNKNOWN' });
    expect(await failureOf(client.call(...words('NONSENSE')))).to.include({ code: 'INVALID_ARGUMENT' });
  });

  it('asks for one of two passwords', async () => {
    const { port } = await start({ passwords: ['old', 'new'] });
    for (const password of ['old', 'new']) {
      expect(show(await (await open(port, password)).call(...words('PING')))).to.equal('PONG');
    }
    expect(await failureOf(open(port))).to.include({ code: 'INVALID_ARGUMENT' });
    expect(await failureOf(open(port, 'wrong'))).to.include({ code: 'INVALID_ARGUMENT' });
  });

  it('turns away connections over the maximum, and lets others in again', async () => {
    const { port } = await start({ connectionsMax: 1 });
    const first = await open(port);
    expect(await exchange(port, '')).to.equal('-ERR max number of clients reached\r\n');
    await first.close();
    let reply = '';
    while (reply !== '+PONG\r\n') reply = await exchange(port, 'PING\r\n');
  });

  it('counts', async () => {
    const gateway = await start();
    expect(await exchange(gateway.port, 'PING\r\nPING\r\n')).to.equal('+PONG\r\n+PONG\r\n');
    const { commandsProcessed, connectionsReceived, bytesReceived, bytesSent } = gateway.counters();
    expect([commandsProcessed, connectionsReceived, bytesReceived, bytesSent]).to.deep.equal([2, 1, 12, 14]);
  });

  it('says what to do when the port is in use', async () => {
    const { port, address, ring } = await start();
    const failure = await failureOf(startGateway({ client: ring.client, admin: ring.admin, port }));
    expect(failure.code).to.equal('INVALID_ARGUMENT');
    expect(failure.message).to.include(address).and.include('already in use').and.include('--resp');
  });

  it('refuses to serve other machines unless told that this is meant', async () => {
    const ring = createFakeRing();
    const options = { client: ring.client, admin: ring.admin, port: 0, host: '0.0.0.0' };
    expect(await failureOf(startGateway({ ...options, passwords: ['secret'] })))
      .to.have.property('message')
      .that.includes('--insecure');
    const { port } = await start({ host: '0.0.0.0', insecure: true });
    const client = await open(port);
    expect(await failureOf(client.call(...words('FLUSHALL'))))
      .to.have.property('message')
      .that.includes('switched off');
  });

  it('answers what is in flight when it is closed', async () => {
    const gateway = await start();
    const client = await open(gateway.port);
    let answer = (): void => undefined;
    const asked = new Promise<void>((resolveAsked) => {
      gateway.ring.intercept = () => {
        resolveAsked();
        return new Promise((resolve) => (answer = () => resolve(replyOf(statuses.ok, 'late'))));
      };
    });
    const reply = client.call(...words('GET', 'k'));
    await asked;
    const closed = gateway.close();
    answer();
    expect(show(await reply)).to.equal('"late"');
    await closed;
    await gateway.close();
    expect(await failureOf(client.call(...words('PING')))).to.include({ code: 'CONNECTION' });
  });

  it('leaves the outcome of a call unknown when the connection is lost', async () => {
    const server = createServer((socket) => {
      socket.once('data', () => {
        socket.write('%0\r\n');
        socket.once('data', () => socket.destroy());
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(async () => {
      server.close();
      await once(server, 'close');
    });
    const address = server.address();
    const client = await open(typeof address === 'object' && address !== null ? address.port : 0);
    expect(await failureOf(client.call(...words('SET', 'k', 'v')))).to.include({ code: 'UNKNOWN' });
    expect(await failureOf(client.call(...words('SET', 'k', 'v')))).to.include({ code: 'CONNECTION' });
  });

  it('is not found where nothing listens', async () => {
    const { port } = await start();
    for (const close of closers.splice(0)) await close();
    const failure = await failureOf(connect('127.0.0.1', port));
    expect(failure.code).to.equal('CONNECTION');
    expect(failure.message).to.include(`127.0.0.1:${port}`);
  });

  it('is not waited for beyond the time given', async () => {
    const server = createServer((socket) => socket.resume());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(async () => {
      server.close();
      await once(server, 'close');
    });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    expect(await failureOf(connect('127.0.0.1', port, { timeoutMs: 50 })))
      .to.have.property('message')
      .that.includes('50 ms');
  });

  it('fails what is outstanding when the client is closed', async () => {
    const { port, ring } = await start();
    const client = await open(port);
    ring.intercept = () => new Promise(() => undefined);
    const reply = failureOf(client.call(...words('GET', 'k')));
    await client.close();
    await client.close();
    expect(await reply).to.include({ code: 'CLOSED' });
  });
});
