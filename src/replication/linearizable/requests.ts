/** The ends of clients' requests: an answer, or where to go instead. */
import { trustBytes, type ByteString } from '../../bytes.js';
import { statuses, type Status } from '../../wire/requests.js';
import { replyNextHops } from '../next-hops.js';
import { describeEpoch } from './ballot.js';
import type { Operation } from './key-change.js';
import { seemsAlive, type Site } from './site.js';
import type { Slot } from './slot.js';

/** `client` of operations that the site itself makes (evictions, settling): nobody hears of their end. */
export const nobody = -1;

/** Answers the client that asked. */
export function finish(site: Site, operation: Operation, status: Status, reply: ByteString): void {
  site.requests--;
  if (operation.client !== nobody) site.environment.reply(operation.client, operation.id, status, reply);
  else operation.heard?.(status, reply);
}

/** The operation certainly had no effect, and this node cannot do it any more: the client is sent on. */
export function redo(site: Site, slot: Slot, operation: Operation): void {
  site.requests--;
  if (operation.client !== nobody) redirect(site, slot, operation.client, operation.id);
  else operation.heard?.(statuses.tryAgain, changingHands);
}

/** Answers with the members of the newest view known, the leader first; else with closer nodes. */
export function redirect(site: Site, slot: Slot, client: number, id: number): void {
  const { reply } = site.environment;
  site.counters.moved++;
  const { view } = slot;
  const isLost = site.losses.get(slot)?.isShown === true;
  const reason = isLost ? noQuorum(slot) : changingHands;
  if (view === undefined) {
    // The home of a partition whose view it has not heard of yet is about to be told.
    if (site.overlay?.isHome(slot.identifier) === true) reply(client, id, statuses.tryAgain, reason);
    else replyNextHops(site, client, id, slot.identifier);
    return;
  }
  const members = view.members.map((peer) => peer.id);
  if (members.includes(site.self)) {
    const leader = members.find((member) => seemsAlive(site, member));
    // On the way into the view, or out of one that is not replaced yet: a matter of milliseconds.
    if (slot.status !== 'active' || slot.epoch !== view.epoch || leader === site.self)
      return reply(client, id, statuses.tryAgain, reason);
  }
  const alive = members.filter((member) => member !== site.self && seemsAlive(site, member));
  if (alive.length > 0) reply(client, id, statuses.moved, alive.join());
  else if (isLost) reply(client, id, statuses.tryAgain, reason);
  else replyNextHops(site, client, id, slot.identifier);
}

/** Why there is no answer, for people. */
export function noQuorum(slot: Slot): ByteString {
  const { partition, view } = slot;
  if (view === undefined) return trustBytes(`partition ${partition} has no quorum: nobody knows its members`);
  const members = view.members.map(({ address }) => address).join(', ');
  return trustBytes(
    `partition ${partition} has no quorum in epoch ${describeEpoch(view.epoch)} of ${members}`,
  );
}

const changingHands = trustBytes('the partition is changing hands');
