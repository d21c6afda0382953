/**
 * Messages that can do nothing any more, whatever happens before they arrive: leaving them out of a state makes many states one
 * and hides no behaviour. What is said of a state here stays true of all that follow it.
 */
import { askKinds, askStride } from '../../../src/replication/linearizable/packed-asks.js';
import type { PreparedAll, ViewMessage } from '../../../src/replication/linearizable/messages.js';
import type { NodeState } from './node-states.js';

export function isSpent(message: ViewMessage, receiver: NodeState, sender: NodeState): boolean {
  // The dead are not heard.
  if (receiver.isCrashed || (receiver.saved.deadBits & (1 << sender.member)) !== 0) return true;
  switch (message.type) {
    // Request ids are never used again, so that what is not awaited now never will be.
    case 'registerAnswers':
      return message.views.length === 0 && !receiver.awaited.has(message.requestId);
    case 'fetched':
      return message.views.length === 0 && !receiver.awaited.has(message.requestId);
    // Answers to nobody; the receiver learns nothing from the question.
    case 'fetch':
      if (sender.awaited.has(message.requestId)) return false;
      return message.view === null || receiver.viewEpoch >= message.view.epoch;
    case 'registerAsks':
      return isReadsOnly(message.asks.head) && !sender.awaited.has(message.requestId);
    // A new try has a new ballot.
    case 'viewPromised':
      return isDecided(receiver, message) || receiver.phase !== 'preparing';
    case 'viewAccepted':
    case 'viewRefused':
      return isDecided(receiver, message);
    case 'preparedAll':
      return (
        message.views.length === 0 && message.partitions.every((answer) => isClaimOver(receiver, answer))
      );
    // Answered with `activated`, which is left out between most members (node-states.ts).
    case 'views':
      return (
        message.views.every(({ epoch }) => epoch <= receiver.viewEpoch) &&
        (receiver.viewBits & (1 << sender.member)) !== 0 &&
        receiver.first !== sender.member
      );
    // Counts where registers of the epoch before are kept until it comes, and where somebody leads.
    case 'activated':
      if (message.epoch !== receiver.viewEpoch) return message.epoch < receiver.viewEpoch;
      return receiver.status === 'active' ? receiver.uniform : receiver.status !== 'sealed';
    case 'uniform':
      return message.partitions.every(
        ({ epoch }) =>
          receiver.epoch > epoch ||
          (receiver.epoch === epoch && (receiver.status !== 'active' || receiver.uniform)),
      );
    default:
      return false;
  }
}

/** The ballot is not the one that is driven: it never will be again, for each try exceeds what this node promised, its own tries among it. */
function isDecided(
  { viewEpoch, driving }: NodeState,
  of: { readonly epoch: number; readonly ballot: number },
): boolean {
  return viewEpoch > of.epoch || driving !== of.ballot;
}

/**
 * A claim is repeated under its own ballot, but only while it is being asked for, when nothing of it is left out here. A ballot that is not
 * the claim's, or a claim that was let go, never comes back: a new one exceeds `highest`, and so every claim before it. One that is decided
 * (clean or not) is not asked for again; of its late answers only consent counts, by which all may turn out to have started equal.
 */
function isClaimOver(
  { status, epoch, lead, leadBallot, highest }: NodeState,
  answer: PreparedAll['partitions'][number],
): boolean {
  if (epoch > answer.epoch || (epoch === answer.epoch && status !== 'active')) return true;
  if (epoch !== answer.epoch || answer.exceed > highest) return false;
  if (lead === 'none' || leadBallot !== answer.ballot) return true;
  // Late consent still tells that all members started with the same.
  return lead !== 'asking' && !(answer.outcome === 'promised' && answer.equal);
}

function isReadsOnly(head: ArrayLike<number>): boolean {
  for (let at = 0; at < head.length; at += askStride)
    if (((head[at] ?? 0) & 0xff) !== askKinds.read) return false;
  return true;
}
