/**
 * Every state that some register of one partition ever held, by key and ballot, and which of them were chosen: held in one
 * epoch by a quorum of its members, or, with a ballot of an epoch before, by all of them. A register that a member brings along from the
 * epoch before counts as held from the moment at which the member is active, since no promise of that epoch can precede it.
 */
import type { Identifier } from '../../../../src/chord/identifier.js';
import type { Register } from '../../../../src/replication/linearizable/register.js';
import { lineageOf, type Ballot, type Epoch } from '../../../../src/replication/linearizable/ballot.js';
import type { View } from '../../../../src/replication/linearizable/view.js';

export type Report = (invariant: string, detail: string) => void;

export interface BookedState {
  readonly ballot: Ballot;
  /** Undefined = absent. */
  readonly value: string | undefined;
  readonly version: number;
  /** Ballots of the last changes, newest last. */
  readonly recent: readonly Ballot[];
  /** The first epoch in which it was; undefined while it is not. */
  chosenIn: Epoch | undefined;
  readonly holders: Map<Epoch, Set<Identifier>>;
  /** The newest in which somebody held it, as `#lineage` counts. */
  lineage: number;
}

interface KeyStates {
  readonly byBallot: Map<Ballot, BookedState>;
  /** Ascending. */
  readonly chosen: BookedState[];
  /** Values that a read may answer. */
  readonly values: Set<string | undefined>;
  /** The highest tombstone that a member dropped. */
  droppedAt: Ballot;
  /** The highest that a survivor held when the present lineage began. */
  survived: Ballot;
}

export class StateBook {
  readonly #keys = new Map<string, KeyStates>();
  readonly #report: Report;
  /** Hears of each chosen state. */
  readonly #chose: (key: string, state: BookedState) => void;
  /** Counts lineages as they begin; the numbers that nodes give them may come again when nobody is left who knew. */
  #lineage = 0;
  #firstEpoch: Epoch = 0;

  constructor(report: Report, chose: (key: string, state: BookedState) => void) {
    this.#report = report;
    this.#chose = chose;
  }

  /**
   * A partition is recovered with loss: what was chosen before binds nobody any more, but its first view must hold all that the
   * survivors, whom the view names as previous, hold.
   */
  beginLineage({ epoch, previousEpoch, previous }: View): void {
    this.#lineage++;
    this.#firstEpoch = epoch;
    for (const states of this.#keys.values()) {
      states.chosen.length = 0;
      states.survived = 0;
      for (const state of states.byBallot.values()) {
        state.chosenIn = undefined;
        const holders = state.holders.get(previousEpoch);
        if (holders !== undefined && previous.some(({ id }) => holders.has(id)))
          states.survived = Math.max(states.survived, state.ballot);
      }
    }
  }

  /** A member of the epoch holds the register, by an accept or from the epoch before (`carried`); it is chosen when `needed` do. */
  held(register: Register, holder: Identifier, epoch: Epoch, needed: number, carried: boolean): void {
    const { key, accepted, tombstone, version, recent } = register;
    const states = this.#statesOf(key);
    const isPresent = lineageOf(epoch) === lineageOf(this.#firstEpoch) && epoch >= this.#firstEpoch;
    const lineage = isPresent ? this.#lineage : 0;
    const value = tombstone ? undefined : register.value;
    let state = states.byBallot.get(accepted);
    if (state === undefined) {
      state = { ballot: accepted, value, version, recent, chosenIn: undefined, holders: new Map(), lineage };
      if (carried)
        this.#report(
          'I3',
          `${brief(holder)} brought ${show(key, state)} into epoch ${epoch}, which nobody had accepted`,
        );
      states.byBallot.set(accepted, state);
    } else if (state.value !== value || state.version !== version || !isSame(state.recent, recent)) {
      const other: BookedState = { ...state, value, version, recent };
      this.#report('I3', `${brief(holder)} holds ${show(key, other)} at the ballot of ${show(key, state)}`);
    }
    // What an old lineage still does binds nobody.
    if (!isPresent) return;
    const isNew = !state.holders.has(epoch) || state.lineage < this.#lineage;
    state.lineage = this.#lineage;
    const holders = state.holders.get(epoch) ?? new Set();
    state.holders.set(epoch, holders);
    holders.add(holder);
    if (isNew) this.#checkDescent(key, states, state);
    if (state.chosenIn === undefined && holders.size >= needed) this.#choose(key, states, state, epoch);
  }

