/** Requests that concern a whole partition, or all of them: scan, count and flush. */
import type { ByteString } from '../bytes.js';
import type { StoredRecord } from '../store.js';
import { opcodes, packScanPage, statuses, type ScanPage } from '../wire/requests.js';
import { flushLocally } from './changes.js';
import { redirect } from './redirecting.js';
import type { Parked, PartitionState, Replica } from './replica.js';

const pageRecordsMax = 1_024;
const pageRecordsDefault = 256;
const pageBytesMax = 1024 * 1024;

/** `taken`: this node leads the partition, or has to take what reaches it. */
export function servePartition(
  replica: Replica,
  partition: PartitionState,
  request: Parked,
  taken: boolean,
  nowMs: number,
): void {
  const { reply } = replica.environment;
  const { client, id, opcode } = request;
  if (opcode === opcodes.count) {
    reply(client, id, statuses.ok, String(countLed(replica, nowMs)));
  } else if (opcode === opcodes.flush) {
    if (!taken) return redirect(replica, client, id, partition);
    replica.counters.writes++;
    flushLocally(replica, partition, nowMs);
    reply(client, id, statuses.ok, '');
  } else if (partition.readable || (taken && partition.copy === 'complete')) {
    const page = scanPage(partition, request.value, request.number, nowMs);
    reply(client, id, statuses.ok, packScanPage(page));
  } else if (partition.member) {
    reply(client, id, statuses.tryAgain, 'the partition is still being filled');
  } else redirect(replica, client, id, partition);
}

/** Live records of the partitions led here; looks at each record only where some may have expired. */
export function countLed(replica: Replica, nowMs: number): number {
  let count = 0;
  for (const partition of replica.known) {
    if (!partition.led) continue;
    count += partition.live;
    if (partition.earliestExpiry > nowMs) continue;
    for (const record of partition.records.values()) {
      if (!record.tombstone && record.expiresAt <= nowMs) count--;
    }
  }
  return count;
}

/**
 * One page in the order of the keys' hashes, so that a cursor (the last hash shown) stays good whatever comes and goes.
 * Costs a look at every record of the partition.
 */
function scanPage(partition: PartitionState, cursor: ByteString, asked: number, nowMs: number): ScanPage {
  const after = cursor === '' ? -1 : Number(cursor);
  const rest: StoredRecord[] = [];
  for (const record of partition.records.values()) {
    if (record.keyHash > after && !record.tombstone && record.expiresAt > nowMs) rest.push(record);
  }
  rest.sort((a, b) => a.keyHash - b.keyHash);
  const limit = asked > 0 ? Math.min(asked, pageRecordsMax) : pageRecordsDefault;
  const records: (readonly [ByteString, ByteString])[] = [];
  let bytes = 0;
  let last = after;
  for (const record of rest) {
    // Keys of one hash are never parted, for the cursor could not tell them apart.
    if (record.keyHash !== last && (records.length >= limit || bytes >= pageBytesMax)) {
      return { next: String(last), records };
    }
    records.push([record.key, record.value]);
    bytes += record.key.length + record.value.length;
    last = record.keyHash;
  }
  return { next: undefined, records };
}
