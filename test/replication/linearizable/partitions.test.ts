/** Requests for a whole partition in linearizable mode: scan, count and flush. */
import { expect } from 'chai';
import { trustBytes } from '../../../src/bytes.js';
import type { Peer } from '../../../src/peer.js';
import { learnView } from '../../../src/replication/linearizable/learning.js';
import {
  driveEveryMs,
  requestMsMax,
  tickMs,
  viewSettleMs,
} from '../../../src/replication/linearizable/timing.js';
import { opcodes, statuses, unpackScanPage } from '../../../src/wire/requests.js';
import { peer } from '../harness.js';
import { a, b, c, d, partition, SiteWorld } from './harness.js';

function holding(...keys: readonly string[]): SiteWorld {
  const world = new SiteWorld().found(a, b, c, d);
  for (const key of keys) world.await(world.put(b, key, `${key}1`));
  world.deliver();
  return world;
}

/** All records, in pages of `limit`. */
function scan(
  world: SiteWorld,
  node: Peer,
  limit: number,
): { records: Record<string, string>; pages: number } {
  const records: Record<string, string> = {};
  let cursor = '';
  for (let pages = 1; ; pages++) {
    const { status, value } = world.await(world.request(node, opcodes.scan, '', cursor, { number: limit }));
    expect(status).to.equal(statuses.ok);
    const page = unpackScanPage(trustBytes(value));
    for (const [key, found] of page.records) records[key] = found;
    if (page.next === undefined) return { records, pages };
    cursor = page.next;
  }
}

describe('A scan', () => {
  it('shows every record once, page by page, and no deleted one', () => {
    const keys = Array.from({ length: 20 }, (_, index) => `k${index}`);
    const world = holding(...keys);
    world.await(world.request(b, opcodes.delete, 'k7'));
    const { records, pages } = scan(world, b, 5);
    expect(Object.keys(records).sort()).to.deep.equal(keys.filter((key) => key !== 'k7').sort());
    expect(records['k3']).to.equal('k31');
    expect(pages).to.be.greaterThan(3);
  });

  it('shows what a quorum holds, though the asked member does not', () => {
    const world = holding('k');
    world.holds = ({ from, to }) => from === b.id || to === b.id;
    const put = world.request(c, opcodes.put, 'l', 'l1', { moves: 2 });
    expect(world.await(put).status).to.equal(statuses.ok);
    world.bag = [];
    world.holds = () => false;
    expect(world.contents(b)).to.deep.equal({ k: 'k1' });
    expect(scan(world, b, 10).records).to.deep.equal({ k: 'k1', l: 'l1' });
  });

  it('is asked for again when the partition changes hands meanwhile', () => {
    const world = holding('k');
    world.holds = () => true;
    const page = world.request(b, opcodes.scan, '', '', { number: 10 });
    const listing = [...world.bag];
    const { members } = world.slot(b);
    learnView(world.engine(b).site, {
      partition,
      epoch: 2,
      members,
      previousEpoch: 1,
      previous: members,
      wipes: false,
    });
    for (const envelope of listing) world.deliverOne(envelope);
    world.deliverAll('keysListed');
    world.tick(b);
    expect(world.answer(page)?.status).to.equal(statuses.tryAgain);
  });
});

describe('A count', () => {
  it('is of the live records of the partitions that a node leads', () => {
    const world = holding('k', 'l', 'm');
    world.await(world.request(b, opcodes.delete, 'm'));
    expect(world.await(world.request(b, opcodes.count, '')).value).to.equal('2');
    expect(world.await(world.request(c, opcodes.count, '')).value).to.equal('0');
  });
});

describe('A flush', () => {
  it('empties the partition everywhere with a view change, and leaves no tombstones', () => {
    const world = holding('k', 'l');
    expect(world.await(world.request(b, opcodes.flush, '')).status).to.equal(statuses.ok);
    world.pass(500);
    for (const node of [b, c, d]) {
      expect(world.contents(node)).to.deep.equal({});
      expect(world.slot(node)).to.include({ status: 'active', epoch: 2 });
    }
    expect(world.await(world.get(b, 'k')).status).to.equal(statuses.absent);
    expect(world.await(world.put(b, 'k', 'k2')).status).to.equal(statuses.ok);
    expect(world.await(world.get(b, 'k')).value).to.equal('k2');
  });

  it('lets versions go on growing, so that whether a change before it took effect stays unknown', () => {
    const world = holding('k');
    const version = world.register(b, 'k')?.version ?? 0;
    world.carries = ({ message, from }) => message.type !== 'registerAnswers' || from === b.id;
    const put = world.put(b, 'k', 'k2');
    world.deliver();
    world.carries = () => true;
    expect(world.await(world.request(b, opcodes.flush, '')).status).to.equal(statuses.ok);
    expect(world.await(put).status).to.equal(statuses.unknown);
    expect(world.slot(b).versionFloor).to.be.greaterThan(version);
    expect(world.await(world.get(b, 'k')).status).to.equal(statuses.absent);
  });

  it("is not answered by another node's flush that was decided before it was asked for", () => {
    const world = holding('k');
    const { members } = world.slot(b);
    const view = { partition, epoch: 2, members, previousEpoch: 1, previous: members, wipes: true };
    world.holds = ({ from, to }) => from === b.id || to === b.id;
    for (const node of [c, d]) learnView(world.engine(node).site, view);
    world.deliver();
    expect(world.await(world.request(c, opcodes.put, 'k', 'k2', { moves: 2 })).status).to.equal(statuses.ok);
    // b has heard nothing and is asked to flush what it takes for its own.
    const flush = world.request(b, opcodes.flush, '');
    world.holds = () => false;
    expect(world.await(flush).status).to.equal(statuses.ok);
    expect(world.await(world.get(b, 'k')).status).to.equal(statuses.absent);
  });

  it('of many partitions does not wait as changes do that copy them', () => {
    const world = new SiteWorld({ partitions: 256 }).found(a, b, c, d);
    const led = Array.from({ length: 256 }, (_, of) => of).filter((of) => world.slot(b, of).led);
    expect(led).to.have.length.above(50);
    const flushes = led.map((of) => world.request(b, opcodes.flush, '', '', { of }));
    world.pass(2 * tickMs);
    for (const flush of flushes) expect(world.answer(flush)?.status).to.equal(statuses.ok);
  });

  it('of partitions that a newcomer has to copy first waits as their other changes do', () => {
    const world = new SiteWorld({ partitions: 256 }).found(a, b, c, d);
    const led = Array.from({ length: 256 }, (_, of) => of).filter((of) => world.slot(b, of).led);
    world.join(peer('7'));
    world.pass(viewSettleMs);
    for (const of of led) world.request(b, opcodes.flush, '', '', { of });
    world.sent = [];
    world.pass(10 * tickMs);
    const begun = world.sent.filter(({ from, message }) => from === b.id && message.type === 'warmUp').length;
    expect(begun).to.be.within(1, (10 * tickMs) / driveEveryMs);
  });

  it('is unknown when no quorum decides it in time', () => {
    const world = holding('k');
    world.carries = () => false;
    const flush = world.request(b, opcodes.flush, '');
    world.nowMs += requestMsMax;
    expect(world.await(flush).status).to.equal(statuses.unknown);
  });
});
