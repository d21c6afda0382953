/** ioredis, node-redis and redis-cli against the gateway: what users bring along works. */
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createClient } from 'redis';
import { startGateway, type RunningGateway } from '../../runner/gateway/server.js';
import type { TlsTexts } from '../../src/bridge-options.js';
import { createCertificates } from '../support/certificates.js';
import { createFakeRing } from '../support/fake-ring.js';

const run = promisify(execFile);

for (const way of ['plain', 'TLS'] as const) describeClients(way);

function describeClients(way: 'plain' | 'TLS'): void {
  describe(`real clients, ${way}`, () => {
    let gateway: RunningGateway;
    let tls: TlsTexts | undefined;
    let folder: string;

    before(async () => {
      tls = way === 'TLS' ? (await createCertificates()).host : undefined;
      folder = await mkdtemp(join(tmpdir(), 'rondo-clients-'));
      await writeFile(join(folder, 'ca.crt'), tls?.ca ?? '');
    });
    after(() => rm(folder, { recursive: true }));

    beforeEach(async () => {
      const ring = createFakeRing();
      gateway = await startGateway({
        client: ring.client,
        admin: ring.admin,
        port: 0,
        passwords: ['secret'],
        ...(tls === undefined ? {} : { tls }),
      });
    });

    afterEach(() => gateway.close());

    for (const protocol of [2, 3] as const) {
      it(`ioredis works and pipelines in RESP${protocol}`, async () => {
        const redis = new Redis({
          port: gateway.port,
          password: 'secret',
          protocol,
          maxRetriesPerRequest: 0,
          ...(tls === undefined ? {} : { tls: { ca: tls.ca } }),
        });
        try {
          expect(await redis.set('key', 'value', 'EX', 100)).to.equal('OK');
          expect(await redis.get('key')).to.equal('value');
          expect(await redis.ttl('key')).to.equal(100);
          const bytes = Buffer.from([0, 13, 10, 255]);
          await redis.set(bytes, bytes);
          expect(await redis.getBuffer(bytes)).to.deep.equal(bytes);
          const results = await redis
            .pipeline()
            .set('a', '1')
            .get('a')
            .mget('a', 'none')
            .get('none')
            .del('a')
            .exec();
          expect(results).to.deep.equal([
            [null, 'OK'],
            [null, '1'],
            [null, ['1', null]],
            [null, null],
            [null, 1],
          ]);
          const found: string[] = [];
          for await (const keys of redis.scanStream({ match: 'k*' })) found.push(...keys);
          expect(found).to.deep.equal(['key']);
          expect(JSON.parse(String(await redis.call('RONDO.OVERLAY')))).to.have.lengthOf(3);
          const failure = await redis.call('NONSENSE').then(String, String);
          expect(failure).to.include('unknown command');
        } finally {
          redis.disconnect();
        }
      });

      it(`node-redis works and pipelines in RESP${protocol}`, async () => {
        const redis = createClient({
          RESP: protocol,
          password: 'secret',
          socket: {
            port: gateway.port,
            reconnectStrategy: false,
            ...(tls === undefined ? {} : { tls: true, ca: tls.ca }),
          },
        });
        const errors: unknown[] = [];
        redis.on('error', (error: unknown) => errors.push(error));
        await redis.connect();
        try {
          expect(await redis.set('key', 'value', { expiration: { type: 'EX', value: 100 } })).to.equal('OK');
          expect(await redis.get('key')).to.equal('value');
          const replies = await Promise.all(
            Array.from({ length: 200 }, (_, index) => [
              redis.set(`k${index}`, `v${index}`),
              redis.get(`k${index}`),
            ]).flat(),
          );
          expect(replies[399]).to.equal('v199');
          expect(await redis.mGet(['k1', 'none'])).to.deep.equal(['v1', null]);
          expect(await redis.dbSize()).to.equal(201);
          const found = new Set<string>();
          for await (const keys of redis.scanIterator({ COUNT: 20 })) for (const key of keys) found.add(key);
          expect(found).to.have.lengthOf(201);
          expect(await redis.configGet('maxclients')).to.include({ maxclients: '1024' });
          expect(errors).to.deep.equal([]);
        } finally {
          await redis.close();
        }
      });
    }

    describe('redis-cli', () => {
      const secure = (): readonly string[] =>
        tls === undefined ? [] : ['--tls', '--cacert', join(folder, 'ca.crt')];

      const asked = (...words: string[]): readonly string[] => [
        '-p',
        String(gateway.port),
        '-a',
        'secret',
        '--no-auth-warning',
        ...secure(),
        ...words,
      ];

      async function cli(...words: string[]): Promise<string> {
        const { stdout } = await run('redis-cli', asked(...words));
        return stdout;
      }

      before(async function () {
        try {
          await run('redis-cli', ['--version']);
        } catch {
          console.log('      skipped: no redis-cli on the PATH (Debian: apt-get install redis-tools)');
          this.skip();
        }
      });

      it('gets and sets', async () => {
        expect(await cli('set', 'key', 'a value')).to.equal('OK\n');
        expect(await cli('get', 'key')).to.equal('a value\n');
        expect(await cli('-3', 'get', 'none')).to.equal('\n');
        expect(await cli('nonsense')).to.include('unknown command');
        expect(await cli('--scan')).to.equal('key\n');
        expect(JSON.parse(await cli('rondo.overlay'))).to.have.lengthOf(3);
      });

      it('loads a mass of requests through a pipe', async () => {
        const requests = Array.from(
          { length: 2_000 },
          (_, index) => `SET key${index} value${index}\r\n`,
        ).join('');
        const child = execFile('redis-cli', asked('--pipe'));
        let output = '';
        child.stdout?.on('data', (text: string) => (output += text));
        child.stdin?.end(requests);
        await new Promise((resolve) => child.once('close', resolve));
        expect(output).to.match(/errors: 0, replies: 2000/);
        expect(await cli('dbsize')).to.equal('2000\n');
      });
    });
  });
}
