/** The ends of clients' requests: an answer, or where to go instead. */
import { trustBytes, type ByteString } from '../../bytes.js';
import { parseIdentifier, type Identifier } from '../../chord/identifier.js';
import { statuses, type Status } from '../../wire/requests.js';
import { naturalGroup } from '../partition.js';
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

/** Answers `route`: one step of a client's lookup. */
export function replyNextHops(site: Site, client: number, id: number, target: Identifier): void {
  const { overlay, environment } = site;
  const hops = overlay?.nextHops(target, noIdentifiers);
  const peers = (hops?.peers ?? []).filter((peer) =>
    peer.id === site.self ? site.departure !== 'announced' : overlay?.isDead(peer.id) !== true,
  );
  if (hops === undefined || peers.length === 0) {
    environment.reply(client, id, statuses.tryAgain, 'this node knows no other that could answer');
  } else if (hops.kind === 'home') {
    const group = naturalGroup(peers, environment.config.replicas);
    environment.reply(client, id, statuses.moved, group.map((peer) => peer.id).join());
  } else {
    environment.reply(client, id, statuses.hop, [hops.via, ...peers.map((peer) => peer.id)].join());
  }
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

/** Answers a request for the next hop towards an identifier. */
export function route(site: Site, client: number, id: number, key: ByteString): void {
  const target = parseIdentifier(key);
  if (target !== undefined) replyNextHops(site, client, id, target);
  else site.environment.reply(client, id, statuses.error, trustBytes('not an identifier'));
}

const changingHands = trustBytes('the partition is changing hands');
const noIdentifiers: ReadonlySet<Identifier> = new Set();
