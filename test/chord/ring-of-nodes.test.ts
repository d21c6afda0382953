/** Nodes together, over a virtual clock: joining, dying, leaving, and what comes of it. */
import { expect } from 'chai';
import { fingerStart } from '../../src/chord/finger-table.js';
import { successorAmong } from '../../src/chord/directory.js';
import type { NodeRuntime } from '../../actors/node/runtime.js';
import { peerNamed, VirtualRing } from '../support/virtual-ring.js';

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `node/${index}`);

function joinAll(ring: VirtualRing, all: readonly string[], pauseMs: number): void {
  const [first = '', ...others] = all;
  ring.found([first]);
  for (const name of others) {
    ring.join(name, peerNamed(first));
    ring.clock.advance(pauseMs);
  }
}

function statesOf(ring: VirtualRing): readonly string[] {
  return [...ring.nodes.values()].map((node: NodeRuntime) => node.inspect().state);
}

describe('a ring of nodes', () => {
  it('is ideal after 16 nodes joined one by one', () => {
    const ring = new VirtualRing();
    joinAll(ring, names(16), 3_000);
    ring.clock.advance(20_000);
    expect(new Set(statesOf(ring))).to.deep.equal(new Set(['member']));
    expect(ring.flaws()).to.deep.equal([]);
  });

  it('is ideal after 15 nodes joined a single one at once', () => {
    const ring = new VirtualRing();
    joinAll(ring, names(16), 0);
    ring.clock.advance(60_000);
    expect(new Set(statesOf(ring))).to.deep.equal(new Set(['member']));
    expect(ring.flaws()).to.deep.equal([]);
  });

  it('is ideal from the first moment when all are founders, fingers included', () => {
    const ring = new VirtualRing();
    ring.found(names(64));
    expect(ring.flaws()).to.deep.equal([]);
    expectExactFingers(ring);
  });

  it('learns exact fingers, one a round', () => {
    const ring = new VirtualRing({ successors: 3 });
    joinAll(ring, names(16), 1_000);
    ring.clock.advance(60_000);
    expectExactFingers(ring);
  });

  it('heals when every third node dies', () => {
    const ring = new VirtualRing();
    ring.found(names(24));
    ring.clock.advance(2_000);
    ring.ringOrder().forEach((peer, index) => {
      if (index % 3 === 0) ring.kill(peer.id);
    });
    ring.clock.advance(20_000);
    expect(ring.nodes.size).to.equal(16);
    expect(ring.flaws()).to.deep.equal([]);
  });

  it('heals when half of its nodes leave, two at a time', () => {
    const ring = new VirtualRing();
    ring.found(names(16));
    ring.clock.advance(2_000);
    const order = ring.ringOrder();
    for (let index = 0; index < 16; index += 4) {
      for (const peer of order.slice(index, index + 2)) ring.nodes.get(peer.id)?.depart();
      ring.clock.advance(30_000);
    }
    expect(ring.left).to.have.length(8);
    expect(ring.flaws()).to.deep.equal([]);
  });
});

function expectExactFingers(ring: VirtualRing): void {
  const order = ring.ringOrder();
  for (const { self, inspect } of ring.nodes.values()) {
    const { fingers } = inspect().ring;
    for (const [index, id] of fingers) {
      expect(id, `${self.address} finger ${index}`).to.equal(
        successorAmong(order, fingerStart(self.id, index))?.id,
      );
    }
    expect(fingers.size, self.address).to.be.greaterThan(0);
  }
}
