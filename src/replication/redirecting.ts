/** Where a request belongs that this node does not serve: the partition's group when known, else closer nodes. */
import type { Peer } from '../peer.js';
import { statuses } from '../wire/requests.js';
import { isServing, replyNextHops } from './next-hops.js';
import { naturalGroup } from './partition.js';
import type { PartitionState, Replica } from './replica.js';

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
