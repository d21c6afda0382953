import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { createRing, RondoError, type NodeStatus, type Ring, type RingOptions } from '../actors/index.js';

const quick: RingOptions = { stabilizeIntervalMs: 100, antiEntropyIntervalMs: 200, logLevel: 'silent' };

async function withRing(options: RingOptions, work: (ring: Ring) => Promise<void>): Promise<void> {
  const ring = await createRing({ ...quick, ...options });
  try {
    await work(ring);
  } finally {
    await ring.close();
  }
}

/** Waits for a condition on real threads; fails with the last state seen when it does not come true in 40 s. */
async function eventually<T>(look: () => Promise<T>, holds: (state: T) => boolean): Promise<T> {
  const untilMs = Date.now() + 40_000;
  for (;;) {
    const state = await look();
    if (holds(state)) return state;
    if (Date.now() > untilMs) throw new Error(`it did not come true: ${JSON.stringify(state)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Whether predecessors and first successors are inverse to each other all around. */
function isIdeal(nodes: readonly NodeStatus[]): boolean {
  return nodes.every((node, index) => {
    const next = nodes[(index + 1) % nodes.length];
    const isAlone = next === undefined || nodes.length === 1;
    return (
      node.state === 'member' && (isAlone || (node.successors[0] === next.id && next.predecessor === node.id))
    );
  });
}

async function whole(ring: Ring, nodes: number): Promise<void> {
  await eventually(
    async () => ({ overlay: await ring.admin.overlay(), stats: (await ring.admin.stats()).ring }),
    ({ overlay, stats }) => overlay.length === nodes && isIdeal(overlay) && stats.recordsBelowReplicas === 0,
  );
}

const entries = Array.from({ length: 500 }, (_, index) => [`key ${index}`, `value ${index}`] as const);

async function missing(ring: Ring): Promise<string[]> {
  const client = ring.client();
  const values = await client.getMany(entries.map(([key]) => key));
  await client.close();
  return entries
    .filter(([, value], index) => Buffer.from(values[index] ?? []).toString() !== value)
    .map(([key]) => key);
}

for (const consistency of ['linearizable', 'eventual'] as const) {
  describe(`ring of threads in ${consistency} mode`, () => {
    it('puts, gets, appends, deletes, counts and scans, with text and with any bytes', () =>
      withRing({ nodes: 4, consistency }, async (ring) => {
        const client = ring.client();
        expect(await client.get('absent')).to.equal(undefined);
        expect(await client.put('key', 'välue')).to.equal(true);
        expect(await client.getString('key')).to.equal('välue');
        expect(await client.put('key', 'x', { onlyIf: 'absent' })).to.equal(false);
        expect(await client.append('log', 'one')).to.equal(3);
        expect(await client.append('log', ' two')).to.equal(7);
        const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
        await client.put(bytes, bytes);
        expect(await client.get(bytes)).to.deep.equal(bytes);
        await client.put('__proto__', 'ordinary');
        expect(await client.getString('__proto__')).to.equal('ordinary');
        expect(await client.count()).to.equal(4);
        const scanned: string[] = [];
        for await (const [key] of client.scan()) scanned.push(Buffer.from(key).toString('latin1'));
        expect(scanned.sort()).to.deep.equal(
          ['__proto__', 'key', 'log', Buffer.from(bytes).toString('latin1')].sort(),
        );
        expect(await client.delete('key')).to.equal(true);
        expect(await client.delete('key')).to.equal(false);
        expect(await client.getMany(['log', 'key'])).to.deep.equal([
          Uint8Array.from(Buffer.from('one two')),
          undefined,
        ]);
      }));

    it('keeps every record through a join, a departure, and the death of a thread', () =>
      withRing({ nodes: 5, replicas: 3, consistency }, async (ring) => {
        const client = ring.client();
        await client.putMany(entries);
        await ring.admin.join(1);
        expect(await missing(ring)).to.deep.equal([]);
        await whole(ring, 6);
        const [first] = await ring.admin.overlay();
        await ring.admin.depart(first?.address ?? '');
        expect(await missing(ring)).to.deep.equal([]);
        await whole(ring, 5);
        const [second] = await ring.admin.overlay();
        await ring.admin.kill(second?.id.slice(0, 12) ?? '');
        await whole(ring, 4);
        expect(await missing(ring)).to.deep.equal([]);
      })).timeout(60_000);

    for (const fault of [{ type: 'throw' }, { type: 'exit' }] as const) {
      it(`heals when a node's thread ends by a fault: ${fault.type}`, () =>
        withRing({ nodes: 5, replicas: 3, consistency }, async (ring) => {
          await ring.client().putMany(entries);
          await whole(ring, 5);
          const [first] = await ring.admin.overlay();
          await ring.injectFault(first?.id ?? '', fault);
          await whole(ring, 4);
          expect(await missing(ring)).to.deep.equal([]);
        })).timeout(60_000);
    }

    it('goes on from one node, and with more copies wanted than there are nodes', () =>
      withRing({ nodes: 1, replicas: 3, consistency }, async (ring) => {
        expect(ring.warnings.join()).to.contain('k = 3');
        await ring.client().putMany(entries);
        await ring.admin.join(2);
        await whole(ring, 3);
        await eventually(
          async () => (await ring.admin.stats()).ring.copies,
          (copies) => copies === 2 * entries.length,
        );
        expect(await missing(ring)).to.deep.equal([]);
      })).timeout(60_000);

    it('traces a key to the nodes that hold it', () =>
      withRing({ nodes: 4, replicas: 3, consistency }, async (ring) => {
        const trace = await ring.admin.trace('key');
        const overlay = await ring.admin.overlay();
        expect(trace.group).to.have.length(3);
        expect(overlay.map(({ id }) => id)).to.include.members(trace.group.map(({ id }) => id));
        expect(trace.hops.at(-1)?.via).to.equal('home');
      }));

    it('shares one loader between the threads of a program', () =>
      withRing({ nodes: 3, replicas: 1, consistency }, async (ring) => {
        const counter = new Int32Array(new SharedArrayBuffer(4));
        const source = `
        const { parentPort, workerData } = require('node:worker_threads');
        import(workerData.module).then(async ({ connect }) => {
          const client = connect(workerData.port);
          const value = await client.getOrSet('page', async () => {
            Atomics.add(workerData.counter, 0, 1);
            await new Promise((resolve) => setImmediate(resolve));
            return 'rendered';
          });
          await client.close();
          parentPort.postMessage(Buffer.from(value).toString());
        });`;
        const values = await Promise.all(
          Array.from({ length: 3 }, () => {
            const port = ring.port();
            const module = new URL('../actors/index.js', import.meta.url).href;
            const worker = new Worker(source, {
              eval: true,
              workerData: { port, module, counter },
              transferList: [port],
            });
            return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
          }),
        );
        expect(values).to.deep.equal(['rendered', 'rendered', 'rendered']);
        expect(counter[0]).to.equal(1);
      }));
  });
}

