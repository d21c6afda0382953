/** What every wire promises, whatever carries it: the same tests over TCP, TLS and NATS. */
import { expect } from 'chai';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { RondoError } from '../../src/errors.js';
import { openNatsConnector } from '../../src/io/nats-wire.js';
import { createTcpConnector } from '../../src/io/tcp-wire.js';
import type { Connector, Listener } from '../../src/io/wire.js';
import { parseNatsServers } from '../../src/nats-options.js';
import { createCertificates } from '../support/certificates.js';
import { hasNatsServer, natsMissing, startNatsServer, type NatsServer } from '../support/nats-server.js';
import type { StallingSettings } from '../support/stalling-listener.js';
import { WireEnd } from '../support/wire-end.js';

interface Carrier {
  readonly name: string;
  /** Undefined where it cannot run here. */
  open(): Promise<{ connector: Connector; close(): Promise<void>; nats?: string } | undefined>;
  /** Where to listen; the second for another listener. */
  readonly addresses: readonly [string, string];
  /** Where nobody listens, and what no dial takes. */
  readonly nobody: string;
  readonly invalid: string;
}

const dialMsMax = 3_000;
const refused = (): void => undefined;

const tcp = {
  addresses: ['127.0.0.1:0', '127.0.0.1:0'],
  nobody: '127.0.0.1:1',
  invalid: 'no address',
} as const;
const carriers: readonly Carrier[] = [
  {
    name: 'TCP',
    open: () => {
      const connector = createTcpConnector({ tls: undefined, dialMsMax, refused });
      return Promise.resolve({ connector, close: () => Promise.resolve() });
    },
    ...tcp,
  },
  {
    name: 'TLS',
    open: async () => {
      const { host: tls } = await createCertificates();
      return { connector: createTcpConnector({ tls, dialMsMax, refused }), close: () => Promise.resolve() };
    },
    ...tcp,
  },
  {
    name: 'NATS',
    open: async () => {
      if (!hasNatsServer()) return undefined;
      const server: NatsServer = await startNatsServer();
      const servers = parseNatsServers(server.url);
      const connector = await openNatsConnector({
        servers,
        clusterName: 'test',
        ownName: 'a',
        dialMsMax,
        refused,
      });
      return { connector, close: () => server.close(), nats: server.url };
    },
    addresses: ['a', 'b'],
    nobody: 'nobody',
    invalid: 'no.name',
  },
];

