/** Anti-entropy, the asked one's side: what is equal, what is held here where it is not, and records taken in. */
import { completeCopy } from './filling.js';
import { digestOf } from './comparing.js';
import { flushPartition } from './contents.js';
import { isPlanted } from './environment.js';
import { groupsToTell, takeToldGroups } from './groups.js';
import { forgetConfirmations, keepsCopy, keepsCopyFor } from './keeping.js';
import { mergeRecords } from './merging.js';
import type {
  BucketDigests,
  Compare,
  Compared,
  Confirmed,
  GetVersions,
  PartitionDigest,
  Records,
  VersionList,
} from './messages.js';
import { partitionsOfRecords } from './packed-records.js';
import { raisePending } from './engine-state.js';
import type { PartitionState, Replica } from './replica.js';
import { digestBuckets, listVersions } from './version-lists.js';

/** Partitions with more records are compared by buckets first. */
export const bucketedAbove = 2_048;
/** Versions in one answer, about; what is beyond is for later. */
const versionsMax = 32_768;

export function answerCompare(replica: Replica, message: Compare): void {
  takeToldGroups(replica, message.told);
  const nowMs = replica.environment.clock.nowMs();
  const equal: number[] = [];
  const later: number[] = [];
  const different: VersionList[] = [];
  const bucketed: BucketDigests[] = [];
  const digests: PartitionDigest[] = [];
  const strange: PartitionState[] = [];
  let listed = 0;
  for (const digest of message.digests) {
    const partition = replica.partitions[digest.partition];
    if (partition === undefined) continue;
    const { from } = message;
    const isKept = keepsCopy(replica, partition);
    // The asker may go because of this copy, which must then stay until it is confirmed anew.
    if (!isKept && digest.passesOn === true && keepsCopyFor(replica, partition, from))
      forgetConfirmations(replica, partition);
    flushPartition(replica, partition, { hlc: digest.flushedHlc, writer: digest.flushedWriter });
    partition.peerCopies.set(from, digest.copy);
    if (partition.group.length > 0 && !partition.group.some((peer) => peer.id === from))
      strange.push(partition);
    if (partition.low === digest.low && partition.high === digest.high) {
      equal.push(digest.partition);
      partition.equalAt.set(from, partition.changes);
      // A question may be as old as the network is slow: who lets its copy go relies on answers to its own.
      if (isKept || isPlanted(replica.environment, 'confirmInPassing')) partition.unsynced.delete(from);
      if (digest.copy === 'complete') completeCopy(replica, partition);
    } else {
      if (partition.others.includes(from) && partition.records.size > 0) {
        partition.unsynced.add(from);
        raisePending(replica);
      }
      if (isFilledByAnother(replica, partition, message, nowMs) || listed > versionsMax)
        later.push(digest.partition);
      else {
        receiveFrom(replica, partition, message.from, nowMs);
        if (partition.records.size > bucketedAbove) bucketed.push(digestBuckets(partition));
        else different.push(listVersions(partition, []));
        listed += Math.min(partition.records.size, bucketedAbove);
      }
    }
    digests.push(digestOf(partition, keepsCopyFor(replica, partition, from)));
  }
  replica.environment.send(message.from, {
    type: 'compared',
    from: replica.self,
    requestId: message.requestId,
    told: groupsToTell(strange),
    digests,
    equal,
    different,
    bucketed,
    later,
  } satisfies Compared);
}

export function answerVersions(replica: Replica, message: GetVersions): void {
  const lists: VersionList[] = [];
  for (const { partition: number, buckets } of message.wanted) {
    const partition = replica.partitions[number];
    if (partition !== undefined) lists.push(listVersions(partition, buckets));
  }
  const { from, requestId } = message;
  replica.environment.send(from, { type: 'versions', from: replica.self, requestId, lists });
}

export function takeRecords(replica: Replica, message: Records): void {
  const { from, requestId, records } = message;
  mergeRecords(replica, records, from);
  const nowMs = replica.environment.clock.nowMs();
  for (const number of partitionsOfRecords(records)) {
    const partition = replica.partitions[number];
    if (partition?.receivingFrom === from) receiveFrom(replica, partition, from, nowMs);
  }
  replica.environment.send(from, { type: 'recordsTaken', from: replica.self, requestId });
}

/** A complete holder says that everything it holds is here. */
export function takeConfirmed(replica: Replica, message: Confirmed): void {
  for (const number of message.partitions) {
    const partition = replica.partitions[number];
    if (partition !== undefined) completeCopy(replica, partition);
  }
}

/** While one holder fills a copy the others wait, so that it is not sent several times. */
function isFilledByAnother(
  replica: Replica,
  partition: PartitionState,
  message: Compare,
  nowMs: number,
): boolean {
  const { receivingFrom } = partition;
  return (
    partition.copy === 'filling' &&
    receivingFrom !== undefined &&
    receivingFrom !== message.from &&
    partition.receivingUntilMs > nowMs &&
    replica.overlay?.isDead(receivingFrom) !== true
  );
}

function receiveFrom(
  replica: Replica,
  partition: PartitionState,
  from: Compare['from'],
  nowMs: number,
): void {
  partition.receivingFrom = from;
  partition.receivingUntilMs = nowMs + 2 * replica.environment.config.questionTimeoutMs;
}
