/** The views of one partition: which were decided, who is active in which, and who could still decide the next. */
import type { Identifier } from '../../../../src/chord/identifier.js';
import type { Epoch } from '../../../../src/replication/linearizable/ballot.js';
import type { Slot } from '../../../../src/replication/linearizable/slot.js';
import { isSameList, neededOf, quorumOf, type View } from '../../../../src/replication/linearizable/view.js';
import { brief, type Report } from './state-book.js';

export class ViewBook {
  readonly #report: Report;
  readonly #existed: (id: Identifier) => boolean;
  readonly #decided = new Map<Epoch, View>();
  /** Votes for the view after an epoch: by epoch and ballot. */
  readonly #votes = new Map<string, { readonly view: View; readonly voters: Set<Identifier> }>();
  /** Replicas that answer now. */
  readonly #active = new Map<Epoch, Set<Identifier>>();
  /** Replicas that answered once and still hold what they answered from, sealed or not. */
  readonly #holding = new Map<Epoch, Set<Identifier>>();
  /** Views that somebody who lives has voted for, by voter. */
  readonly #proposed = new Map<Identifier, View>();
  #newest: View | undefined;
  /** Hears of the first view of each later lineage, before it is booked. */
  readonly #lineageBegins: (view: View) => void;
  #mayRecover = false;

  constructor(report: Report, existed: (id: Identifier) => boolean, lineageBegins: (view: View) => void) {
    this.#report = report;
    this.#existed = existed;
    this.#lineageBegins = lineageBegins;
  }

  /** From now on a lineage may begin that nobody decides. */
  mayRecover(): void {
    this.#mayRecover = true;
  }

  get newest(): View | undefined {
    return this.#newest;
  }

  get changes(): number {
    return Math.max(0, this.#decided.size - 1);
  }

  /** A node says that the view is decided. */
  learned(view: View, by: Identifier): void {
    const known = this.#decided.get(view.epoch);
    if (known === view) return;
    if (known === undefined) {
      if (view.recovers === true && this.#mayRecover) {
        this.#lineageBegins(view);
        // Where nobody was left who knew the newest, the count begins anew.
        this.#newest = undefined;
      }
      // One elector votes and decides in the same turn.
      else if (view.recovers === true || (view.previousEpoch !== 0 && view.previous.length > 1))
        this.#report('I1', `${brief(by)} takes ${show(view)} for decided, which no quorum accepted`);
      this.#decide(view);
    } else if (!isSameView(known, view))
      this.#report('I1', `${brief(by)} has ${show(view)}, decided was ${show(known)}`);
  }

  voted(epoch: Epoch, ballot: number, view: View, voter: Identifier): void {
    this.#proposed.set(voter, view);
    const name = `${epoch} ${ballot}`;
    const vote = this.#votes.get(name) ?? { view, voters: new Set() };
    this.#votes.set(name, vote);
    if (!isSameView(vote.view, view))
      this.#report('I1', `${brief(voter)} voted for ${show(view)} at the ballot of ${show(vote.view)}`);
    vote.voters.add(voter);
    const electors = this.#decided.get(epoch);
    if (electors === undefined || vote.voters.size < quorumOf(electors.members)) return;
    const known = this.#decided.get(view.epoch);
    if (known === undefined) this.#decide(view);
    else if (!isSameView(known, view))
      this.#report('I1', `both ${show(known)} and ${show(view)} were decided`);
  }

  /** The node's replica came to be what the slot says. */
  statusChanged(id: Identifier, { status, epoch }: Pick<Slot, 'status' | 'epoch'>): void {
    this.forget(id);
    if (status !== 'active' && status !== 'sealed') return;
    addTo(this.#holding, epoch, id);
    if (status !== 'active') return;
    addTo(this.#active, epoch, id);
    const ruling = [...this.#active].filter(([each, active]) => {
      const view = this.#decided.get(each);
      return view !== undefined && active.size >= quorumOf(view.members);
    });
    if (ruling.length > 1)
      this.#report('I2', `epochs ${ruling.map(([each]) => each).join(' and ')} both have a quorum active`);
  }

  /** The node has ended, or holds nothing. */
  forget(id: Identifier): void {
    for (const active of this.#active.values()) active.delete(id);
    for (const holding of this.#holding.values()) holding.delete(id);
  }

  ended(id: Identifier): void {
    this.forget(id);
    this.#proposed.delete(id);
  }

  /**
   * Whether the partition could go on if only these lived: a quorum of the newest view, with somebody to start from, and the
   * same of every view that may yet turn out to be decided.
   */
  quorumHolds(living: ReadonlySet<Identifier>): boolean {
    const newest = this.#newest;
    if (newest === undefined) return true;
    if (!hasQuorum(newest, living)) return false;
    const holders = this.#holding.get(newest.epoch);
    const hasCopy = holders !== undefined && [...holders].some((id) => living.has(id));
    if (!hasCopy) {
      const before = this.#holding.get(newest.previousEpoch);
      const left = [...(before ?? [])].filter((id) => living.has(id)).length;
      if (left < neededOf(newest)) return false;
    }
    for (const [voter, view] of this.#proposed) {
      if (view.epoch === newest.epoch + 1 && living.has(voter) && !hasQuorum(view, living)) return false;
    }
    return true;
  }

  isActive(id: Identifier, epoch: Epoch): boolean {
    return this.#active.get(epoch)?.has(id) === true;
  }

  #decide(view: View): void {
    this.#decided.set(view.epoch, view);
    if (this.#newest === undefined || view.epoch > this.#newest.epoch) this.#newest = view;
    const stranger = view.members.find(({ id }) => !this.#existed(id));
    if (stranger !== undefined)
      this.#report('I12', `${show(view)} names ${stranger.id}, which never existed`);
  }
}

export function show({ partition, epoch, members }: View): string {
  return `view ${epoch} of partition ${partition} (${members.map(({ id }) => brief(id)).join(' ')})`;
}

function isSameView(a: View, b: View): boolean {
  return (
    a === b ||
    (a.epoch === b.epoch &&
      a.previousEpoch === b.previousEpoch &&
      isSameList(a.members, b.members) &&
      isSameList(a.previous, b.previous))
  );
}

function hasQuorum({ members }: View, living: ReadonlySet<Identifier>): boolean {
  return members.filter(({ id }) => living.has(id)).length >= quorumOf(members);
}

function addTo(sets: Map<Epoch, Set<Identifier>>, epoch: Epoch, id: Identifier): void {
  const set = sets.get(epoch) ?? new Set();
  sets.set(epoch, set);
  set.add(id);
}