for (const carrier of carriers) {
  describe(`wires over ${carrier.name}`, function () {
    this.timeout(30_000);
    let connector: Connector;
    let nats: string | undefined;
    let closeCarrier = (): Promise<void> => Promise.resolve();
    const listeners: Listener[] = [];
    const ends: WireEnd[] = [];

    before(async function () {
      const opened = await carrier.open();
      if (opened === undefined) {
        console.log(`      ${natsMissing}`);
        return this.skip();
      }
      ({ connector, nats } = opened);
      closeCarrier = opened.close;
    });
    afterEach(async () => {
      for (const { wire } of ends.splice(0)) wire?.close('the test has ended');
      for (const listener of listeners.splice(0)) await listener.close();
    });
    after(async () => {
      await connector?.close();
      await closeCarrier();
    });

    async function listen(
      at: string = carrier.addresses[0],
    ): Promise<{ address: string; next(): Promise<WireEnd> }> {
      const accepted: WireEnd[] = [];
      let tell = (): void => undefined;
      const listener = await connector.listen(at, (wire) => {
        const end = new WireEnd();
        end.wire = wire;
        ends.push(end);
        accepted.push(end);
        tell();
        return end;
      });
      listeners.push(listener);
      return {
        address: listener.address,
        async next() {
          if (accepted.length === 0) await new Promise<void>((resolve) => (tell = resolve));
          const [end] = accepted.splice(0, 1);
          if (end === undefined) throw new Error('nothing was accepted');
          return end;
        },
      };
    }
    function dial(address: string): WireEnd {
      const end = new WireEnd();
      end.wire = connector.dial(address, end);
      ends.push(end);
      return end;
    }
    async function connected(): Promise<readonly [WireEnd, WireEnd]> {
      const { address, next } = await listen();
      const near = dial(address);
      const far = await next();
      await near.untilOpened();
      return [near, far];
    }

    it('carries bytes both ways in order, however they are cut', async () => {
      const [near, far] = await connected();
      const sizes = [1, 2, 3_000_000, 1, 70_000, 262_144, 262_145, 5];
      const there = sizes.map((size, at) => Buffer.alloc(size, at + 1));
      const back = [...sizes].reverse().map((size, at) => Buffer.alloc(size, 100 + at));
      for (const [at, chunk] of there.entries()) {
        near.wire?.send(chunk);
        far.wire?.send(back[at] ?? chunk);
      }
      const total = sizes.reduce((sum, size) => sum + size, 0);
      expect((await far.untilBytes(total)).equals(Buffer.concat(there))).to.equal(true);
      expect((await near.untilBytes(total)).equals(Buffer.concat(back))).to.equal(true);
      expect(near.heard).to.deep.equal(['opened']);
    });

    it('sends what was given to it before it had opened', async () => {
      const { address, next } = await listen();
      dial(address).wire?.send(Buffer.from('early'));
      const far = await next();
      expect((await far.untilBytes(5)).toString()).to.equal('early');
    });

    it('tells when the carrier has taken each chunk, in order', async () => {
      const [near, far] = await connected();
      const taken: number[] = [];
      for (let at = 0; at < 50; at++) near.wire?.send(Buffer.alloc(1_000), () => taken.push(at));
      await far.untilBytes(50_000);
      await new Promise<void>((resolve) => near.wire?.send(Buffer.alloc(1), resolve));
      expect(taken).to.deep.equal(Array.from({ length: 50 }, (_, at) => at));
    });

    it('lets what was sent leave before it closes; each end hears why, once', async () => {
      const [near, far] = await connected();
      for (let at = 0; at < 100; at++) near.wire?.send(Buffer.alloc(100_000, at));
      near.wire?.close('enough');
      near.wire?.close('again');
      near.wire?.send(Buffer.from('too late'));
      expect(await near.untilClosed()).to.equal('enough');
      expect(await far.untilClosed()).to.match(/^the other end closed it/);
      expect(far.bytes.length).to.equal(10_000_000);
      far.wire?.close('not needed');
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(near.heard).to.deep.equal(['opened', 'closed: enough']);
      expect(far.heard).to.have.length(1);
    });

    it('hears nothing after it was closed, and tells of nothing taken', async () => {
      const [near, far] = await connected();
      far.wire?.send(Buffer.from('never heard'));
      near.wire?.close('enough');
      let told = false;
      near.wire?.send(Buffer.from('x'), () => (told = true));
      await near.untilClosed();
      await far.untilClosed();
      expect(near.bytes.length).to.equal(0);
      expect(told).to.equal(false);
    });

    it('keeps wires of one listener apart', async () => {
      const { address, next } = await listen();
      const one = dial(address);
      const first = await next();
      const two = dial(address);
      const second = await next();
      one.wire?.send(Buffer.from('one'));
      two.wire?.send(Buffer.from('two'));
      expect((await first.untilBytes(3)).toString()).to.equal('one');
      expect((await second.untilBytes(3)).toString()).to.equal('two');
      one.wire?.close('enough');
      await first.untilClosed();
      second.wire?.send(Buffer.from('still'));
      expect((await two.untilBytes(5)).toString()).to.equal('still');
    });

    it('says that nobody is there, and never opens', async () => {
      const startMs = performance.now();
      const end = dial(carrier.nobody);
      expect(await end.untilClosed()).to.match(/ECONNREFUSED|nobody listens there/);
      expect(end.heard).to.have.length(1);
      expect(performance.now() - startMs).to.be.below(dialMsMax / 2);
    });

    it('refuses to dial what is no address, in the same way', async () => {
      const end = dial(carrier.invalid);
      expect(end.heard).to.deep.equal([]);
      expect(await end.untilClosed()).to.match(/is no (address|name)/);
    });

    it('refuses to listen where another listens', async () => {
      const { address } = await listen();
      const error = await connector.listen(address, () => new WireEnd()).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(RondoError);
      expect(error).to.have.property('code', 'CONNECTION');
    });

    it('takes no further wire when the listener has closed; those that are open stay', async () => {
      const [near, far] = await connected();
      const [listener] = listeners.splice(0);
      // Over TCP it resolves only when the last wire has ended, too.
      const closed = listener?.close();
      expect(await dial(listener?.address ?? '').untilClosed()).to.match(/ECONNREFUSED|nobody listens there/);
      near.wire?.send(Buffer.from('still'));
      expect((await far.untilBytes(5)).toString()).to.equal('still');
      near.wire?.close('enough');
      await closed;
    });

    it('takes no more for an end that stands still than it has room for', async function () {
      if (carrier.name === 'TLS') this.skip();
      const gate = new Int32Array(new SharedArrayBuffer(4)).fill(1);
      const settings: StallingSettings = { nats, address: carrier.addresses[1], gate };
      const worker = new Worker(new URL('../support/stalling-listener.js', import.meta.url), {
        workerData: settings,
      });
      try {
        const [address] = (await once(worker, 'message')) as [string];
        const near = dial(address);
        await near.untilOpened();
        const chunk = Buffer.alloc(1024 * 1024);
        let taken = 0;
        for (let at = 0; at < 128; at++) near.wire?.send(chunk, () => taken++);
        let before = -1;
        // Until nothing moves any more.
        for (; before !== taken; await new Promise((resolve) => setTimeout(resolve, 500))) before = taken;
        // Sockets have buffers of some MiB in the kernel; over NATS it is the window.
        expect(taken).to.be.below(nats === undefined ? 64 : 8);
        Atomics.store(gate, 0, 0);
        Atomics.notify(gate, 0);
        for await (const [bytes] of on(worker)) if (bytes === 128 * chunk.length) break;
        await new Promise<void>((resolve) => near.wire?.send(Buffer.alloc(1), resolve));
        expect(taken).to.equal(128);
      } finally {
        await worker.terminate();
      }
    });
  });
}

async function* on(worker: Worker): AsyncGenerator<readonly unknown[]> {
  for (;;) yield (await once(worker, 'message')) as unknown[];
}
