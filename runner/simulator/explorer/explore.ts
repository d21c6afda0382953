/**
 * Explores, breadth first, every order in which messages can arrive and choices can be made, with the engines as they are.
 *
 *   state  [ state of A | of B | of C | of D | client history | budget | messages on their way, ascending ... ]   numbers all
 *
 * A message is delivered at any moment or never, so that losses need no choice of their own. A node that crashed and of which
 * nobody has heard that it is dead is one that is handed nothing more: it is among the orders anyway.
 */
import { Choices } from './choices.js';
import { ClientHistories } from './client-histories.js';
import { describeInput, Inputs } from './inputs.js';
import { judge, type Broken, type Verdict } from './invariants.js';
import { founderCount, leaver, memberCount, memberNames, newcomer, peerOf, peers } from './members.js';
import { NodeStates, type NodeState, type Turn } from './node-states.js';
import type { Exploration, ExplorationResult, ExplorationViolation } from './options.js';
import { isSpent } from './spent.js';
import { StateTable } from './state-table.js';

const historyAt = memberCount;
const budgetAt = memberCount + 1;
const messagesAt = memberCount + 2;
const timeoutBits = 0xf;
const replacesBit = 0x10;
const crashesBit = 0x20;

/** Cost: 10 to 20 microseconds a transition, about 250 bytes a state that waits. Ends at the first violation. */
export function explore(
  exploration: Exploration,
  statesMax: number,
  progressed?: (states: number, depth: number) => void,
): ExplorationResult {
  const startedMs = performance.now();
  const explorer = new Explorer(exploration);
  const { table } = explorer;
  let depth = 0;
  let layerEnd = table.count;
  while (explorer.violation === undefined && table.count < statesMax) {
    const state = table.take();
    if (state === undefined) break;
    if (table.taken > layerEnd) {
      depth++;
      layerEnd = table.count;
    }
    explorer.expand(state, table.taken - 1);
    if (table.taken % progressStates === 0) progressed?.(table.count, depth);
  }
  return {
    name: exploration.name,
    states: table.count,
    depth,
    frontier: table.count - table.taken,
    ...explorer.counts(),
    seconds: Math.round(performance.now() - startedMs) / 1_000,
    violation: explorer.violation,
  };
}

class Explorer {
  readonly table = new StateTable();
  violation: ExplorationViolation | undefined;
  readonly #exploration: Exploration;
  readonly #inputs = new Inputs();
  readonly #nodes: NodeStates;
  readonly #histories: ClientHistories;
  readonly #choices: Choices;
  /** By the pasts of A and B, then by those of C and D. */
  readonly #verdicts = new Map<number, Map<number, Verdict>>();
  readonly #scratch = new Int32Array(messagesAt + messagesMax);
  #transitions = 0;
  #answered = 0;
  #changed = 0;
  #ends = 0;

  constructor(exploration: Exploration) {
    this.#exploration = exploration;
    this.#choices = new Choices(this.#inputs);
    this.#nodes = new NodeStates(this.#inputs, exploration.mutations, exploration.activations);
    this.#histories = new ClientHistories(exploration.operations);
    this.#start();
  }

  counts() {
    return {
      transitions: this.#transitions,
      siteStates: this.#nodes.count,
      turns: this.#nodes.taken,
      answered: this.#answered,
      changed: this.#changed,
      ends: this.#ends,
    };
  }

