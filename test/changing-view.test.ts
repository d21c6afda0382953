/** The chart of a partition between two views, and when a node has one: an engine whose phases the test sets, virtual time. */
import { expect } from 'chai';
import { createActor } from 'xstate';
import { viewMachine } from '../actors/node/changing-view.js';
import { statusOf } from '../actors/node/inspection.js';
import type { ViewPhase } from '../src/replication/view-phase.js';
import { startFounder } from './support/founder.js';
import { VirtualClock } from './support/virtual-clock.js';

const passing = ['warming', 'preparing', 'accepting', 'sealed', 'fetching'] as const satisfies ViewPhase[];
const delayMs: Readonly<Record<ViewPhase, number>> = {
  warming: 10,
  preparing: 20,
  accepting: 30,
  sealed: 40,
  fetching: 50,
  steady: 1,
};

/** The doors for view changes alone. */
class FakeViews {
  readonly phases = new Map<number, ViewPhase>();
  readonly due: string[] = [];
  onDue: (partition: number) => void = () => undefined;

  viewPhase = (partition: number): ViewPhase => this.phases.get(partition) ?? 'steady';
  viewDelayMs = (partition: number): number => delayMs[this.viewPhase(partition)];
  viewDue = (partition: number): void => {
    this.due.push(`${partition} ${this.viewPhase(partition)}`);
    this.onDue(partition);
  };
}

describe('the chart of a changing view', () => {
  function changing(phase: ViewPhase) {
    const clock = new VirtualClock();
    const engine = new FakeViews();
    engine.phases.set(7, phase);
    const actor = createActor(viewMachine, { clock, input: { partition: 7, engine } }).start();
    const move = (next: ViewPhase): void => {
      engine.phases.set(7, next);
      actor.send({ type: 'viewChanging', partition: 7 });
    };
    return { actor, clock, engine, move, state: () => actor.getSnapshot().value };
  }

  for (const phase of passing) {
    it(`starts in ${phase}, and asks again each time that this has lasted long`, () => {
      const { clock, engine, state } = changing(phase);
      expect(state()).to.equal(phase);
      clock.advance(delayMs[phase] - 1);
      expect(engine.due, 'too early').to.deep.equal([]);
      clock.advance(1);
      expect(engine.due).to.deep.equal([`7 ${phase}`]);
      expect(state()).to.equal(phase);
      clock.advance(delayMs[phase]);
      expect(engine.due).to.deep.equal([`7 ${phase}`, `7 ${phase}`]);
    });

    it(`goes from ${phase} wherever the engine is, and counts time anew`, () => {
      for (const next of passing) {
        const { clock, engine, move, state } = changing(phase);
        clock.advance(delayMs[phase] - 1);
        move(next);
        expect(state()).to.equal(next);
        clock.advance(delayMs[next] - 1);
        expect(engine.due, 'the old time counts no more').to.deep.equal([]);
        clock.advance(1);
        expect(engine.due).to.deep.equal([`7 ${next}`]);
      }
    });

    it(`ends from ${phase} when the replica is steady`, () => {
      const { actor, clock, engine, move, state } = changing(phase);
      move('steady');
      expect(state()).to.equal('steady');
      expect(actor.getSnapshot().status).to.equal('done');
      clock.advance(1_000);
      expect(engine.due).to.deep.equal([]);
    });
  }
});

describe('a node whose views change', () => {
  function started() {
    const views = new FakeViews();
    const { actor, clock } = startFounder({
      viewPhase: views.viewPhase,
      viewDelayMs: views.viewDelayMs,
      viewDue: views.viewDue,
    });
    const move = (partition: number, phase: ViewPhase): void => {
      views.phases.set(partition, phase);
      actor.send({ type: 'viewChanging', partition });
    };
    const charts = (): Record<string, unknown> => {
      const snapshot = actor.getSnapshot().children['changingViews']?.getSnapshot();
      const running = snapshot !== undefined && 'charts' in snapshot.context ? snapshot.context.charts : [];
      return Object.fromEntries([...running].map(([, chart]) => [chart.id, chart.getSnapshot().value]));
    };
    return { actor, charts, clock, move, views };
  }

  it('has a chart for each partition that is not steady, and no other', () => {
    const { charts, move } = started();
    expect(charts()).to.deep.equal({});
    move(3, 'preparing');
    move(200, 'sealed');
    move(4, 'steady');
    expect(charts()).to.deep.equal({ 'view:3': 'preparing', 'view:200': 'sealed' });
    move(3, 'fetching');
    expect(charts()).to.deep.equal({ 'view:3': 'fetching', 'view:200': 'sealed' });
    move(3, 'steady');
    expect(charts()).to.deep.equal({ 'view:200': 'sealed' });
    move(3, 'warming');
    expect(charts()).to.deep.equal({ 'view:200': 'sealed', 'view:3': 'warming' });
  });

  it('hears a change that its own chart led to, to the end', () => {
    const { charts, clock, move, views } = started();
    views.onDue = (partition) => move(partition, 'fetching');
    move(3, 'sealed');
    clock.advance(delayMs.sealed);
    expect(views.due).to.deep.equal(['3 sealed']);
    expect(charts()).to.deep.equal({ 'view:3': 'fetching' });
    views.onDue = (partition) => move(partition, 'steady');
    clock.advance(delayMs.fetching);
    expect(charts()).to.deep.equal({});
    clock.advance(200);
    expect(views.due, 'a stopped chart asks no more').to.deep.equal(['3 sealed', '3 fetching']);
  });

  it('follows an engine that changes several times within one call', () => {
    const { charts, clock, move, views } = started();
    views.onDue = (partition) => {
      for (const phase of ['preparing', 'accepting', 'steady', 'preparing'] as const) move(partition, phase);
    };
    move(3, 'sealed');
    clock.advance(delayMs.sealed);
    expect(charts()).to.deep.equal({ 'view:3': 'preparing' });
    views.onDue = () => undefined;
    clock.advance(delayMs.preparing);
    expect(views.due).to.deep.equal(['3 sealed', '3 preparing']);
  });

  it('is shown in the status of its node, with the other active states', () => {
    const { actor, move } = started();
    const shown = () => statusOf(actor.getSnapshot(), 'member');
    expect(shown().changingViews).to.deep.equal([]);
    move(9, 'sealed');
    move(3, 'fetching');
    expect(shown().changingViews).to.deep.equal([
      { partition: 3, state: 'fetching' },
      { partition: 9, state: 'sealed' },
    ]);
    expect(shown().activeStates).to.include('alive.membership.member').and.include('alive.pacing.waiting');
    for (let partition = 0; partition < 300; partition++) move(partition, 'sealed');
    expect(shown().changingViews).to.have.length(256);
  });

  it('stops its charts when it stops', () => {
    const { actor, clock, move, views } = started();
    for (let partition = 0; partition < 256; partition++) move(partition, 'sealed');
    actor.stop();
    clock.advance(1_000);
    expect(views.due).to.deep.equal([]);
  });

  it('fails when its engine throws while it takes a turn', () => {
    const { actor, clock, move, views } = started();
    const failures: unknown[] = [];
    actor.subscribe({ error: (error) => failures.push(error) });
    const failure = new Error('invariant broken');
    views.onDue = () => {
      throw failure;
    };
    move(3, 'sealed');
    clock.advance(delayMs.sealed);
    expect(failures).to.deep.equal([failure]);
  });
});