describe('ring of threads in linearizable mode alone', () => {
  it('counts and compares, whoever counts at the same time', () =>
    withRing({ nodes: 3, consistency: 'linearizable' }, async (ring) => {
      const clients = [ring.client(), ring.client(), ring.client()];
      const sums = await Promise.all(
        Array.from({ length: 90 }, (_, index) => clients[index % 3]?.increment('counter')),
      );
      expect(sums.toSorted((x, y) => Number(x) - Number(y))).to.deep.equal(
        Array.from({ length: 90 }, (_, index) => index + 1),
      );
      await clients[0]?.put('lock', 'free');
      const taken = await Promise.all(
        clients.map((client, index) => client.compareAndSet('lock', 'free', `client ${index}`)),
      );
      expect(taken.filter(Boolean)).to.have.length(1);
      const error: unknown = await clients[0]?.increment('lock').catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(RondoError).with.property('code', 'INVALID_ARGUMENT');
    }));

  it('answers nothing without a quorum, and says that it did nothing or cannot know', () =>
    withRing({ nodes: 2, replicas: 2, allowEven: true, consistency: 'linearizable' }, async (ring) => {
      expect(ring.warnings.join()).to.contain('k = 2');
      const client = ring.client();
      await client.put('key', 'value');
      const [first] = await ring.admin.overlay();
      await ring.admin.kill(first?.id ?? '');
      const codeOf = async (call: Promise<unknown>): Promise<unknown> => {
        const error: unknown = await call.catch((reason: unknown) => reason);
        return error instanceof RondoError ? error.code : error;
      };
      const options = { timeoutMs: 6_000 };
      const [read, change] = await Promise.all(
        [client.get('key', options), client.delete('key', options)].map(codeOf),
      );
      expect(read).to.equal('NOQUORUM');
      expect(change).to.be.oneOf(['NOQUORUM', 'UNKNOWN']);
    })).timeout(30_000);

  it('offers no recovery in eventual mode', () =>
    withRing({ nodes: 1, replicas: 1, consistency: 'eventual' }, async (ring) => {
      const error: unknown = await ring.admin.recover(1, true).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(RondoError).with.property('code', 'UNSUPPORTED');
    }));
});

describe('ring of threads', () => {
  it('ends a node whose event loop stands still, and heals', async () => {
    const program = fileURLToPath(new URL('./support/stalled-node.js', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [program], { timeout: 50_000 });
    expect(stdout.trim()).to.equal('0 missing');
  }).timeout(60_000);

  it('says which node is meant, or why none is', () =>
    withRing({ nodes: 3 }, async (ring) => {
      const error: unknown = await ring.admin.kill('local/17').catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(RondoError).with.property('code', 'NOT_FOUND');
    }));

  it('fails calls with CLOSED after it was closed, and closes twice in peace', async () => {
    const ring = await createRing({ ...quick, nodes: 3 });
    const client = ring.client();
    await client.put('key', 'value');
    await ring.close();
    await ring.close();
    const error: unknown = await client.get('key').catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(RondoError).with.property('code', 'CLOSED');
  });
});

describe('ring options', () => {
  const wrong: readonly [RingOptions, string][] = [
    [{ nodes: 0 }, 'nodes'],
    [{ replicas: 8 }, 'replicas (k)'],
    [{ replicas: 1.5 }, 'replicas (k)'],
    [{ partitions: 300 }, 'power of two'],
    [{ successors: 1, replicas: 5 }, 'successors (r)'],
    [{ consistency: 'linearizable', replicas: 4 }, 'allowEven'],
    [{ maxEntries: -1 }, 'maxEntries'],
  ];
  for (const [options, named] of wrong) {
    it(`are refused by name before a thread starts: ${JSON.stringify(options)}`, async () => {
      const error: unknown = await createRing(options).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(RondoError);
      expect(String(error)).to.contain(named);
    });
  }
});
