/** What a leader removes: the least recently used, what has expired, and collected tombstones; and what members missed. */
import { expect } from 'chai';
import type { RingConfig } from '../../../src/config.js';
import { opcodes, statuses } from '../../../src/wire/requests.js';
import { a, b, c, d, SiteWorld } from './harness.js';

function led(config: Partial<RingConfig> = {}): SiteWorld {
  return new SiteWorld(config).found(a, b, c, d);
}

/** Live keys at a node. */
function keys(world: SiteWorld, node = b): string {
  return Object.entries(world.contents(node))
    .filter(([, value]) => value !== null)
    .map(([key]) => key)
    .join('');
}

describe('A bounded leader', () => {
  it('evicts exactly the least recently used, everywhere', () => {
    const world = led({ maxEntries: 3 });
    for (const key of ['k', 'l', 'm']) world.await(world.put(b, key, '1'));
    world.await(world.get(b, 'k'));
    world.await(world.put(b, 'n', '1'));
    world.pass(100);
    for (const node of [b, c, d]) expect(keys(world, node)).to.equal('kmn');
    expect(world.engine(b).site).to.include({ evicting: 0, requests: 0 });
    expect(world.engine(b).stats().evictions).to.equal(1);
  });

  it('counts a load through getOrReserve as a use', () => {
    const world = led({ maxEntries: 3 });
    for (const key of ['k', 'l', 'm']) world.await(world.put(b, key, '1'));
    expect(world.await(world.request(b, opcodes.getOrReserve, 'k', '', { number: 1_000 })).value).to.equal(
      '1',
    );
    world.await(world.put(b, 'n', '1'));
    world.pass(100);
    expect(keys(world)).to.equal('kmn');
  });

  it('evicts no more than the bytes beyond its bound', () => {
    const world = led({ maxBytes: 10 * 250 });
    for (const key of 'klmnopqrstuvwxyz') world.await(world.put(b, key, '1'));
    world.pass(100);
    expect(keys(world)).to.equal('qrstuvwxyz');
  });

  it('does not evict what was changed after it was chosen as the victim', () => {
    const world = led({ maxEntries: 1 });
    world.await(world.put(b, 'k', '1'));
    world.slot(b).lead = 'unclean';
    world.holds = () => true;
    world.put(b, 'l', '1');
    const put = world.put(b, 'k', '2');
    world.holds = () => false;
    expect(world.await(put).status).to.equal(statuses.ok);
    world.pass(200);
    expect(keys(world)).to.have.length(1);
    expect(world.engine(b).site).to.include({ evicting: 0, requests: 0 });
  });
});

describe('A record with a time to live', () => {
  it('is answered absent only after its end was accepted', () => {
    const world = led();
    world.await(world.request(b, opcodes.put, 'k', 'v', { number: 1_000 }));
    world.deliver();
    world.nowMs += 900;
    expect(world.await(world.get(b, 'k')).value).to.equal('v');
    world.nowMs += 1_000;
    world.holds = () => true;
    const read = world.get(b, 'k');
    expect(world.answer(read)).to.equal(undefined);
    expect(world.contents(b)).to.deep.equal({ k: null });
    world.holds = () => false;
    world.deliver();
    expect(world.answer(read)?.status).to.equal(statuses.absent);
    for (const node of [b, c, d]) expect(keys(world, node)).to.equal('');
  });

  it('goes at its end though nobody asks', () => {
    const world = led();
    world.await(world.request(b, opcodes.put, 'k', 'v', { number: 1_000 }));
    world.await(world.put(b, 'l', 'v'));
    world.nowMs += 1_000;
    world.pass(100);
    for (const node of [b, c, d]) expect(keys(world, node)).to.equal('l');
    expect(world.engine(b).stats().expirations).to.equal(1);
  });
});

