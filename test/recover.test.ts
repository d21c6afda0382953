/** Recovery with loss on real threads: two of four nodes end at once, and every partition that they had a quorum of begins anew. */
import { expect } from 'chai';
import { createRing, RondoError } from '../actors/index.js';
import { startGateway } from '../runner/gateway/server.js';
import type { Trace } from '../src/admin.js';
import { runHere } from './cli/running.js';

const keys = Array.from({ length: 200 }, (_, index) => `key ${index}`);

async function eventually<T>(look: () => Promise<T>, holds: (state: T) => boolean): Promise<T> {
  const untilMs = Date.now() + 40_000;
  for (;;) {
    const state = await look();
    if (holds(state)) return state;
    if (Date.now() > untilMs) throw new Error(`it did not come true: ${JSON.stringify(state)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function codeOf(call: Promise<unknown>): Promise<unknown> {
  const error: unknown = await call.catch((reason: unknown) => reason);
  return error instanceof RondoError ? error : `no error but ${String(error)}`;
}

describe('a ring of threads that loses two of four nodes at once', function () {
  this.timeout(120_000);

  it('answers NOQUORUM, is recovered partition by partition, and serves all again', async () => {
    const ring = await createRing({
      nodes: 4,
      replicas: 3,
      consistency: 'linearizable',
      stabilizeIntervalMs: 100,
      logLevel: 'silent',
    });
    const client = ring.client();
    const gateway = await startGateway({ client, admin: ring.admin, port: 0 });
    const rondo = (...words: string[]) => runHere([...words, '--connect', gateway.address]);
    try {
      await Promise.all(keys.map((key) => client.put(key, `value of ${key}`)));
      const traces = new Map<string, Trace>();
      for (const key of keys) traces.set(key, await ring.admin.trace(key));

      const refused = await codeOf(ring.admin.recover(0, true));
      expect(refused).to.be.instanceOf(RondoError).with.property('code', 'INVALID_ARGUMENT');

      const [first, second] = await ring.admin.overlay();
      const victims = [first?.address ?? '', second?.address ?? ''];
      await Promise.all(victims.map((node) => ring.admin.kill(node)));
      // Of four nodes and k = 3 any two are a majority of the members of about half of the partitions.
      const expected = keys.filter((key) => {
        const group = traces.get(key)?.group.map(({ address }) => address) ?? [];
        return victims.every((node) => group.includes(node));
      });
      const lost = await eventually(
        async () => (await ring.admin.stats()).ring.partitionsWithoutQuorum,
        (list) =>
          expected.every((key) => list.some(({ partition }) => partition === traces.get(key)?.partition)),
      );
      for (const { waitsFor } of lost) expect([...waitsFor].sort()).to.deep.equal([...victims].sort());
      const [key = ''] = expected;
      const error = await codeOf(client.get(key, { timeoutMs: 8_000 }));
      expect(error).to.be.instanceOf(RondoError).with.property('code', 'NOQUORUM');
      expect(String(error)).to.contain('in epoch 0.1').and.contain(victims[0]);

      const stats = await rondo('stats');
      expect(stats.stdout).to.match(/^partitions without a quorum: \d+ /m);
      const [one, ...others] = lost;
      const ran = await rondo('recover', String(one?.partition), '--accept-loss');
      expect(ran).to.deep.include({ code: 0, stderr: '' });
      expect(ran.stdout).to.match(
        new RegExp(
          `^recovered partition ${one?.partition} in epoch 1\\.\\d+: \\d+ records, from local/\\d\\n$`,
        ),
      );
      for (const { partition } of others) {
        const recovery = await ring.admin.recover(partition, true);
        expect(recovery).to.deep.include({ partition });
        expect(recovery.epoch).to.match(/^1\.\d+$/);
        expect([...recovery.lost].sort()).to.deep.equal([...victims].sort());
        expect(recovery.records).to.equal(
          keys.filter((each) => traces.get(each)?.partition === partition).length,
        );
      }

      const values = await Promise.all(keys.map((each) => client.getString(each)));
      expect(values).to.deep.equal(keys.map((each) => `value of ${each}`));
      await Promise.all(keys.map((each) => client.put(each, 'new')));
      await eventually(
        async () => (await ring.admin.stats()).ring.partitionsWithoutQuorum,
        (list) => !list.some(({ partition }) => lost.some((each) => each.partition === partition)),
      );
      const again = await rondo('recover', String(one?.partition), '--accept-loss');
      expect(again.code).to.equal(1);
      expect(again.stderr).to.contain('has a quorum in epoch 1.');
    } finally {
      await gateway.close();
      await ring.close();
    }
  });
});
