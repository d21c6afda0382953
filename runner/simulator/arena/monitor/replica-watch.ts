/** Watches one node's replica of one partition: compares it after each turn with what it was, and books what changed. */
import type { Identifier } from '../../../../src/chord/identifier.js';
import { epochOf, type Ballot, type Epoch } from '../../../../src/replication/linearizable/ballot.js';
import type { ReplicationMessage } from '../../../../src/replication/messages.js';
import { askKinds, visitAsks } from '../../../../src/replication/linearizable/packed-asks.js';
import type { Slot } from '../../../../src/replication/linearizable/slot.js';
import { asksIn } from './answer-watch.js';
import { brief, type Report, type StateBook } from './state-book.js';
import type { ViewBook } from './view-book.js';

interface SeenRegister {
  accepted: Ballot;
  /** Below this nothing may be promised or accepted any more. */
  promised: Ballot;
  tombstone: boolean;
}

/** A replica as the last turn left it. */
export interface WatchedState {
  readonly status: Slot['status'];
  readonly epoch: Epoch;
  readonly highest: Ballot;
}

export class ReplicaWatch {
  readonly #id: Identifier;
  readonly #states: StateBook;
  readonly #views: ViewBook;
  readonly #report: Report;
  readonly #seen = new Map<string, SeenRegister>();
  #status: Slot['status'] = 'none';
  #epoch: Epoch = 0;
  #view: Slot['view'];
  #vote = '';
  #nextPromised = 0;
  #promisedAll: Ballot = 0;
  #versionFloor = 0;
  /** Of all keys, promised by the end of the last turn. */
  #highest: Ballot = 0;

  constructor(id: Identifier, states: StateBook, views: ViewBook, report: Report) {
    this.#id = id;
    this.#states = states;
    this.#views = views;
    this.#report = report;
  }

