import { expect } from 'chai';
import { copyPlain } from '../../runner/simulator/copy.js';
import { createNetwork, drawDelay, type Network } from '../../runner/simulator/network.js';
import { createVirtualClock } from '../../runner/simulator/virtual-clock.js';
import { createRandom } from '../../src/random.js';

function connect(): { network: Network<{ n: number }>; arrived: string[]; pass: (ms: number) => void } {
  const clock = createVirtualClock();
  const arrived: string[] = [];
  const network = createNetwork<{ n: number }>(
    clock,
    createRandom(7),
    ({ to, content }) => arrived.push(`${to}${content.n}`),
    copyPlain,
  );
  return {
    network,
    arrived,
    pass: (ms) => {
      const untilMs = clock.nowMs() + ms;
      while (clock.step(untilMs));
    },
  };
}

function sendMany(network: Network<{ n: number }>, count: number): void {
  for (let n = 0; n < count; n++) network.send('a', 'b', { n });
}

describe('simulated network', () => {
  it('delivers everything, in some order, while nothing is wrong', () => {
    const { network, arrived, pass } = connect();
    sendMany(network, 100);
    pass(1);
    expect(new Set(arrived).size).to.equal(100);
    expect(arrived).not.to.deep.equal(Array.from({ length: 100 }, (_, n) => `b${n}`));
  });

  it('loses and doubles about as often as told', () => {
    const { network, arrived, pass } = connect();
    network.conditions.lossRate = 0.5;
    network.conditions.duplicationRate = 0.5;
    sendMany(network, 1_000);
    pass(1);
    expect(new Set(arrived).size).to.be.within(400, 600);
    expect(arrived.length / new Set(arrived).size).to.be.within(1.35, 1.65);
  });

  it('keeps the order between a client and a node, whatever the delays', () => {
    const { network, arrived, pass } = connect();
    network.conditions.delay = { type: 'stragglers', minMs: 1, maxMs: 500, share: 0.3 };
    for (let n = 0; n < 50; n++) network.sendInOrder('a', 'b', { n });
    pass(1_000);
    expect(arrived).to.deep.equal(Array.from({ length: 50 }, (_, n) => `b${n}`));
  });

  it('stops one direction of a one-way cut, both of a full one, and what is under way when it happens', () => {
    const { network, arrived, pass } = connect();
    const cut = { from: new Set(['a']), to: new Set(['b']), both: false };
    network.send('a', 'b', { n: 1 });
    network.conditions.cuts.add(cut);
    network.send('a', 'b', { n: 2 });
    network.send('b', 'a', { n: 3 });
    pass(1);
    expect(arrived).to.deep.equal(['a3']);
    network.conditions.cuts.delete(cut);
    network.conditions.cuts.add({ ...cut, both: true });
    network.send('b', 'a', { n: 4 });
    pass(1);
    expect(arrived).to.deep.equal(['a3']);
  });

  it('loses what a crashed sender has under way', () => {
    const { network, arrived, pass } = connect();
    network.send('a', 'b', { n: 1 });
    network.send('c', 'b', { n: 2 });
    network.loseFrom('a');
    pass(1);
    expect(arrived).to.deep.equal(['b2']);
  });

  it('has long tails within their bound', () => {
    const random = createRandom(3);
    const delays = Array.from({ length: 20_000 }, () =>
      drawDelay({ type: 'tailed', minMs: 1, maxMs: 50 }, random),
    ).sort((left, right) => left - right);
    expect(delays[10_000]).to.be.within(1.3, 1.5);
    expect(delays[19_800]).to.be.within(8, 12);
    expect(delays.at(-1)).to.equal(50);
  });

  it('copies messages, so that no two nodes share what one could change', () => {
    const message = { list: [{ id: 'x' }], words: new Int32Array([1, 2]), nothing: null, absent: undefined };
    const copy = copyPlain(message);
    expect(copy).to.deep.equal(message);
    expect(copy.list[0]).not.to.equal(message.list[0]);
    expect(copy.words).not.to.equal(message.words);
  });

  it('refuses to carry what a port would not', () => {
    expect(() => copyPlain({ act: () => 1 })).to.throw('not plain data');
    expect(() => copyPlain({ map: new Map() })).to.throw('not plain data: Map');
  });
});
