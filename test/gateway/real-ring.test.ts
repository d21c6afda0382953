/** The gateway in front of a ring of worker threads: the path that users take, end to end. */
import { expect } from 'chai';
import { createRing, type Ring } from '../../actors/index.js';
import { bytesFromText } from '../../src/bytes.js';
import { connect, type RespClient } from '../../runner/gateway/resp-client.js';
import { startGateway, type RunningGateway } from '../../runner/gateway/server.js';
import { show } from './show.js';

for (const consistency of ['linearizable', 'eventual'] as const)
  describe(`the gateway in front of a ring in ${consistency} mode`, function () {
    this.timeout(20_000);
    let ring: Ring;
    let gateway: RunningGateway;
    let client: RespClient;

    const call = async (...words: string[]) => show(await client.call(...words.map(bytesFromText)));
    const failure = (...words: string[]) => call(...words).then(String, String);

    before(async () => {
      ring = await createRing({ nodes: 3, consistency });
      gateway = await startGateway({ client: ring.client(), admin: ring.admin, port: 0 });
      client = await connect('127.0.0.1', gateway.port);
    });

    after(async () => {
      await client.close();
      await gateway.close();
      await ring.close();
    });

    it('stores and counts what many calls at a time put', async () => {
      const keys = Array.from({ length: 500 }, (_, index) => `key${index}`);
      await Promise.all(keys.map((key) => call('SET', key, `value of ${key}`)));
      const values = await Promise.all(keys.map((key) => call('GET', key)));
      expect(values).to.deep.equal(keys.map((key) => `"value of ${key}"`));
      expect(await call('DBSIZE')).to.equal('500');
    });

    it('scans every key once', async () => {
      const found: string[] = [];
      let cursor = '0';
      do {
        const reply = await client.call(...['SCAN', cursor, 'COUNT', '30'].map(bytesFromText));
        const [next, keys] = reply.type === 'array' ? reply.items : [];
        if (next?.type !== 'bulk' || keys?.type !== 'array') throw new Error(show(reply));
        expect(BigInt(next.bytes) < 2n ** 64n).to.equal(true);
        cursor = next.bytes;
        found.push(...keys.items.map(show));
      } while (cursor !== '0');
      expect(found).to.have.lengthOf(500);
      expect(new Set(found)).to.have.lengthOf(500);
    });

    it('tells whether there was a value before', async () => {
      expect(await call('SET', 'previous', '', 'GET')).to.equal('nil');
      expect(await call('SET', 'previous', 'x', 'GET')).to.equal('""');
      expect(await call('SET', 'previous', 'y', 'NX', 'GET')).to.equal('"x"');
      expect(await call('SET', 'other', 'y', 'XX', 'GET')).to.equal('nil');
    });

    it('passes on what the ring refuses', async () => {
      expect(await failure('RONDO.KILL', 'nobody')).to.include('nobody');
    });

    it('counts and compares where one leader decides, and else says what it needs', async () => {
      const replies = [
        await failure('INCRBY', 'counter', '5'),
        await failure('INCRBYFLOAT', 'float', '0.1'),
        await failure('SET', 'previous', 'z', 'IFEQ', 'x', 'GET'),
        await failure('RONDO.CAS', 'previous', 'y', 'z'),
      ];
      if (consistency === 'linearizable') expect(replies).to.deep.equal(['5', '"0.1"', '"x"', '0']);
      else for (const reply of replies) expect(reply).to.include('linearizable');
      expect(await call('GETDEL', 'previous')).to.equal(consistency === 'linearizable' ? '"z"' : '"x"');
    });

    it('shows its nodes and the way to a key', async () => {
      expect(await call('RONDO.OVERLAY')).to.include('member');
      expect(await call('RONDO.TRACE', 'key1')).to.include('partition');
      expect(await call('RONDO.STATS')).to.include('latency');
    });

    it('is empty after FLUSHALL', async () => {
      expect(await call('FLUSHALL')).to.equal('OK');
      expect(await call('DBSIZE')).to.equal('0');
    });
  });
