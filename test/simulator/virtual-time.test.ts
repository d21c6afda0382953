import { expect } from 'chai';
import fc from 'fast-check';
import { createProcess } from '../../runner/simulator/process.js';
import { createClockView, createVirtualClock, exactClock } from '../../runner/simulator/virtual-clock.js';

describe('virtual clock', () => {
  it('runs the earliest due first and ties in the order in which they were set', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 60 }), (delays) => {
        const clock = createVirtualClock();
        const ran: number[] = [];
        delays.forEach((delay, index) => clock.set(() => ran.push(index), delay));
        while (clock.step(100));
        const expected = delays
          .map((delay, index) => ({ delay, index }))
          .sort((left, right) => left.delay - right.delay || left.index - right.index)
          .map(({ index }) => index);
        expect(ran).to.deep.equal(expected);
        expect(clock.nowMs()).to.equal(100);
      }),
    );
  });

  it('lets a timer that a timer sets run in its turn, at its own time', () => {
    const clock = createVirtualClock();
    const ran: [string, number][] = [];
    clock.set(() => {
      ran.push(['first', clock.nowMs()]);
      clock.set(() => ran.push(['second', clock.nowMs()]), 5);
    }, 10);
    clock.set(() => ran.push(['third', clock.nowMs()]), 20);
    while (clock.step(30));
    expect(ran).to.deep.equal([
      ['first', 10],
      ['second', 15],
      ['third', 20],
    ]);
  });

  it('does not run what was cleared, nor what is due later than asked', () => {
    const clock = createVirtualClock();
    let ran = 0;
    clock.clear(clock.set(() => ran++, 1));
    clock.set(() => ran++, 50);
    expect(clock.step(49)).to.equal(false);
    expect([ran, clock.nowMs()]).to.deep.equal([0, 49]);
  });

  it('shows a skewed machine another time and makes a fast one wait less', () => {
    const clock = createVirtualClock();
    const run = (callback: () => void): void => callback();
    const exact = createClockView(clock, exactClock, run);
    const fast = createClockView(clock, { skewMs: 500, rate: 1.25 }, run);
    expect(fast.nowMs() - exact.nowMs()).to.equal(500);
    let ranAtMs = 0;
    fast.setTimeout(() => (ranAtMs = clock.nowMs()), 1_000);
    while (clock.step(2_000));
    expect(ranAtMs).to.equal(800);
  });
});

describe('simulated process', () => {
  function start() {
    const clock = createVirtualClock();
    const log: string[] = [];
    const process = createProcess(clock, exactClock, {
      turned: () => log.push('turned'),
      threw: (error) => log.push(String(error)),
    });
    return { clock, log, process };
  }

  it('runs what a turn deferred at the end of that turn', () => {
    const { log, process } = start();
    process.run(() => {
      process.defer(() => log.push('deferred'));
      log.push('turn');
    });
    expect(log).to.deep.equal(['turn', 'deferred', 'turned']);
  });

  it('holds messages and timers while paused and runs them in order on resuming', () => {
    const { clock, log, process } = start();
    process.clock.setTimeout(() => log.push('timer'), 10);
    process.pause();
    process.run(() => log.push('message'));
    while (clock.step(20));
    expect(log).to.deep.equal([]);
    process.resume();
    expect(log).to.deep.equal(['message', 'turned', 'timer', 'turned']);
  });

  it('runs nothing once stopped, not even what was held', () => {
    const { clock, log, process } = start();
    process.clock.setTimeout(() => log.push('timer'), 10);
    process.pause();
    process.run(() => log.push('message'));
    process.stop();
    process.resume();
    while (clock.step(20));
    expect(log).to.deep.equal([]);
  });

  it('reports a turn that throws', () => {
    const { log, process } = start();
    process.run(() => {
      throw new Error('broken');
    });
    expect(log).to.deep.equal(['Error: broken', 'turned']);
  });
});
