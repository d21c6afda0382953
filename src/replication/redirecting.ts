/** Where a request belongs that this node does not serve: the partition's group when known, else closer nodes. */
import type { Peer } from '../peer.js';
import { statuses } from '../wire/requests.js';
import type { Identifier } from '../chord/identifier.js';
import { naturalGroup } from './partition.js';
import type { PartitionState, Replica } from './replica.js';

const nobody: ReadonlySet<Identifier> = new Set();

/** Answers with `moved`, `hop` or, where this node knows no other, `tryAgain`. */
export function redirect(replica: Replica, client: number, id: number, partition: PartitionState): void {
  replica.counters.moved++;
  const live = knownGroup(replica, partition).filter((peer) => isServing(replica, peer));
  if (live.length > 0) {
    replica.environment.reply(client, id, statuses.moved, live.map((peer) => peer.id).join());
    return;
  }
  replyNextHops(replica, client, id, partition.identifier);
}

/** Answers `route`: one step of a client's lookup. */
export function replyNextHops(replica: Replica, client: number, id: number, target: Identifier): void {
  const { overlay, environment } = replica;
  const hops = overlay?.nextHops(target, nobody);
  const peers = (hops?.peers ?? []).filter((peer) => isServing(replica, peer));
  if (hops === undefined || peers.length === 0) {
    environment.reply(client, id, statuses.tryAgain, 'this node knows no other that could answer');
  } else if (hops.kind === 'home') {
    const group = naturalGroup(peers, environment.config.replicas);
    environment.reply(client, id, statuses.moved, group.map((peer) => peer.id).join());
  } else {
    environment.reply(client, id, statuses.hop, [hops.via, ...peers.map((peer) => peer.id)].join());
  }
}

/** The group as last told or, for a partition homed at a successor, as the own pointers tell; empty when neither. */
function knownGroup(replica: Replica, partition: PartitionState): readonly Peer[] {
  const home = partition.home;
  if (partition.group.length > 0 && home !== undefined && replica.overlay?.isDead(home) === false) {
    return partition.group;
  }
  const clockwise = replica.overlay?.homeOf(partition.identifier);
  if (clockwise === undefined) return partition.group;
  return naturalGroup(clockwise, replica.environment.config.replicas);
}

/** Neither dead nor, when it is this node itself, on its way out. */
function isServing(replica: Replica, peer: Peer): boolean {
  if (peer.id === replica.self) return replica.departure !== 'announced';
  return replica.overlay?.isDead(peer.id) !== true;
}
