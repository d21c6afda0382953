/** A ring whose hosts speak neighbouring versions of the protocol between hosts, as while it is upgraded host by host. */
import { expect } from 'chai';
import { openBridge } from '../actors/bridge/bridge.js';
import { createRing, RondoError, type Ring, type RingOptions } from '../actors/index.js';
import { checkBridge } from '../src/bridge-options.js';
import { trustIdentifier } from '../src/chord/identifier.js';
import { defaultConfig } from '../src/config.js';
import { wireVersions } from '../src/wire/wire-versions.js';
import { eventually, isIdeal } from './support/hosts.js';

const keys = Array.from({ length: 200 }, (_, index) => `key ${index}`);
const older: RingOptions = { wireVersionMax: wireVersions.high - 1 };

/** What the host has of each record: when it is all of them, transfers between versions have come to an end. */
async function heldBy(ring: Ring): Promise<number> {
  const { nodes } = await ring.admin.stats();
  const own = nodes.filter(({ address }) => address.startsWith(`${ring.address}/`));
  return own.reduce((sum, { records, copies }) => sum + records + copies, 0);
}

async function putAll(ring: Ring, value: string): Promise<void> {
  const client = ring.client();
  await Promise.all(keys.map((key) => client.put(key, `${value} ${key}`)));
  await client.close();
}

async function wrongAt(ring: Ring, value: string): Promise<string[]> {
  const client = ring.client();
  const found = await Promise.all(keys.map((key) => client.getString(key)));
  await client.close();
  return keys.filter((key, index) => found[index] !== `${value} ${key}`);
}

describe('hosts of neighbouring versions', function () {
  this.timeout(120_000);
  const rings: Ring[] = [];
  afterEach(async () => {
    for (const ring of rings.splice(0)) await ring.close();
  });

  async function start(options: RingOptions): Promise<Ring> {
    const ring = await createRing({ nodes: 2, listen: '127.0.0.1:0', logLevel: 'silent', ...options });
    rings.push(ring);
    return ring;
  }

  for (const consistency of ['eventual', 'linearizable'] as const) {
    it(`are one ${consistency} ring while it is upgraded: records move, and each host puts and gets`, async () => {
      const first = await start({ ...older, replicas: 3, consistency });
      await putAll(first, 'before');
      const join = [first.address ?? ''];
      const all = [first, await start({ join }), await start({ ...older, join })];
      for (const ring of all) {
        await eventually(
          () => ring.admin.overlay(),
          (nodes) => isIdeal(nodes, 6),
        );
      }
      await eventually(
        () => Promise.all(all.map((ring) => heldBy(ring))),
        (held) => held.every((count) => count === keys.length),
      );
      for (const ring of all) expect(await wrongAt(ring, 'before')).to.deep.equal([]);
      for (const [index, ring] of all.entries()) {
        await putAll(ring, `by ${index}`);
        for (const other of all)
          await eventually(
            () => wrongAt(other, `by ${index}`),
            (wrong) => wrong.length === 0,
          );
      }
      // The next host is upgraded: it leaves, and comes back as a newer one.
      const [, second, third] = all;
      await third?.leave();
      await third?.close();
      const upgraded = await start({ join });
      await eventually(
        () => heldBy(upgraded),
        (count) => count === keys.length,
      );
      if (second === undefined) throw new Error('there are three hosts');
      for (const ring of [first, second, upgraded]) expect(await wrongAt(ring, 'by 2')).to.deep.equal([]);
    });
  }

  it('speak the highest version that both do, which each link says', async () => {
    const spoken: string[] = [];
    const config = { ...defaultConfig, clusterId: 'upgraded' };
    const open = async (name: string, digit: string, options: RingOptions) => {
      const checked = checkBridge({ listen: '127.0.0.1:0', ...options });
      if (checked === undefined) throw new Error('these are options of a bridge');
      const door = await openBridge(checked, (_, message, details) => {
        const { version } = Object(details) as { version?: number };
        if (message === 'a link to another host is open') spoken.push(`${name} ${version}`);
      });
      const { address: host } = door.own;
      const id = trustIdentifier(digit.repeat(40));
      const bridge = door.start(config, {
        nodes: () => [{ id, address: `${host}/0`, host, incarnation: 0 }],
        gone: () => [],
        isMember: () => true,
        attachPeer: () => false,
        attachClient: () => false,
        nextClient: () => 1,
        remoteAdded: () => undefined,
        remoteGone: () => undefined,
        remoteReach: () => undefined,
        answer: () => Promise.resolve(null),
      });
      return { door, bridge, host };
    };
    const one = await open('older', '1', older);
    const two = await open('newer', '2', {});
    const three = await open('newest', '3', {});
    try {
      two.bridge.learn([one.host]);
      await eventually(
        () => Promise.resolve([...spoken].sort()),
        (said) => said.join() === `newer ${wireVersions.high - 1},older ${wireVersions.high - 1}`,
      );
      spoken.length = 0;
      three.bridge.learn([two.host]);
      await eventually(
        () => Promise.resolve(spoken.filter((said) => said.includes(`newer ${wireVersions.high}`))),
        (said) => said.length === 1,
      );
    } finally {
      for (const { door } of [one, two, three]) await door.close();
    }
  });

  it('are refused a version that this release does not know', async () => {
    for (const wireVersionMax of [wireVersions.low - 1, wireVersions.high + 1, 1.5]) {
      const error: unknown = await start({ wireVersionMax }).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(RondoError).with.property('code', 'INVALID_ARGUMENT');
      expect(String(error)).to.contain('wireVersionMax must be from');
    }
  });
});
