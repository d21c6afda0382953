import { expect } from 'chai';
import { Inputs, type Action } from '../../runner/simulator/explorer/inputs.js';
import {
  founderCount,
  leaver,
  memberCount,
  newcomer,
  peerOf,
  peers,
} from '../../runner/simulator/explorer/members.js';
import { NodeRunner, type Reply, type Said } from '../../runner/simulator/explorer/node-state.js';
import { NodeStates } from '../../runner/simulator/explorer/node-states.js';
import { noPast, pastAfter, pastText, type Past } from '../../runner/simulator/explorer/past.js';
import { createRandom } from '../../src/random.js';

/** One message in both worlds: as the explorer numbers it, and as an engine said it. */
interface Pair {
  readonly to: number;
  readonly input: number;
  readonly message: Said['message'];
}

/** All that is said of a turn but request ids, which the explorer names anew. */
function spoken(said: readonly Said[], replies: readonly Reply[]): string {
  const plain = said.map(({ to, message }) => [to, { ...message, requestId: 0 }]);
  return JSON.stringify([plain, replies], (_, value: unknown) =>
    value instanceof Float64Array || value instanceof Int32Array ? [...value] : value,
  );
}

/**
 * The states that the explorer keeps, and the turns that it takes once and remembers, beside engines that live from the start to
 * the end and are never copied.
 */
class TwoWorlds {
  readonly #inputs = new Inputs();
  readonly #nodes = new NodeStates(this.#inputs, [], true);
  #states: number[] = [];
  #live: NodeRunner[] = [];
  #pasts: Past[] = [];
  waiting: Pair[] = [];
  turns = 0;

  /** The remembered turns stay. */
  restart(): void {
    this.waiting = [];
    this.#states = [];
    this.#live = Array.from({ length: memberCount }, (_, member) => new NodeRunner(member, []));
    this.#pasts = this.#live.map(() => noPast);
    for (const [member, runner] of this.#live.entries()) {
      const turn = this.#nodes.start(member);
      this.#states.push(turn.next);
      this.#hear(member, turn.said, turn.replies, runner.showRing().said, []);
    }
  }

  deliver(place: number): void {
    const [pair] = this.waiting.splice(place, 1);
    if (pair === undefined) return;
    this.#turn(pair.to, pair.input, { type: 'message', message: pair.message });
  }

  do(to: number, action: Action): void {
    this.#turn(to, this.#inputs.numberOf({ to, from: -1, action }), action);
  }

  phaseOf(member: number): string {
    return this.#nodes.at(this.#states[member] ?? 0).phase;
  }

  /** A message that both worlds are given from outside. */
  say(from: number, to: number, message: Said['message']): void {
    const input = this.#inputs.numberOf({ to, from, action: { type: 'message', message } });
    this.waiting.push({ to, input, message });
  }

  #turn(member: number, input: number, action: Action): void {
    this.turns++;
    const turn = this.#nodes.turn(this.#states[member] ?? 0, input);
    this.#states[member] = turn.next;
    const live = this.#live[member]?.act(action);
    this.#hear(member, turn.said, turn.replies, live?.said ?? [], live?.replies ?? []);
  }

  #hear(
    member: number,
    said: readonly number[],
    replies: readonly Reply[],
    liveSaid: readonly Said[],
    liveReplies: readonly Reply[],
  ): void {
    const { viewBits, first, past } = this.#nodes.at(this.#states[member] ?? 0);
    const needed = liveSaid.filter(
      ({ to, message }) => message.type !== 'activated' || to === first || (viewBits & (1 << to)) === 0,
    );
    const messages = said.map((input): Said => {
      const { to, action } = this.#inputs.at(input);
      if (action.type !== 'message') throw new Error('nodes say messages');
      return { to, message: action.message };
    });
    expect(spoken(messages, replies)).to.equal(spoken(needed, liveReplies));
    this.#pasts[member] = pastAfter(this.#pasts[member] ?? noPast, this.#live[member]?.site.slots[0]);
    expect(pastText(past)).to.equal(pastText(this.#pasts[member] ?? noPast));
    for (const [place, { to, message }] of needed.entries())
      this.waiting.push({ to, input: said[place] ?? -1, message });
  }
}

describe("the explorer's states of nodes", () => {
  it('say and hold on random walks what engines do that are never copied', function () {
    this.timeout(120_000);
    const random = createRandom('walks');
    const pick = (count: number): number => Math.floor(random() * count);
    const worlds = new TwoWorlds();
    for (let walk = 0; walk < 150; walk++) {
      worlds.restart();
      const members = peers.slice(0, founderCount);
      const view = { partition: 0, epoch: 1, members, previousEpoch: 0, previous: [], wipes: false };
      worlds.say(0, newcomer, { type: 'warmUp', from: peerOf(0).id, view });
      let asked = 0;
      let ticks = 0;
      let hasLeft = false;
      for (let step = 0; step < 80; step++) {
        const choice = random();
        if (choice < 0.04 && asked < 3) {
          const operation = asked === 1 ? 'get' : 'increment';
          worlds.do(pick(memberCount), { type: 'request', id: ++asked, operation });
        } else if (choice < 0.08 && !hasLeft) {
          hasLeft = true;
          worlds.do(0, { type: 'leaving', who: leaver });
        } else if (choice < 0.12 && ticks < 4) {
          ticks++;
          worlds.do(pick(memberCount), { type: 'tick', milliseconds: pick(4) === 0 ? 4_100 : 130 });
        } else if (choice < 0.15) {
          const member = pick(memberCount);
          if (worlds.phaseOf(member) !== 'steady') worlds.do(member, { type: 'viewDue' });
        } else if (worlds.waiting.length > 0) worlds.deliver(pick(worlds.waiting.length));
      }
    }
    expect(worlds.turns).to.be.greaterThan(3_000);
  });
});