  /** Makes each choice that the state offers. `state` has the given number in the table. */
  expand(state: Int32Array, number: number): void {
    const before = this.#transitions;
    this.#count(state);
    this.#deliver(state, number);
    this.#choose(state, number);
    if (this.#transitions === before) this.#ends++;
  }

  #count(state: Int32Array): void {
    const { askedBits, answeredBits } = this.#histories.at(state[historyAt] ?? 0);
    if (askedBits === answeredBits && askedBits === (1 << this.#exploration.operations.length) - 1)
      this.#answered++;
    if (this.#verdictOf(state).changed) this.#changed++;
  }

  #deliver(state: Int32Array, number: number): void {
    let last = -1;
    for (let at = messagesAt; at < state.length; at++) {
      const input = state[at] ?? 0;
      // Equal messages are one choice.
      if (input === last) continue;
      last = input;
      this.#take(state, number, input, this.#inputs.at(input).to, 0, undefined, at);
    }
  }

  #choose(state: Int32Array, number: number): void {
    const { operations, coordinators, tickMs } = this.#exploration;
    const budget = state[budgetAt] ?? 0;
    const history = state[historyAt] ?? 0;
    const { askedBits } = this.#histories.at(history);
    for (let to = 0; to < memberCount; to++) {
      const node = this.#nodes.at(state[to] ?? 0);
      if (node.isCrashed) continue;
      const isAsked = node.status === 'active' && coordinators.includes(memberNames[to] ?? '?');
      for (const [index, operation] of isAsked ? operations.entries() : []) {
        const isEarlierOpen = operations[index - 1] === operation && (askedBits & (1 << (index - 1))) === 0;
        if ((askedBits & (1 << index)) !== 0 || isEarlierOpen) continue;
        const id = index + 1;
        const input = this.#choices.request(to, id, operation);
        this.#take(state, number, input, to, 0, this.#histories.asked(history, id));
      }
      if ((budget & timeoutBits) > 0) {
        for (const milliseconds of this.#ticksOf(node, tickMs)) {
          this.#take(state, number, this.#choices.tick(to, milliseconds), to, 1);
        }
        if (node.phase !== 'steady') this.#take(state, number, this.#choices.viewDue(to), to, 1);
      }
      if (to === 0 && (budget & replacesBit) !== 0 && node.status === 'active')
        this.#take(state, number, this.#choices.leaving(to, leaver), to, replacesBit);
      if (this.#exploration.crashes) this.#hearOfDeath(state, number, to, node);
    }
  }

  /** A second tick, past the time to give up, makes a difference to operations only. */
  #ticksOf(node: NodeState, tickMs: readonly number[]): readonly number[] {
    if (!node.isWaiting) return [];
    return node.isServing ? tickMs : tickMs.slice(0, 1);
  }

  /** Of a node that crashed, or that crashes now: what happens between the two could as well happen before it crashes. */
  #hearOfDeath(state: Int32Array, number: number, to: number, node: NodeState): void {
    const mayCrash = ((state[budgetAt] ?? 0) & crashesBit) !== 0;
    for (let who = 0; who < memberCount; who++) {
      const isHeard = (node.saved.deadBits & (1 << who)) !== 0;
      const { isCrashed } = this.#nodes.at(state[who] ?? 0);
      if (who === to || isHeard || !(isCrashed || mayCrash)) continue;
      const spend = isCrashed ? 0 : crashesBit;
      this.#take(state, number, this.#choices.death(to, who), to, spend, undefined, -1, who);
    }
  }

