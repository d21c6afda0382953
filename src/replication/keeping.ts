/**
 * Whose copy counts when a holder lets its own go (rules 5 and 7). Who is a member is each node's own view, and views differ: two
 * holders that took each other for members would both be confirmed, and both let go. So only that peer counts which keeps
 * its copy by its own view, and a node counts only what it was confirmed after it last confirmed another's copy itself.
 * Along a chain of confirmations time then only goes forward: it ends at a node that still holds the records.
 */
import type { Identifier } from '../chord/identifier.js';
import { isPlanted } from './environment.js';
import { raisePending } from './engine-state.js';
import type { PartitionState, Replica } from './replica.js';

/** Whether this node means to hold its copy for good: a member that is not about to leave. */
export function keepsCopy(replica: Replica, partition: PartitionState): boolean {
  return partition.member && replica.departure === 'none';
}

/**
 * Whether the peer may let go of its copy because of this one. Of members that depart at the same time and need each other,
 * the lower identifier may rely on the higher, never the other way round: else both would wait, or both would go.
 */
export function keepsCopyFor(replica: Replica, partition: PartitionState, peer: Identifier): boolean {
  if (keepsCopy(replica, partition) || isPlanted(replica.environment, 'confirmInPassing')) return true;
  if (!partition.member || replica.departure !== 'handingOver') return false;
  return peer < replica.self || !partition.others.includes(peer);
}

/** What others confirmed so far, or are about to, counts no more: this node's copy has become the one to be handed over. */
export function forgetConfirmations(replica: Replica, partition: PartitionState): void {
  for (const peer of partition.others) partition.unsynced.add(peer);
  for (const { comparing } of replica.sessions.values()) comparing.delete(partition.partition);
  raisePending(replica);
}
