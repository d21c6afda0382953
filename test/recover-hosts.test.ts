/** Recovery with loss across hosts, as processes: two of three are killed at once, and what the third holds is served again. */
import { expect } from 'chai';
import type { RingStats, WithoutQuorum } from '../src/admin.js';
import { runHere, type Ran } from './cli/running.js';
import { eventually, Hosts, isIdeal, overlayOf, type TestHost } from './support/hosts.js';

const keys = Array.from({ length: 100 }, (_, index) => `key ${index}`);
const valueOf = (key: string): string => `value of ${key}`;
const partitions = 256;
const flags = ['-n', '2', '--listen'];

async function statsOf({ redis }: TestHost): Promise<RingStats> {
  return JSON.parse(String(await redis.call('RONDO.STATS'))) as RingStats;
}

async function heldBy(host: TestHost): Promise<number> {
  const { nodes } = await statsOf(host);
  const own = nodes.filter(({ address }) => address.startsWith(`${host.address}/`));
  return own.reduce((sum, { records, copies }) => sum + records + copies, 0);
}

function recoverAt({ redis }: TestHost, { partition }: Pick<WithoutQuorum, 'partition'>): Promise<Ran> {
  const gateway = `127.0.0.1:${redis.options.port}`;
  return runHere(['recover', String(partition), '--accept-loss', '--connect', gateway]);
}

describe('a ring of hosts that loses two of three at once', function () {
  this.timeout(240_000);
  let hosts: Hosts;
  beforeEach(() => (hosts = new Hosts()));
  afterEach(() => hosts.end());

  it('is not recovered while they may live, but at the third when others are at their addresses', async () => {
    const first = await hosts.start(...flags, '127.0.0.1:0', '-k', '3', '--partitions', String(partitions));
    const second = await hosts.start(...flags, '127.0.0.1:0', '--join', first.address);
    const third = await hosts.start(...flags, '127.0.0.1:0', '--join', first.address);
    await eventually(
      () => overlayOf(third),
      (overlay) => isIdeal(overlay, 6),
    );
    await Promise.all(keys.map((key) => third.redis.set(key, valueOf(key))));
    // Replica groups follow the ring by and by: now each record has a copy on each host.
    await eventually(
      () => Promise.all([first, second, third].map((host) => heldBy(host))),
      (held) => held.every((count) => count === keys.length),
    );

    for (const host of [first, second]) host.signal('SIGKILL');
    await Promise.all([first.ended, second.ended]);
    const { partitionsWithoutQuorum: lost } = await eventually(
      async () => (await statsOf(third)).ring,
      (ring) => ring.partitionsWithoutQuorum.length === partitions,
    );
    const refused = third.redis.get('key 1').catch(String);
    const early = await recoverAt(third, { partition: 17 });
    expect(early.code).to.equal(1);
    expect(early.stderr).to.match(/BUSY host .* is out of reach, and its nodes may live/);

    expect(await refused).to.match(/NOQUORUM/);
    // Together: a node finds no place beside one that does not answer and may live.
    const others = await Promise.all(
      [first, second].map(({ address }) => hosts.start(...flags, address, '--join', third.address)),
    );
    const recoveries = new Map<number, Ran>();
    // Several partitions at once, as a script would.
    const left = [...lost];
    const inTurn = async (): Promise<void> => {
      for (let each = left.pop(); each !== undefined; each = left.pop())
        recoveries.set(each.partition, await recoverAt(third, each));
    };
    await Promise.all(Array.from({ length: 8 }, inTurn));
    let records = 0;
    for (const [partition, { code, stdout, stderr }] of recoveries) {
      const told = new RegExp(
        `^recovered partition ${partition} in epoch 1\\.\\d+: (\\d+) records, (?:from )?(.*)$`,
        'm',
      );
      expect([code, stderr], `partition ${partition}`).to.deep.equal([0, '']);
      expect(stdout).to.match(told);
      const [, saved = '', survivors = ''] = told.exec(stdout) ?? [];
      if (saved === '0') continue;
      const isOfThird = survivors.split(', ').every((node) => node.startsWith(`${third.address}/`));
      expect(isOfThird, stdout).to.equal(true);
      records += Number(saved);
    }
    expect(records, 'each is there once').to.equal(keys.length);
    for (const host of [third, ...others]) {
      const values = await Promise.all(keys.map((key) => host.redis.get(key)));
      expect(values).to.deep.equal(keys.map(valueOf));
    }
    await Promise.all(keys.map((key) => third.redis.set(key, 'new')));
    await eventually(
      async () => (await statsOf(third)).ring,
      ({ partitionsWithoutQuorum, recordsBelowReplicas }) =>
        partitionsWithoutQuorum.length === 0 && recordsBelowReplicas === 0,
    );
    const again = await recoverAt(third, { partition: 17 });
    expect(again.stderr).to.contain('has a quorum in epoch 1.');
  });
});