describe('A tombstone', () => {
  it('is collected when all members hold it', () => {
    const world = led();
    world.await(world.put(b, 'k', 'v'));
    world.await(world.request(b, opcodes.delete, 'k'));
    world.pass(3_000);
    for (const node of [b, c, d]) {
      expect(world.contents(node)).to.deep.equal({});
      expect(world.slot(node).versionFloor).to.equal(2);
      expect(world.engine(node).site.tombstoneBytes).to.equal(0);
    }
  });

  it('stays as long as one member does not answer', () => {
    const world = led();
    world.await(world.put(b, 'k', 'v'));
    world.holds = ({ to }) => to === d.id;
    world.await(world.request(b, opcodes.delete, 'k'));
    world.pass(10_000);
    for (const node of [b, c]) expect(world.contents(node)).to.deep.equal({ k: null });
    expect(world.contents(d)).to.deep.equal({ k: 'v' });
    world.holds = () => false;
    world.bag = [];
    world.pass(10_000);
    for (const node of [b, c, d]) expect(world.contents(node)).to.deep.equal({});
  });

  it('lets nothing older in after it is gone', () => {
    const world = led();
    world.holds = ({ to }) => to === d.id;
    world.await(world.put(b, 'k', 'v'));
    const late = world.bag.find(({ to, message }) => to === d.id && message.type === 'registerAsks');
    world.bag = [];
    world.holds = () => false;
    world.await(world.request(b, opcodes.delete, 'k'));
    world.pass(5_000);
    expect(world.contents(d)).to.deep.equal({});
    if (late === undefined) throw new Error('nothing was late');
    world.deliverOne(late);
    expect(world.contents(d)).to.deep.equal({});
  });

  it('does not make the next new key cost more than one round trip for long', () => {
    const world = led();
    world.await(world.put(b, 'k', 'v'));
    world.await(world.request(b, opcodes.delete, 'k'));
    world.pass(5_000);
    world.asked();
    world.await(world.put(b, 'l', 'v'));
    expect(world.asked()).to.equal('aa');
  });
});

describe('A member that missed changes', () => {
  it('gets them when the partition is quiet', () => {
    const world = led();
    world.await(world.put(b, 'k', '1'));
    world.holds = ({ to }) => to === d.id;
    world.await(world.put(b, 'k', '2'));
    world.await(world.put(b, 'l', '1'));
    world.bag = [];
    world.holds = () => false;
    world.pass(5_000);
    expect(world.contents(d)).to.deep.equal({ k: '2', l: '1' });
  });
});

describe('A reservation', () => {
  const load = (world: SiteWorld, client: number): string =>
    world.request(b, opcodes.getOrReserve, 'k', '', { number: 1_000, client });

  it('lets one client load, and gives the others what it puts', () => {
    const world = led();
    expect(world.await(load(world, 1)).status).to.equal(statuses.reserved);
    const waiting = load(world, 2);
    world.pass(100);
    expect(world.answer(waiting)).to.equal(undefined);
    world.put(b, 'k', 'v');
    expect(world.answer(waiting)).to.equal(undefined);
    world.deliver();
    expect(world.answer(waiting)).to.deep.equal({ status: statuses.ok, value: 'v' });
  });

  it('goes to the next when it runs out, is given back, or its client is gone', () => {
    const world = led();
    load(world, 1);
    const [second, third, fourth] = [2, 3, 4].map((client) => load(world, client)) as [
      string,
      string,
      string,
    ];
    world.pass(900);
    expect(world.answer(second)).to.equal(undefined);
    world.pass(200);
    expect(world.answer(second)?.status).to.equal(statuses.reserved);
    world.request(b, opcodes.getOrReserve, 'k', '', { number: -1, client: 2 });
    expect(world.answer(third)?.status).to.equal(statuses.reserved);
    world.engine(b).clientClosed(3);
    expect(world.answer(fourth)?.status).to.equal(statuses.reserved);
  });

  it('ends with the lead: who waits is sent on', () => {
    const world = led();
    load(world, 1);
    const waiting = load(world, 2);
    world.engine(b).stopServing();
    expect(world.answer(waiting)?.status).to.equal(statuses.tryAgain);
    expect(world.engine(b).site.reservations.size).to.equal(0);
  });
});
