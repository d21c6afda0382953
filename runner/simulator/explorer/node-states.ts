/**
 * All states that single nodes were found in, and what each input does to each: an engine takes a turn once for each pair, and
 * all global states in which that pair occurs share the outcome. An engine's turn depends on nothing else.
 */
import { createHash } from 'node:crypto';
import type { Site } from '../../../src/replication/linearizable/site.js';
import type { Slot } from '../../../src/replication/linearizable/slot.js';
import { placeIn } from '../../../src/replication/linearizable/view.js';
import type { Inputs, Action } from './inputs.js';
import { indexOf, memberCount, peerOf } from './members.js';
import { NodeRunner, type Reply, type Said, type SavedSite } from './node-state.js';
import { noPast, pastAfter, pastText, type Past } from './past.js';
import { RequestNames, sourcesOf, type AskedCounts } from './request-names.js';
import { liveBatches, textOfSite } from './site-text.js';
import { checkTurn, glanceAt } from './turn-checks.js';

/** A state of one node: what is needed to go on from it, and what the choice of inputs depends on. */
export interface NodeState {
  readonly member: number;
  readonly isCrashed: boolean;
  readonly saved: SavedSite;
  readonly counts: AskedCounts;
  readonly past: Past;
  /** Equal for equal pasts. */
  readonly pastNumber: number;
  readonly status: Slot['status'];
  readonly epoch: number;
  readonly phase: Slot['phase'];
  /** Of the newest view known, and the members of it, a bit each. */
  readonly viewEpoch: number;
  readonly viewBits: number;
  /** The first of them, who leads; -1 = none. */
  readonly first: number;
  /** Nothing that the members brought along differs. */
  readonly uniform: boolean;
  /** The ballot that is being driven; -1 = none. */
  readonly driving: number;
  readonly lead: Slot['lead'];
  readonly leadBallot: number;
  readonly highest: number;
  /** Requests whose answers would still be looked at. */
  readonly awaited: ReadonlySet<number>;
  /** Whether the passing of time may do something. */
  readonly isWaiting: boolean;
  /** Whether a client's operation is under way here. */
  readonly isServing: boolean;
}

export interface Turn {
  /** The number of the state after it. */
  readonly next: number;
  /** Numbers of inputs of other nodes. */
  readonly said: readonly number[];
  readonly replies: readonly Reply[];
  /** The invariant that it broke, and how. */
  readonly broken: readonly [string, string] | undefined;
}

export class NodeStates {
  readonly #runners: readonly NodeRunner[];
  readonly #inputs: Inputs;
  readonly #activations: boolean;
  readonly #names = new RequestNames();
  readonly #states: NodeState[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #pasts = new Map<string, number>();
  readonly #starts = new Map<number, Turn>();
  readonly #turns: Map<number, Turn>[] = [];
  #taken = 0;

  /** `activations`: as of an exploration (options.ts). */
  constructor(inputs: Inputs, mutations: readonly string[], activations: boolean) {
    this.#inputs = inputs;
    this.#activations = activations;
    this.#runners = Array.from({ length: memberCount }, (_, index) => new NodeRunner(index, mutations));
  }

  get count(): number {
    return this.#states.length;
  }

  /** Turns that engines really took. */
  get taken(): number {
    return this.#taken;
  }

  at(number: number): NodeState {
    const state = this.#states[number];
    if (state === undefined) throw new RangeError(`there is no state ${number}`);
    return state;
  }

  /** The node's first turn: it sees the ring. To be taken before any other. */
  start(member: number): Turn {
    let turn = this.#starts.get(member);
    if (turn === undefined) {
      const runner = this.#runnerOf(member);
      const { said } = runner.showRing();
      turn = this.#finish(runner, member, noPast, new Map(), said, [], undefined);
      this.#starts.set(member, turn);
    }
    return turn;
  }

  turn(number: number, input: number): Turn {
    const turns = this.#turns[number];
    const known = turns?.get(input);
    if (known !== undefined) return known;
    let turn: Turn;
    try {
      turn = this.#take(this.at(number), this.#inputs.at(input).action);
    } catch (error) {
      turn = { next: number, said: [], replies: [], broken: ['NodeFailed', String(error)] };
    }
    turns?.set(input, turn);
    return turn;
  }