  /**
   * The node takes a turn on the input; `delivered`: where in the state the input stands, if it is a message; `fallen`: a node
   * that has crashed by then.
   */
  #take(
    state: Int32Array,
    number: number,
    input: number,
    to: number,
    spend: number,
    history = state[historyAt] ?? 0,
    delivered = -1,
    fallen = to,
  ): void {
    if (this.violation !== undefined) return;
    this.#transitions++;
    const before = state[to] ?? 0;
    const turn = this.#nodes.turn(before, input);
    if (turn.broken !== undefined) return this.#report(turn.broken, number, input);
    const after = this.#scratch;
    for (let at = 0; at < messagesAt; at++) after[at] = state[at] ?? 0;
    if (fallen !== to) after[fallen] = this.#nodes.turn(state[fallen] ?? 0, this.#choices.crash(fallen)).next;
    after[to] = turn.next;
    after[historyAt] = this.#histories.answered(history, turn.replies);
    after[budgetAt] = (state[budgetAt] ?? 0) - spend;
    let length = messagesAt;
    for (let at = messagesAt; at < state.length; at++) {
      const message = state[at] ?? 0;
      if (at !== delivered && !this.#isSpent(message, to, fallen, after)) after[length++] = message;
    }
    for (const message of turn.said) {
      if (this.#isSpent(message, to, fallen, after)) continue;
      let at = length++;
      for (; at > messagesAt && (after[at - 1] ?? 0) > message; at--) after[at] = after[at - 1] ?? 0;
      after[at] = message;
    }
    if (!this.table.add(after.subarray(0, length), number, input)) return;
    this.#check(state, after, to, turn, input, number);
  }

  #check(before: Int32Array, after: Int32Array, to: number, turn: Turn, input: number, parent: number): void {
    const isPastSame = memberNames.every(
      (_, member) => this.#pastOf(before, member) === this.#pastOf(after, member),
    );
    if (isPastSame && turn.replies.length === 0) return;
    const { broken, chosen } = this.#verdictOf(after);
    if (broken !== undefined) return this.#report(broken, parent, input);
    if (turn.replies.length === 0) return;
    const unchosen = this.#histories
      .read(turn.replies)
      .find((value) => value !== undefined && !chosen.has(value));
    if (unchosen !== undefined)
      return this.#report(['I11', `"${unchosen}" was read, which was never chosen`], parent, input);
    const { isIllegal, text } = this.#histories.at(after[historyAt] ?? 0);
    if (isIllegal) this.#report(['History', `not linearizable: ${text}`], parent, input);
  }

  #report([invariant, detail]: Broken, parent: number, input: number): void {
    const path = [...this.table.pathTo(parent), input].map((each) => describeInput(this.#inputs.at(each)));
    this.violation ??= { invariant, detail, path };
  }

  /** Of a message between others than the nodes that took a turn and fell nothing has changed. */
  #isSpent(message: number, acted: number, fallen: number, state: Int32Array): boolean {
    const { to, from, action } = this.#inputs.at(message);
    if ((to !== acted && from !== acted && to !== fallen && from !== fallen) || action.type !== 'message')
      return false;
    return isSpent(action.message, this.#nodes.at(state[to] ?? 0), this.#nodes.at(state[from] ?? 0));
  }

  #pastOf(state: Int32Array, member: number): number {
    return this.#nodes.at(state[member] ?? 0).pastNumber;
  }

  #verdictOf(state: Int32Array): Verdict {
    const first = this.#pastOf(state, 0) * pastsMax + this.#pastOf(state, 1);
    const last = this.#pastOf(state, 2) * pastsMax + this.#pastOf(state, 3);
    let byLast = this.#verdicts.get(first);
    if (byLast === undefined) this.#verdicts.set(first, (byLast = new Map<number, Verdict>()));
    let verdict = byLast.get(last);
    if (verdict === undefined) {
      verdict = judge(memberNames.map((_, member) => this.#nodes.at(state[member] ?? 0).past));
      byLast.set(last, verdict);
    }
    return verdict;
  }

  /** All nodes see the ring; the leader has claimed its keys, or is about to; the newcomer has copied the partition. */
  #start(): void {
    const { claims, replaces, crashes, timeouts } = this.#exploration;
    const state = memberNames.map(() => 0);
    let messages: number[] = [];
    for (let member = 0; member < memberCount; member++) {
      const turn = this.#nodes.start(member);
      state[member] = turn.next;
      messages.push(...turn.said);
    }
    if (!claims) messages = this.#settle(state, messages);
    if (replaces || crashes) {
      const members = peers.slice(0, founderCount);
      const view = { partition: 0, epoch: 1, members, previousEpoch: 0, previous: [], wipes: false };
      const message = { type: 'warmUp', from: peerOf(0).id, view } as const;
      const warmUp = this.#inputs.numberOf({ to: newcomer, from: 0, action: { type: 'message', message } });
      messages = this.#settle(state, [...messages, warmUp]);
    }
    const budget = timeouts + (replaces ? replacesBit : 0) + (crashes ? crashesBit : 0);
    this.table.add(Int32Array.from([...state, 0, budget, ...messages.sort((a, b) => a - b)]), 0, 0);
  }

  /** Delivers everything, in order. */
  #settle(state: number[], messages: readonly number[]): number[] {
    const waiting = [...messages];
    for (let input = waiting.shift(); input !== undefined; input = waiting.shift()) {
      const { to } = this.#inputs.at(input);
      const turn = this.#nodes.turn(state[to] ?? 0, input);
      state[to] = turn.next;
      waiting.push(...turn.said);
    }
    return waiting;
  }
}

const progressStates = 500_000;
/** On their way at once. */
const messagesMax = 1_000;
const pastsMax = 2 ** 26;
