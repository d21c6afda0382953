/** How many view changes a node drives at once: V1 of docs/design/replication.md, on a ring whose partitions all lose a member. */
import { expect } from 'chai';
import type { Peer } from '../../../src/peer.js';
import {
  changesMax,
  driveEveryMs,
  hintSoonMs,
  shrinkAfterMs,
  warmingMax,
} from '../../../src/replication/linearizable/timing.js';
import { a, b, c, d, SiteWorld } from './harness.js';

const partitions = 64;
/** Its identifier lies between b's and c's. */
const ledByC = 30;

/** The most that any of the nodes had at once, looked at whenever a message is sent. */
function watchDriving(world: SiteWorld, nodes: readonly Peer[]): { warming: number; proposing: number } {
  const most = { warming: 0, proposing: 0 };
  world.carries = () => {
    for (const node of nodes) {
      const driven = [...world.engine(node).site.betweenViews].filter(({ driving }) => driving !== undefined);
      const warming = driven.filter(({ phase }) => phase === 'warming').length;
      most.warming = Math.max(most.warming, warming);
      most.proposing = Math.max(most.proposing, driven.length - warming);
    }
    return true;
  };
  return most;
}

function membersOf(world: SiteWorld, node: Peer, partition: number): string | undefined {
  return world
    .slot(node, partition)
    .view?.members.map(({ address }) => address.slice(0, 1))
    .join('');
}

describe('Driving view changes', () => {
  it('goes on with a few at a time, to the last, when a member of most partitions has died', () => {
    const world = new SiteWorld({ partitions }).found(a, b, c, d);
    const most = watchDriving(world, [a, b, d]);
    world.kill(c);
    world.pass(2_000);
    expect(most.proposing, 'proposed at once').to.be.within(1, changesMax);
    expect(most.warming, 'copied at once').to.be.within(1, warmingMax);
    const groups = Array.from({ length: partitions }, (_, partition) => membersOf(world, a, partition));
    expect(new Set(groups)).to.deep.equal(new Set(['26e', '6e2', 'e26']));
  });

  it('lets leaders take over first after a death, and then begins changes one by one', () => {
    const world = new SiteWorld({ partitions }).found(a, b, c, d);
    const beginnings = new Map<string, number[]>();
    const seen = new Set<string>();
    world.carries = ({ from, message }) => {
      const { nowMs } = world;
      if (message.type === 'warmUp' && !seen.has(`${from}:${message.view.partition}`)) {
        seen.add(`${from}:${message.view.partition}`);
        beginnings.set(from, [...(beginnings.get(from) ?? []), nowMs]);
      }
      return true;
    };
    world.pass(3_000);
    const diedAtMs = world.nowMs;
    world.kill(c);
    expect(world.slot(d, ledByC).led, 'the next member leads at once').to.equal(true);
    world.pass(3_000);
    for (const times of beginnings.values()) {
      expect(times[0]).to.be.at.least(diedAtMs + hintSoonMs);
      for (const time of times) {
        const soonAfter = times.filter((other) => other >= time && other < time + 10 * driveEveryMs);
        expect(soonAfter).to.have.length.within(1, 10);
      }
    }
    expect(seen.size).to.be.above(partitions / 2);
  });

  it('proposes no other order of the same members while one of them is dead and nobody can come', () => {
    const world = new SiteWorld({ partitions }).found(b, c, d);
    world.kill(c);
    world.sent = [];
    world.pass(shrinkAfterMs / 2);
    expect(world.sent.filter(({ message }) => message.type === 'prepareView')).to.deep.equal([]);
    world.pass(shrinkAfterMs);
    expect(membersOf(world, b, 0)).to.equal('6e');
  });
});