  /** Whether the replica was active in the epoch when the last turn began, or is now. */
  mayAnswer(epoch: Epoch, before: WatchedState): boolean {
    return (
      (before.status === 'active' && before.epoch === epoch) ||
      (this.#status === 'active' && this.#epoch === epoch)
    );
  }

  state(): WatchedState {
    return { status: this.#status, epoch: this.#epoch, highest: this.#highest };
  }

  /** `heard`: the messages of the turn. */
  turned(slot: Slot, heard: readonly ReplicationMessage[]): void {
    this.#lookAtViews(slot);
    const { status, epoch } = slot;
    const isNew = epoch !== this.#epoch || (status === 'active' && this.#status !== 'active');
    if (isNew && status === 'active' && this.#epoch === epoch && this.#status === 'sealed')
      this.#report('I9', `${brief(this.#id)} is active again in epoch ${epoch}, in which it was sealed`);
    if (isNew) this.#beginAnew();
    const isHeld = status === 'active' || status === 'sealed';
    if (isHeld) this.#lookAtRegisters(slot, isNew, heard);
    if (isNew && isHeld) this.#lookForMissing(slot);
    if (status === this.#status && epoch === this.#epoch) return;
    this.#status = status;
    this.#epoch = epoch;
    this.#views.statusChanged(this.#id, slot);
  }

  #lookAtViews(slot: Slot): void {
    const { view, nextView, nextAccepted, nextPromised, epoch } = slot;
    if (epoch === this.#epoch && nextPromised < this.#nextPromised)
      this.#report(
        'I4',
        `${brief(this.#id)} promised ballot ${nextPromised} of a view after ${this.#nextPromised}`,
      );
    this.#nextPromised = nextPromised;
    const vote = `${epoch} ${nextAccepted}`;
    // A vote of an epoch before is history.
    if (nextView !== undefined && nextView.previousEpoch === epoch && vote !== this.#vote) {
      this.#vote = vote;
      this.#views.voted(epoch, nextAccepted, nextView, this.#id);
    }
    if (view === undefined || view === this.#view) return;
    if (this.#view !== undefined && view.epoch < this.#view.epoch)
      this.#report('I1', `${brief(this.#id)} went back from epoch ${this.#view.epoch} to ${view.epoch}`);
    this.#view = view;
    this.#views.learned(view, this.#id);
  }

  #beginAnew(): void {
    this.#seen.clear();
    this.#promisedAll = 0;
    this.#versionFloor = 0;
    this.#highest = 0;
  }

  #lookAtRegisters(slot: Slot, isNew: boolean, heard: readonly ReplicationMessage[]): void {
    const { promisedAll, floor, versionFloor, epoch, quorum } = slot;
    if (promisedAll < this.#promisedAll || versionFloor < this.#versionFloor)
      this.#report('I4', `${brief(this.#id)} took back a promise of all keys of partition ${slot.partition}`);
    this.#promisedAll = promisedAll;
    this.#versionFloor = versionFloor;
    for (const register of slot.records.values()) {
      const { key, accepted, tombstone } = register;
      this.#highest = Math.max(this.#highest, register.promised);
      const seen = this.#seen.get(key);
      if (seen !== undefined && seen.accepted === accepted && seen.promised === register.promised) continue;
      if (this.#status === 'sealed' && !isNew && (seen === undefined || seen.accepted !== accepted))
        this.#report(
          'I9',
          `${brief(this.#id)} accepted "${key}" at ${accepted} in epoch ${epoch}, in which it was sealed`,
        );
      this.#compare(key, seen, accepted, Math.max(register.promised, promisedAll), epoch);
      if (seen === undefined) {
        this.#seen.set(key, { accepted, promised: register.promised, tombstone });
      } else {
        seen.promised = register.promised;
        if (seen.accepted === accepted) continue;
        seen.accepted = accepted;
        seen.tombstone = tombstone;
      }
      const isCarried = epochOf(accepted) !== epoch || (isNew && !wasAccepted(slot, accepted, heard));
      // What was accepted in an epoch before, a quorum may hold in this one though it was not chosen: another member may have brought along
      // more. All must hold it (ARCHITECTURE.md, "Decisions"; R6 reads by the same rule).
      const needed = epochOf(accepted) === epoch ? quorum : slot.members.length;
      this.#states.held(register, this.#id, epoch, needed, isCarried);
    }
    if (this.#seen.size > slot.records.size) this.#lookForDropped(slot);
    for (const [key, promised] of slot.promises) {
      this.#highest = Math.max(this.#highest, promised);
      const seen = this.#seen.get(key);
      if (seen === undefined) this.#seen.set(key, { accepted: 0, promised, tombstone: true });
      else {
        this.#compare(key, seen, 0, Math.max(promised, promisedAll, floor), epoch);
        seen.promised = promised;
      }
    }
  }

  /** I4: `promised` is the least ballot that the replica would still take. */
  #compare(
    key: string,
    seen: SeenRegister | undefined,
    accepted: Ballot,
    promised: Ballot,
    epoch: Epoch,
  ): void {
    if (seen !== undefined && accepted < seen.accepted)
      this.#report('I4', `${brief(this.#id)} accepted "${key}" at ${accepted} after ${seen.accepted}`);
    if (seen !== undefined && promised < seen.promised)
      this.#report('I4', `${brief(this.#id)} promised "${key}" to ${promised} after ${seen.promised}`);
    if (accepted > promised && epochOf(accepted) === epoch)
      this.#report(
        'I4',
        `${brief(this.#id)} accepted "${key}" at ${accepted}, beyond its promise ${promised}`,
      );
  }

  /** Registers that were there and are not: dropped tombstones, whose promises the floor must keep (I10). */
  #lookForDropped(slot: Slot): void {
    for (const [key, seen] of this.#seen) {
      if (slot.records.has(key)) continue;
      const promised = Math.max(slot.promises.get(key) ?? 0, slot.promisedAll, slot.floor);
      if (promised < seen.promised)
        this.#report(
          'I10',
          `${brief(this.#id)} dropped "${key}" and with it its promise to ${seen.promised}`,
        );
      if (seen.accepted !== 0) {
        const members = slot.members.map(({ id }) => id);
        this.#states.dropped(key, seen.accepted, slot.epoch, members, this.#id);
      }
      this.#seen.delete(key);
    }
  }

  #lookForMissing(slot: Slot): void {
    if (slot.view?.wipes === true) return;
    const missing = this.#states.findMissing(slot.epoch, (key) => slot.records.get(key)?.accepted);
    if (missing !== undefined)
      this.#report(
        'I6',
        `${brief(this.#id)} became active in epoch ${slot.epoch} of partition ${slot.partition}: ${missing}`,
      );
  }
}

/** Whether a replica that became active in this turn proposed at the ballot itself, or was asked to accept it, in the same turn. */
function wasAccepted({ place }: Slot, ballot: Ballot, heard: readonly ReplicationMessage[]): boolean {
  // The place of the proposer is in the last three bits (ballot.ts).
  if (ballot % 8 === place) return true;
  let isAsked = false;
  for (const { asks } of asksIn(heard)) {
    visitAsks(asks, (kind, _partition, _key, _epoch, asked) => {
      if (kind === askKinds.accept && asked === ballot) isAsked = true;
    });
  }
  return isAsked;
}
