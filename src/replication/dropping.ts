/** The end of copies: a holder that is no member keeps its copy until all live members confirmed that they hold it (rule 5). */
import { dropRecord } from './contents.js';
import { isPlanted } from './environment.js';
import { hasHints } from './outbox.js';
import type { PartitionState, Replica } from './replica.js';

/** Drops what is held here and confirmed elsewhere. */
export function dropConfirmedCopies(replica: Replica): void {
  for (const partition of replica.known) {
    if (partition.member || partition.others.length === 0) continue;
    if (partition.records.size === 0 && partition.copy === 'none') continue;
    if (partition.unsynced.size > 0 && !isPlanted(replica.environment, 'dropBeforeConfirming')) continue;
    dropCopy(replica, partition);
  }
}

/** Whether everything held here is confirmed by the members other than this node, and nothing is under way to them. */
export function isHandedOver(replica: Replica): boolean {
  if (hasHints(replica)) return false;
  return replica.known.every(
    (partition) =>
      partition.records.size === 0 || (partition.others.length > 0 && partition.unsynced.size === 0),
  );
}

/** What holds a departure up: partitions without a known other member, and members by how many partitions they have not confirmed. */
export function departureReport(replica: Replica): Readonly<Record<string, unknown>> {
  const unconfirmed: Record<string, number> = {};
  let withoutMembers = 0;
  for (const partition of replica.known) {
    if (partition.records.size === 0) continue;
    if (partition.others.length === 0) withoutMembers++;
    for (const peer of partition.unsynced) unconfirmed[peer] = (unconfirmed[peer] ?? 0) + 1;
  }
  return { withoutMembers, unconfirmed, unacknowledged: hasHints(replica) };
}

function dropCopy(replica: Replica, partition: PartitionState): void {
  for (const record of [...partition.records.values()]) dropRecord(replica, partition, record);
  partition.copy = 'none';
  partition.equalAt.clear();
}
