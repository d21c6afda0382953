/** Nodes together, over a virtual clock: joining, dying, leaving, and what comes of it. */
import { expect } from 'chai';
import { fingerStart, lastFingerOf } from '../../src/chord/finger-table.js';
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
    const ring = new VirtualRing({ partitions: 32 });
    joinAll(ring, names(16), 1_000);
    ring.clock.advance(10_000);
    expect(new Set(statesOf(ring))).to.deep.equal(new Set(['member']));
    expect(ring.flaws()).to.deep.equal([]);
  });

  it('is ideal after 15 nodes joined a single one at once', () => {
    const ring = new VirtualRing({ partitions: 32 });
    joinAll(ring, names(16), 0);
    ring.clock.advance(20_000);
    expect(new Set(statesOf(ring))).to.deep.equal(new Set(['member']));
    expect(ring.flaws()).to.deep.equal([]);
  });

  it('is ideal from the first moment when all are founders, fingers included', () => {
    const ring = new VirtualRing({ partitions: 32 });
    ring.found(names(64));
    expect(ring.flaws()).to.deep.equal([]);
    expectExactFingers(ring);
  });

  it('learns exact fingers, one a round', () => {
    const ring = new VirtualRing({ partitions: 32, successors: 3 });
    joinAll(ring, names(12), 500);
    ring.clock.advance(30_000);
    expectExactFingers(ring);
  });

  it('heals when every third node dies', () => {
    const ring = new VirtualRing({ partitions: 32 });
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
    const ring = new VirtualRing({ partitions: 32 });
    ring.found(names(16));
    ring.clock.advance(2_000);
    const order = ring.ringOrder();
    for (let index = 0; index < 16; index += 4) {
      for (const peer of order.slice(index, index + 2)) ring.nodes.get(peer.id)?.depart();
      ring.clock.advance(15_000);
    }
    expect(ring.left).to.have.length(8);
    expect(ring.flaws()).to.deep.equal([]);
  });

  it('keeps turning when all nodes ask their successors at the same instant', () => {
    const ring = new VirtualRing({ partitions: 32, successors: 3 });
    ring.random = () => 0.5;
    ring.found(names(12));
    for (const node of ring.nodes.values()) node.actor.send({ type: 'stabilizeDue' });
    ring.clock.advance(10);
    const busy = ring.packets.flatMap(({ messages }) => messages).filter(({ type }) => type === 'busy');
    expect(busy.length, 'everybody hears busy').to.be.greaterThan(6);
    // Clocks that strike together for ever are the world's worst; real ones are jittered.
    const seeded = new VirtualRing({}, 5).random;
    ring.random = seeded;
    const joiner = ring.join('late', [...ring.nodes.values()][0]?.self ?? peerNamed('node/0'));
    ring.clock.advance(15_000);
    expect(joiner.inspect().state).to.equal('member');
    expect(ring.flaws()).to.deep.equal([]);
  });

  for (const count of [1, 2, 3]) {
    it(`of ${count} is read from the directory, through a join, a death and a departure`, () => {
      const ring = new VirtualRing({ partitions: 32 });
      joinAll(ring, names(count), 2_000);
      ring.clock.advance(3_000);
      expect(ring.flaws()).to.deep.equal([]);
      ring.join('another', peerNamed('node/0'));
      ring.clock.advance(2_000);
      expect(ring.flaws(), 'after a join').to.deep.equal([]);
      ring.join('one more', peerNamed('another'));
      ring.clock.advance(2_000);
      ring.kill(peerNamed('another').id);
      ring.clock.advance(2_000);
      expect(ring.flaws(), 'after a death').to.deep.equal([]);
      ring.nodes.get(peerNamed('one more').id)?.depart();
      ring.clock.advance(30_000);
      expect(ring.left).to.deep.equal([peerNamed('one more').id]);
      expect(ring.nodes.size).to.equal(count);
      expect(ring.flaws(), 'after a departure').to.deep.equal([]);
    });
  }

  it('of 8 with lists of 3 goes by Zave’s steps alone', () => {
    const ring = new VirtualRing({ partitions: 32, successors: 3 });
    joinAll(ring, names(8), 2_000);
    ring.clock.advance(10_000);
    expect(ring.flaws()).to.deep.equal([]);
    for (const { inspect } of ring.nodes.values()) expect(inspect().ring.placeholders).to.deep.equal([]);
    const [first, , third] = ring.ringOrder();
    ring.kill(first?.id ?? peerNamed('').id);
    ring.kill(third?.id ?? peerNamed('').id);
    ring.join('new', ring.ringOrder()[0] ?? peerNamed(''));
    ring.clock.advance(10_000);
    expect(ring.nodes.size).to.equal(7);
    expect(ring.flaws()).to.deep.equal([]);
  });

  it('loses nobody to silence: a node that answers nothing stays in every list', () => {
    const ring = new VirtualRing({ partitions: 32 });
    ring.found(names(10));
    const mute = ring.ringOrder()[3]?.id;
    ring.carries = (from) => from !== mute;
    ring.clock.advance(20_000);
    expect(ring.flaws()).to.deep.equal([]);
  });

  it('becomes one again after it was cut in two', () => {
    const ring = new VirtualRing({ partitions: 32, successors: 3 });
    ring.found(names(12));
    const isEast = new Map(ring.ringOrder().map(({ id }, index) => [id, index % 3 === 0]));
    const tellAll = (unreachable: boolean): void => {
      for (const [id, node] of ring.nodes) {
        for (const other of ring.nodes.keys()) {
          if (isEast.get(id) !== isEast.get(other)) node.peerUnreachable(other, unreachable);
        }
      }
    };
    ring.carries = (from, to) => isEast.get(from) === isEast.get(to);
    tellAll(true);
    ring.clock.advance(20_000);
    const east = ring.ringOrder().filter(({ id }) => isEast.get(id));
    const successorOf = (index: number) =>
      ring.nodes.get(east[index]?.id ?? peerNamed('').id)?.status().successors[0];
    expect(east.map((_, index) => successorOf(index))).to.deep.equal(
      [...east.slice(1), ...east.slice(0, 1)].map(({ id }) => id),
    );
    ring.carries = () => true;
    ring.clock.advance(60_000);
    expect(ring.flaws()).to.deep.equal([]);
  });

  it('is joined through the next contact when the first one is gone', () => {
    const ring = new VirtualRing({ partitions: 32 });
    ring.found(names(6));
    const joiner = ring.join('late', peerNamed('gone'), peerNamed('node/0'));
    expect(joiner.inspect().state).to.equal('joining');
    ring.clock.advance(5_000);
    expect(joiner.inspect().state).to.equal('member');
    expect(ring.flaws()).to.deep.equal([]);
  });

  it('points to a joiner before the next round: its successor tells the former predecessor, who asks it', () => {
    const ring = new VirtualRing({ partitions: 32, stabilizeIntervalMs: 600_000 });
    ring.found(names(12));
    const { id } = ring.join('late', peerNamed('node/0')).self;
    ring.clock.advance(1_000);
    const order = ring.ringOrder().map((peer) => peer.id);
    const before = ring.nodes.get(order.at(order.indexOf(id) - 1) ?? id)?.inspect().overlay;
    expect(before?.successors[0]?.id).to.equal(id);
    expect(ring.nodes.get(id)?.inspect().overlay.predecessor?.id).to.equal(order.at(order.indexOf(id) - 1));
  });

  it('never takes in a node that finds no member: it waits', () => {
    const ring = new VirtualRing({ partitions: 32 });
    const joiner = ring.join('alone', peerNamed('gone'));
    joiner.peerDead(peerNamed('gone').id);
    ring.clock.advance(30_000);
    expect(joiner.inspect().state).to.equal('joining');
  });

  it('starts over with another known peer when the one it asks dies', () => {
    const ring = new VirtualRing({ partitions: 32 });
    const founders = ring.found(names(6));
    const [asked] = founders;
    if (asked === undefined) throw new Error('no founder');
    const joiner = ring.join('late', asked.self, peerNamed('node/3'));
    ring.kill(asked.self.id);
    ring.clock.advance(3_000);
    expect(joiner.inspect().state).to.equal('member');
    expect(ring.flaws()).to.deep.equal([]);
  });

  it('looks up for its nodes, and tells when a lookup fails', () => {
    const ring = new VirtualRing({ partitions: 32 });
    ring.found(names(32));
    const [node] = ring.nodes.values();
    const target = peerNamed('some key').id;
    node?.actor.send({ type: 'lookUp', target });
    ring.clock.advance(100);
    expect(node?.actor.getSnapshot().context.lookupTargets.size).to.equal(0);
    expect(Object.keys(node?.actor.getSnapshot().children ?? {})).to.have.members([
      'dataPlane',
      'ticker',
      'changingViews',
    ]);
  });

  it('ignores packets of another ring', () => {
    const ring = new VirtualRing({ partitions: 32 });
    const [node] = ring.found(names(2));
    const from = peerNamed('node/1').id;
    const before = ring.packets.length;
    node?.receivePacket({ clusterId: 'another', from, messages: [{ type: 'ping', from, requestId: 1 }] });
    ring.clock.advance(1);
    expect(
      ring.packets.slice(before).flatMap(({ messages }) => messages.map(({ type }) => type)),
    ).to.not.include('pong');
  });

  it('makes no new view and tells replicas nothing in rounds without a change', () => {
    const ring = new VirtualRing({ partitions: 32 });
    ring.found(names(24));
    ring.clock.advance(15_000);
    const views = new Map([...ring.nodes].map(([id, node]) => [id, node.inspect().overlay]));
    ring.clock.advance(10_000);
    for (const [id, node] of ring.nodes) expect(node.inspect().overlay).to.equal(views.get(id));
  });
});

/** Every row is right, and every finger beyond the successor has one. */
function expectExactFingers(ring: VirtualRing): void {
  const order = ring.ringOrder();
  for (const { inspect, self } of ring.nodes.values()) {
    const { fingers } = inspect().ring;
    const successor = order[(order.findIndex(({ id }) => id === self.id) + 1) % order.length];
    const distinct = new Set<string>();
    for (let index = lastFingerOf(self.id, successor?.id ?? self.id) + 1; index < 160; index++) {
      const exact = successorAmong(order, fingerStart(self.id, index));
      if (exact !== undefined && exact.id !== self.id) distinct.add(exact.id);
    }
    for (const [index, id] of fingers) {
      const exact = successorAmong(order, fingerStart(self.id, index));
      expect(id, `${self.address} finger ${index}`).to.equal(exact?.id);
    }
    expect(new Set(fingers.values()), self.address).to.deep.equal(distinct);
  }
}
