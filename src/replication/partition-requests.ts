/** Requests that concern a whole partition, or all of them: scan, count and flush. */
import type { StoredRecord } from '../store.js';
import { opcodes, packScanPage, statuses } from '../wire/requests.js';
import { flushLocally } from './changes.js';
import type { ClientRequest } from './engine-state.js';
import { redirect } from './redirecting.js';
import type { PartitionState, Replica } from './replica.js';
import { cursorAfter, cutPage } from './scan-page.js';
import { countLed } from './shelf-counts.js';

/** `taken`: this node leads the partition, or has to take what reaches it. */
export function servePartition(
  replica: Replica,
  partition: PartitionState,
  request: ClientRequest,
  taken: boolean,
  nowMs: number,
): void {
  const { reply } = replica.environment;
  const { client, id, opcode } = request;
  if (opcode === opcodes.count) {
    reply(client, id, statuses.ok, String(countLed(replica.known, nowMs)));
  } else if (opcode === opcodes.flush) {
    if (!taken) return redirect(replica, client, id, partition);
    replica.counters.writes++;
    flushLocally(replica, partition, nowMs);
    reply(client, id, statuses.ok, '');
  } else if (partition.readable || (taken && partition.copy === 'complete')) {
    const isShown = ({ tombstone, expiresAt }: StoredRecord): boolean => !tombstone && expiresAt > nowMs;
    const page = cutPage(partition.records.values(), request.value, request.number, isShown);
    const records = page.records.map(({ key, value }) => [key, value] as const);
    reply(client, id, statuses.ok, packScanPage({ next: cursorAfter(page.through), records }));
  } else if (partition.member) {
    reply(client, id, statuses.tryAgain, 'the partition is still being filled');
  } else redirect(replica, client, id, partition);
}