  /** A member of the epoch dropped a tombstone: all members must have accepted it. */
  dropped(key: string, ballot: Ballot, epoch: Epoch, members: readonly Identifier[], by: Identifier): void {
    const states = this.#statesOf(key);
    const state = states.byBallot.get(ballot);
    const holders = state?.holders.get(epoch);
    const missing = members.find((member) => holders?.has(member) !== true);
    if (missing !== undefined)
      this.#report(
        'I10',
        `${brief(by)} dropped "${key}" at ${ballot}, which ${brief(missing)} never accepted`,
      );
    if (state !== undefined && state.value !== undefined)
      this.#report('I10', `${brief(by)} dropped ${show(key, state)}, which is no tombstone`);
    states.droppedAt = Math.max(states.droppedAt, ballot);
  }

  /** What a replica that becomes active in the epoch lacks, of what was chosen in those before (I6). */
  findMissing(epoch: Epoch, accepted: (key: string) => Ballot | undefined): string | undefined {
    for (const [key, states] of this.#keys) {
      const newest = states.chosen.findLast(({ chosenIn = epoch }) => chosenIn < epoch);
      const held = accepted(key);
      if (newest === undefined) {
        if (states.survived <= Math.max(held ?? 0, states.droppedAt)) continue;
        return `"${key}" at ${states.survived} survived, held is ${String(held)}`;
      }
      if (held === undefined ? newest.ballot <= states.droppedAt : held >= newest.ballot) continue;
      return `${show(key, newest)} was chosen, held is ${held === undefined ? 'nothing' : String(held)}`;
    }
    return undefined;
  }

  /** Whether a read may have answered this: nothing, before anything was chosen, or a chosen value. */
  wasChosen(key: string, value: string | undefined): boolean {
    const states = this.#keys.get(key);
    return states === undefined ? value === undefined : states.values.has(value);
  }

  #statesOf(key: string): KeyStates {
    let states = this.#keys.get(key);
    if (states === undefined) {
      states = { byBallot: new Map(), chosen: [], values: new Set([undefined]), droppedAt: 0, survived: 0 };
      this.#keys.set(key, states);
    }
    return states;
  }

  #choose(key: string, states: KeyStates, state: BookedState, epoch: Epoch): void {
    state.chosenIn = epoch;
    states.values.add(state.value);
    let place = states.chosen.length;
    while (place > 0 && (states.chosen[place - 1]?.ballot ?? 0) > state.ballot) place--;
    states.chosen.splice(place, 0, state);
    for (const later of states.byBallot.values()) {
      if (later.ballot > state.ballot && later.lineage === this.#lineage && binds(state, later))
        this.#checkPair(key, state, later);
    }
    this.#checkDescent(key, states, state);
    this.#chose(key, state);
  }

  /** Against the newest of the chosen states before it that binds it. */
  #checkDescent(key: string, states: KeyStates, state: BookedState): void {
    const before = states.chosen.findLast((chosen) => chosen.ballot < state.ballot && binds(chosen, state));
    if (before !== undefined) this.#checkPair(key, before, state);
  }

  /** I5 and I8: what stands above a chosen state descends from it, as far as its recent changes tell, at a greater version. */
  #checkPair(key: string, chosen: BookedState, later: BookedState): void {
    const steps = later.version - chosen.version;
    const pair = (): string => `${show(key, later)} stands above ${show(key, chosen)}, which was chosen`;
    if (steps < 0) return this.#report('I8', `${pair()}: its version is lower`);
    if (steps === 0) {
      if (later.value !== chosen.value) this.#report('I5', `${pair()}: same version, another value`);
      return;
    }
    const last = chosen.recent.at(-1);
    const place = later.recent.length - 1 - steps;
    if (last === undefined || place < 0) return;
    if (later.recent[place] !== last) this.#report('I5', `${pair()}: it does not descend from it`);
  }
}

/**
 * A state that was chosen by being brought along binds those of the epoch that it was brought into, and of later ones: in its own, where no
 * quorum had accepted it, a member that does not know that this has ended may still accept another above it, which nobody will take up.
 */
function binds({ chosenIn = 0 }: BookedState, later: BookedState): boolean {
  for (const epoch of later.holders.keys()) if (epoch >= chosenIn) return true;
  return false;
}

export function brief(id: Identifier): string {
  return id.slice(0, 8);
}

function show(key: string, { ballot, value, version, recent }: BookedState): string {
  return `"${key}" = ${value === undefined ? 'absent' : `"${value}"`} (version ${version}, ballot ${ballot}, after ${recent.slice(-3).join(' ')})`;
}

function isSame(a: readonly Ballot[], b: readonly Ballot[]): boolean {
  return a === b || (a.length === b.length && a.every((ballot, index) => ballot === b[index]));
}
