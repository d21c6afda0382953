/**
 * What must hold of one turn of one node, whatever the others do: I1, I4 and I9 of docs/design/replication.md, 1.6. A coordinator
 * that was sealed meanwhile may still answer its client: what a quorum said while active stays true.
 */
import type { ViewMessage } from '../../../src/replication/linearizable/messages.js';
import { epochOf, type Ballot, type Epoch } from '../../../src/replication/linearizable/ballot.js';
import type { Site } from '../../../src/replication/linearizable/site.js';
import type { Slot } from '../../../src/replication/linearizable/slot.js';
import { answeredWithData } from '../arena/monitor/answer-watch.js';
import type { Action } from './inputs.js';
import type { Said } from './node-state.js';

/** A replica as a turn finds it or leaves it. */
export interface ReplicaGlance {
  readonly status: Slot['status'];
  readonly epoch: Epoch;
  readonly accepted: Ballot;
  /** What may be accepted at least; of the key. */
  readonly promised: Ballot;
  /** As an acceptor of the next view. */
  readonly viewPromised: number;
  readonly viewAccepted: number;
}

const nothing: ReplicaGlance = {
  status: 'none',
  epoch: 0,
  accepted: 0,
  promised: 0,
  viewPromised: 0,
  viewAccepted: 0,
};

export function glanceAt({ slots: [slot] }: Site): ReplicaGlance {
  if (slot === undefined) return nothing;
  const { status, epoch, records, promises, promisedAll, floor, nextPromised, nextAccepted } = slot;
  const register = records.values().next().value;
  const own = register?.promised ?? Math.max(floor, ...promises.values());
  return {
    status,
    epoch,
    accepted: register?.accepted ?? 0,
    promised: Math.max(own, promisedAll),
    viewPromised: nextPromised,
    viewAccepted: nextAccepted,
  };
}

/** The invariant that the turn broke, and how; undefined when none. */
export function checkTurn(
  before: ReplicaGlance,
  after: ReplicaGlance,
  action: Action,
  said: readonly Said[],
): readonly [string, string] | undefined {
  if (before.epoch === after.epoch && isHeld(before) && isHeld(after)) {
    if (before.status === 'sealed' && after.status === 'active')
      return ['I9', `active again in epoch ${after.epoch}, in which it was sealed`];
    if (after.accepted < before.accepted)
      return ['I4', `accepted ${after.accepted} after ${before.accepted}`];
    if (after.promised < before.promised)
      return ['I4', `promised ${after.promised} after ${before.promised}`];
    if (before.status === 'sealed' && after.accepted !== before.accepted)
      return ['I9', `accepted ${after.accepted} while sealed`];
    if (after.viewPromised < before.viewPromised)
      return ['I1', `promised view ballot ${after.viewPromised} after ${before.viewPromised}`];
    if (after.viewAccepted !== before.viewAccepted && after.viewAccepted < before.viewPromised)
      return ['I1', `voted at ${after.viewAccepted} having promised ${before.viewPromised}`];
  }
  if (after.accepted > after.promised && epochOf(after.accepted) === after.epoch)
    return ['I4', `accepted ${after.accepted} beyond its promise ${after.promised}`];
  return action.type === 'message' ? checkAnswers(before, action.message, said) : undefined;
}

function checkAnswers(
  before: ReplicaGlance,
  asked: ViewMessage,
  said: readonly Said[],
): readonly [string, string] | undefined {
  for (const { message } of said) {
    if (asked.type === 'registerAsks' && message.type === 'registerAnswers') {
      for (const { epoch } of answeredWithData(asked, message)) {
        if (before.status !== 'active' || before.epoch !== epoch)
          return ['I9', `answered in epoch ${epoch}, being ${before.status} in epoch ${before.epoch}`];
      }
    } else if (message.type === 'preparedAll') {
      for (const { epoch, ballot, outcome } of message.partitions) {
        if (outcome !== 'promised') continue;
        if (before.status !== 'active' || before.epoch !== epoch)
          return ['I9', `granted a claim of epoch ${epoch}, being ${before.status} in epoch ${before.epoch}`];
        if (before.promised > ballot)
          return ['I4', `granted all keys to ${ballot}, having promised up to ${before.promised}`];
      }
    }
  }
  return undefined;
}

function isHeld({ status }: ReplicaGlance): boolean {
  return status === 'active' || status === 'sealed';
}