  #take(state: NodeState, action: Action): Turn {
    const { member, saved, past, counts } = state;
    if (action.type === 'crash') {
      const activeNow = 0;
      const crashed = { ...state, isCrashed: true, awaited: none, past: { ...past, activeNow } };
      const text = `crashed ${member} ${pastText(crashed.past)}`;
      return { next: this.#numberOf(text, crashed), said: [], replies: [], broken: undefined };
    }
    this.#taken++;
    const runner = this.#runnerOf(member);
    runner.load(saved);
    const before = glanceAt(runner.site);
    const { said, replies } = runner.act(action);
    const broken = checkTurn(before, glanceAt(runner.site), action, said);
    return this.#finish(runner, member, past, counts, said, replies, broken);
  }

  #finish(
    runner: NodeRunner,
    member: number,
    past: Past,
    counts: AskedCounts,
    said: readonly Said[],
    replies: readonly Reply[],
    broken: Turn['broken'],
  ): Turn {
    const { site, nowMs } = runner;
    const named = this.#names.name(site, member, said, counts);
    const pastNow = pastAfter(past, site.slots[0]);
    const saved = runner.save();
    const state: NodeState = {
      member,
      isCrashed: false,
      saved,
      counts: named.counts,
      past: pastNow,
      pastNumber: 0,
      ...factsOf(site),
    };
    const asked = [...named.counts].map(([text, count]) => `${text}*${count}`).sort();
    const text = [member, saved.deadBits, textOfSite(site, nowMs), pastText(pastNow), asked.join()].join('#');
    // A member that does not lead needs them only to tell others of the view no more. To leave such messages out is to explore
    // that they are lost, as any may be.
    const sent = named.said.filter(
      (each) => !isActivation(site, each) || (this.#activations && isToLeader(site, each)),
    );
    return {
      next: this.#numberOf(text, state),
      said: sent.map(({ to, message }) =>
        this.#inputs.numberOf({ to, from: member, action: { type: 'message', message } }),
      ),
      replies,
      broken,
    };
  }

  #numberOf(text: string, state: NodeState): number {
    const digest = createHash('sha1').update(text).digest('base64');
    let number = this.#numbers.get(digest);
    if (number === undefined) {
      number = this.#states.length;
      this.#numbers.set(digest, number);
      this.#states.push({ ...state, pastNumber: this.#pastNumberOf(pastText(state.past)) });
      this.#turns.push(new Map());
    }
    return number;
  }

  #pastNumberOf(text: string): number {
    const number = this.#pasts.get(text) ?? this.#pasts.size;
    this.#pasts.set(text, number);
    return number;
  }

  #runnerOf(member: number): NodeRunner {
    const runner = this.#runners[member];
    if (runner === undefined) throw new RangeError(`there is no member ${member}`);
    return runner;
  }
}

const none: ReadonlySet<number> = new Set();

function factsOf(site: Site) {
  const slot = site.slots[0];
  const isServing = site.changes.some(({ done }) => !done) || site.reads.some(({ done }) => !done);
  const members = slot?.view?.members ?? [];
  let viewBits = 0;
  for (let index = 0; index < memberCount; index++)
    if (members.some(({ id }) => id === peerOf(index).id)) viewBits |= 1 << index;
  return {
    status: slot?.status ?? 'none',
    epoch: slot?.epoch ?? 0,
    phase: slot?.phase ?? 'steady',
    viewEpoch: slot?.view?.epoch ?? 0,
    viewBits,
    first: members[0] === undefined ? -1 : indexOf(members[0].id),
    uniform: slot?.uniform ?? false,
    driving: slot?.driving?.ballot ?? -1,
    lead: slot?.lead ?? 'none',
    leadBallot: slot?.leadBallot ?? 0,
    highest: slot?.highest ?? 0,
    awaited: new Set([
      ...liveBatches(site.asking.batches).map(([id]) => id),
      ...sourcesOf(site).map(({ requestId }) => requestId),
    ]),
    isWaiting: isServing || slot?.lead === 'asking' || site.concerned.size > 0 || site.pages.size > 0,
    isServing,
  } as const;
}

/** To a member of the view. */
function isActivation({ slots: [slot] }: Site, { to, message }: Said): boolean {
  return message.type === 'activated' && slot?.view !== undefined && placeIn(slot.view, peerOf(to).id) !== -1;
}

/** To the first member, who leads. */
function isToLeader({ slots: [slot] }: Site, { to }: Said): boolean {
  return slot?.view?.members[0]?.id === peerOf(to).id;
}
