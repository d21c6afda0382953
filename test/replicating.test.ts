/** What a node's chart tells its engine, and when it gives it time. */
import { expect } from 'chai';
import { createActor } from 'xstate';
import { tickerMachine, type TickerInput } from '../actors/node/ticker.js';
import type { Activity } from '../src/replication/engine.js';
import { peerAt } from './chord/small-circle.js';
import { startFounder } from './support/founder.js';
import { VirtualClock } from './support/virtual-clock.js';

const activities: readonly Activity[] = ['filling', 'comparing', 'awaiting', 'steady'];

describe('the replication of a node', () => {
  /** Ticks are noted as the milliseconds that have passed. */
  function started(activity: Activity, tickInMs: number) {
    const engine = { activity, tickInMs };
    const ticks: number[] = [];
    const startMs = 1_000_000;
    const { actor, clock } = startFounder({
      activity: () => engine.activity,
      tickInMs: () => engine.tickInMs,
      tick: () => ticks.push(clock.nowMs() - startMs),
    });
    return { actor, clock, engine, ticks };
  }

  for (const activity of activities) {
    it(`is ${activity} when its engine is, and ticks when the engine says so`, () => {
      const { actor, clock, ticks } = started(activity, 40);
      expect(actor.getSnapshot().matches({ alive: { replication: activity } })).to.equal(true);
      clock.advance(100);
      expect(ticks).to.deep.equal([40, 80]);
    });

    it(`ticks sooner when something comes up while it is ${activity}`, () => {
      const { actor, clock, engine, ticks } = started(activity, 1_000);
      clock.advance(300);
      engine.tickInMs = 20;
      actor.send({ type: 'replicaPending' });
      clock.advance(20);
      expect(ticks).to.deep.equal([320]);
    });
  }

  it('ticks soon when something comes up after its clock has jumped', () => {
    const clock = new VirtualClock();
    let [tickInMs, jumpedMs, ticks] = [1_000, 0, 0];
    const engine: TickerInput['engine'] = {
      activity: () => 'steady',
      environment: { clock: { nowMs: () => clock.nowMs() + jumpedMs } },
      tick: () => ticks++,
      tickInMs: () => tickInMs,
    };
    const actor = createActor(tickerMachine, { clock, input: { engine } }).start();
    [jumpedMs, tickInMs] = [3_600_000, 20];
    actor.send({ type: 'replicaPending' });
    clock.advance(20);
    expect(ticks).to.equal(1);
  });

  it('does not put off a tick that is due before what comes up', () => {
    const { actor, clock, ticks } = started('comparing', 250);
    clock.advance(240);
    actor.send({ type: 'replicaPending' });
    clock.advance(10);
    expect(ticks).to.deep.equal([250]);
  });

  it('shows what its engine has come to be about', () => {
    const { actor, clock, engine } = started('filling', 40);
    for (const activity of ['comparing', 'awaiting', 'filling'] as const) {
      engine.activity = activity;
      clock.advance(40);
      expect(actor.getSnapshot().matches({ alive: { replication: activity } })).to.equal(true);
    }
  });

  it('shows rest when its engine is found at rest twice in a row, and is not woken by moments of it', () => {
    const { actor, clock, engine } = started('awaiting', 40);
    let shown = 0;
    actor.subscribe(() => shown++);
    for (const activity of ['steady', 'awaiting', 'steady', 'awaiting', 'steady'] as const) {
      engine.activity = activity;
      clock.advance(40);
    }
    expect(shown).to.equal(0);
    expect(actor.getSnapshot().matches({ alive: { replication: 'awaiting' } })).to.equal(true);
    clock.advance(40);
    expect(actor.getSnapshot().matches({ alive: { replication: 'steady' } })).to.equal(true);
  });

  for (const activity of ['filling', 'comparing', 'awaiting'] as const) {
    it(`is no longer ${activity} a second after its engine has come to rest, which then wants no tick for long`, () => {
      const { actor, clock, engine } = started(activity, 40);
      engine.activity = 'steady';
      engine.tickInMs = 5_000;
      clock.advance(1_000);
      expect(actor.getSnapshot().matches({ alive: { replication: 'steady' } })).to.equal(true);
    });
  }

  it('fails with its engine', () => {
    const failure = new Error('a tick failed');
    const failures: unknown[] = [];
    const { actor, clock } = startFounder({
      tickInMs: () => 40,
      tick: () => {
        throw failure;
      },
    });
    actor.subscribe({ error: (error) => failures.push(error) });
    clock.advance(40);
    expect(failures).to.deep.equal([failure]);
  });

  it('hears whom the failure detector cannot reach', () => {
    const told: string[] = [];
    const { actor } = startFounder({
      peerUnreachable: (id, unreachable) => told.push(`${id.slice(0, 1)} ${unreachable}`),
    });
    actor.send({ type: 'peerUnreachable', id: peerAt(4).id, unreachable: true });
    actor.send({ type: 'peerUnreachable', id: peerAt(4).id, unreachable: false });
    expect(told).to.deep.equal(['4 true', '4 false']);
  });
});
