/**
 * Routing: which node an operation goes to. A client remembers partition -> leader and speaks to it directly; where it knows
 * none it runs Chord's iterative lookup, one per partition at a time, and all operations of the partition wait for it.
 */
import { emptyBytes, trustBytes, type ByteString } from '../bytes.js';
import { trustIdentifier, type Identifier } from '../chord/identifier.js';
import { RondoError } from '../errors.js';
import { partitionIdentifier } from '../replication/partition.js';
import { statuses } from '../wire/requests.js';
import { enqueue, failPending, isChange, wakeAt } from './dispatcher.js';
import { lookUp, type LookupResult } from './lookup.js';
import { slotMask, type Dispatcher, type Pending } from './state.js';

/** Lookups of one client: how many nodes each asked before the home was known. */
export interface HopCounters {
  lookups: number;
  hops: number;
  hopsMax: number;
}

const movesBeforeLookup = 3;
const movesMax = 7;
const retryDelayMs = 2;
/** What a partition that changes hands takes is known to nobody: this much longer than it, and half of that on average, is waited. */
const retryGrowth = 1.3;
const retryDelayMsMax = 500;
/** Of the time that a node took to give an operation up: so much must be left for it to be asked again. */
const patienceMargin = 1.25;

/** Attaches routing to a dispatcher; answers the counters that its lookups keep. */
export function attachRouting(dispatcher: Dispatcher): HopCounters {
  const counters: HopCounters = { lookups: 0, hops: 0, hopsMax: 0 };
  const waiting = new Map<number, Pending[]>();

  const begin = (partition: number, pending: Pending): void => {
    const others = waiting.get(partition);
    if (others !== undefined) return void others.push(pending);
    waiting.set(partition, [pending]);
    const target = partitionIdentifier(partition, dispatcher.settings.partitions);
    lookUp(dispatcher, target, undefined, (result) => finish(partition, result));
  };

  const finish = (partition: number, result: LookupResult): void => {
    const operations = (waiting.get(partition) ?? []).filter((pending) => isOutstanding(dispatcher, pending));
    waiting.delete(partition);
    if (result.type === 'failed') return operations.forEach((pending) => tryLater(dispatcher, pending));
    counters.lookups++;
    counters.hops += result.hops.length;
    counters.hopsMax = Math.max(counters.hopsMax, result.hops.length);
    learn(dispatcher, partition, result.group);
    for (const pending of operations) send(dispatcher, pending);
  };

  dispatcher.reroute = (pending, status, value) => {
    if (status === statuses.tryAgain || status === statuses.noQuorum || status === statuses.unknown) {
      pending.refusal = value;
      if (status === statuses.noQuorum && isTooLateAgain(dispatcher, pending))
        return failPending(dispatcher, pending, hopeless(value));
      // Who leads may have changed: a lookup finds who answers now. A node that says tryAgain is where it should be asked.
      if (status !== statuses.tryAgain) dispatcher.leaders[pending.partition] = undefined;
      return tryLater(dispatcher, pending);
    }
    if (status === statuses.moved) {
      pending.moves++;
      learn(dispatcher, pending.partition, parseIdentifiers(value));
      if (pending.moves > movesMax) {
        // Nodes disagree about who leads, which passes.
        pending.refusal = trustBytes(
          `no node accepted the operation after ${pending.moves} moves and a lookup`,
        );
        pending.moves = 0;
        dispatcher.leaders[pending.partition] = undefined;
        return tryLater(dispatcher, pending);
      }
      if (pending.moves !== movesBeforeLookup && leaderOf(dispatcher, pending) !== undefined)
        return send(dispatcher, pending);
    }
    const leader = status === undefined ? leaderOf(dispatcher, pending) : undefined;
    if (leader !== undefined) return enqueue(dispatcher, leader, pending);
    dispatcher.leaders[pending.partition] = undefined;
    begin(pending.partition, pending);
  };
  return counters;
}

/**
 * Whether a change that its node has given up would, sent again, be silent at its deadline: it would end UNKNOWN, and so again and again,
 * where it certainly had no effect. A read may be silent: it never ends UNKNOWN.
 */
function isTooLateAgain({ ports }: Dispatcher, pending: Pending): boolean {
  const nowMs = ports.clock.nowMs();
  return isChange(pending) && pending.deadlineMs - nowMs < patienceMargin * (nowMs - pending.sentAtMs);
}

function hopeless(why: ByteString): RondoError {
  return new RondoError('NOQUORUM', `another try would pass the deadline (${why}); it had no effect`);
}

export function isOutstanding(dispatcher: Dispatcher, pending: Pending): boolean {
  return dispatcher.slots[pending.id & slotMask] === pending;
}

/** Routes the operation again after a pause that grows with each try, as long as its deadline allows. */
export function tryLater(dispatcher: Dispatcher, pending: Pending): void {
  const delayMs = Math.min(retryDelayMsMax, retryDelayMs * retryGrowth ** pending.tries++);
  const atMs = dispatcher.ports.clock.nowMs() + delayMs * (0.5 + dispatcher.ports.random() / 2);
  dispatcher.delayed.push({ atMs, pending });
  wakeAt(dispatcher, atMs);
}

function send(dispatcher: Dispatcher, pending: Pending): void {
  const leader = leaderOf(dispatcher, pending);
  if (leader === undefined) tryLater(dispatcher, pending);
  else enqueue(dispatcher, leader, pending);
}

function leaderOf(dispatcher: Dispatcher, pending: Pending): Dispatcher['leaders'][number] {
  const leader = dispatcher.leaders[pending.partition];
  return leader === undefined || leader.gone ? undefined : leader;
}

/** Remembers the first node of the group that this client does not know to be gone. */
function learn(dispatcher: Dispatcher, partition: number, group: readonly Identifier[]): void {
  dispatcher.leaders[partition] = undefined;
  for (const id of group) {
    const link = dispatcher.links.get(id);
    if (link !== undefined) return void (dispatcher.leaders[partition] = link);
  }
}

/** The identifiers in a `moved` or `hop` reply. */
export function parseIdentifiers(value: ByteString): Identifier[] {
  return value === emptyBytes ? [] : value.split(',').map(trustIdentifier);
}
