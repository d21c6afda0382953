/**
 * Anti-entropy, the asker's side: compare digests with a peer, find what it lacks, send that in chunks, compare again
 * until the peer holds everything that is held here (replication.md, section 2, rules 4 and 5).
 */
import type { Identifier } from '../chord/identifier.js';
import { flushPartition } from './contents.js';
import { completeCopy, previousMembers } from './filling.js';
import { groupsToTell, takeToldGroups } from './groups.js';
import { keepsCopy } from './keeping.js';
import type {
  Compared,
  Copy,
  GetVersions,
  PartitionDigest,
  RecordsTaken,
  VersionList,
  Versions,
} from './messages.js';
import { createRecordWriter, finishRecords, kinds, writeChange } from './packed-records.js';
import type { PartitionState, Replica, Session } from './replica.js';
import { ask, sessionWith, takeAnswer } from './sessions.js';
import { compareVersions, differingBuckets } from './version-lists.js';

/** Partitions in one comparison. */
const comparedAtOnce = 1_024;
/** A chunk of records ends at either. */
const chunkRecords = 1_024;
const chunkBytes = 256 * 1024;
/** Comparisons in a row that led to sending, before the next waits for a round: a peer that never takes what it is sent. */
const repairsMax = 8;

/** Starts a comparison with every peer that may lack something or is to be told groups; in a round, with all members. */
export function startDueSessions(replica: Replica, nowMs: number, isRound: boolean): void {
  const peers = new Set<Identifier>(replica.toTell);
  for (const partition of replica.known) {
    for (const peer of isRound ? partition.others : partition.unsynced) peers.add(peer);
    if (asksAround(replica, partition, nowMs))
      for (const peer of previousMembers(replica, partition)) peers.add(peer);
  }
  peers.delete(replica.self);
  for (const peer of [...peers].sort()) startSession(replica, peer, nowMs, isRound);
}

export function handleCompared(replica: Replica, message: Compared): void {
  const session = takeAnswer(replica, message.from, message.requestId);
  if (session === undefined) return;
  takeToldGroups(replica, message.told);
  const copies = new Map<number, Copy>();
  let isToAskAgain = message.later.length > 0;
  for (const digest of message.digests) {
    const partition = replica.partitions[digest.partition];
    if (partition === undefined) continue;
    copies.set(digest.partition, digest.copy);
    partition.peerCopies.set(message.from, digest.copy);
    if (digest.passesOn === true && !keepsCopy(replica, partition)) {
      session.comparing.delete(digest.partition);
      isToAskAgain = true;
    }
    flushPartition(replica, partition, { hlc: digest.flushedHlc, writer: digest.flushedWriter });
  }
  for (const number of message.equal) {
    const partition = replica.partitions[number];
    if (partition === undefined) continue;
    if (session.comparing.get(number) === partition.changes)
      partition.equalAt.set(message.from, partition.changes);
    settle(replica, session, partition);
    if (copies.get(number) === 'complete') completeCopy(replica, partition);
  }
  const wanted: { partition: number; buckets: number[] }[] = [];
  for (const digests of message.bucketed) {
    const partition = replica.partitions[digests.partition];
    if (partition === undefined) continue;
    const buckets = differingBuckets(partition, digests);
    if (buckets.length > 0) wanted.push({ partition: digests.partition, buckets });
  }
  if (isToAskAgain) {
    session.notBeforeMs = replica.environment.clock.nowMs() + replica.environment.config.questionTimeoutMs;
  }
  session.lacks = [];
  session.lacksAt = 0;
  takeLists(replica, session, message.different);
  if (wanted.length === 0) return goOn(replica, session);
  const requestId = replica.nextRequestId++;
  ask(replica, session, { type: 'getVersions', from: replica.self, requestId, wanted } satisfies GetVersions);
}

export function handleVersions(replica: Replica, message: Versions): void {
  const session = takeAnswer(replica, message.from, message.requestId);
  if (session === undefined) return;
  takeLists(replica, session, message.lists);
  goOn(replica, session);
}

export function handleRecordsTaken(replica: Replica, message: RecordsTaken): void {
  const session = takeAnswer(replica, message.from, message.requestId);
  if (session !== undefined) goOn(replica, session);
}

/** What this node holds of a partition, as digests tell it. */
export function digestOf(partition: PartitionState, isKept: boolean): PartitionDigest {
  const { low, high, copy, flushedBefore } = partition;
  const flush = { flushedHlc: flushedBefore.hlc, flushedWriter: flushedBefore.writer };
  const digest = { partition: partition.partition, low, high, copy, ...flush };
  return isKept ? digest : { ...digest, passesOn: true };
}

function startSession(replica: Replica, peer: Identifier, nowMs: number, isRound: boolean): void {
  if (replica.overlay?.isDead(peer) === true) {
    replica.toTell.delete(peer);
    return;
  }
  const session = sessionWith(replica, peer);
  if (session.question !== undefined || session.notBeforeMs > nowMs) return;
  const compared: PartitionState[] = [];
  const told: PartitionState[] = [];
  const tellsAll = replica.toTell.has(peer);
  for (const partition of replica.known) {
    if (tellsAll || (isRound && partition.home === replica.self && partition.others.includes(peer))) {
      told.push(partition);
    }
    if (compared.length < comparedAtOnce && isToCompare(replica, partition, peer, nowMs, isRound)) {
      compared.push(partition);
    }
  }
  replica.toTell.delete(peer);
  if (compared.length === 0 && told.length === 0) return;
  session.comparing.clear();
  for (const partition of compared) session.comparing.set(partition.partition, partition.changes);
  ask(replica, session, {
    type: 'compare',
    from: replica.self,
    requestId: replica.nextRequestId++,
    told: groupsToTell(told),
    digests: compared.map((partition) => digestOf(partition, keepsCopy(replica, partition))),
  });
}

function isToCompare(
  replica: Replica,
  partition: PartitionState,
  peer: Identifier,
  nowMs: number,
  isRound: boolean,
): boolean {
  if (asksAround(replica, partition, nowMs) && !partition.peerCopies.has(peer)) {
    return previousMembers(replica, partition).includes(peer);
  }
  if (partition.unsynced.has(peer)) {
    if (partition.copy === 'complete' || partition.records.size > 0 || partition.flushedBefore.hlc > 0)
      return true;
    // Nothing is held here that the peer could lack.
    partition.unsynced.delete(peer);
  }
  if (!isRound || partition.equalAt.get(peer) === partition.changes) return false;
  if (partition.led) return partition.others.includes(peer);
  // The leader remembers an equal digest only by its own changes: a member that dropped its copy, or was filled by one
  // who knew less, has to speak up.
  return partition.member && peer === partition.others[0];
}

/** A member that nobody has filled for long asks everybody who may hold more. */
function asksAround(replica: Replica, partition: PartitionState, nowMs: number): boolean {
  const patienceMs = 2 * replica.environment.config.antiEntropyIntervalMs;
  return partition.copy === 'filling' && partition.member && nowMs - partition.fillingSinceMs >= patienceMs;
}

/** Notes what the peer lacks by its lists; tells it of partitions in which it lacks nothing and was being filled. */
function takeLists(replica: Replica, session: Session, lists: readonly VersionList[]): void {
  const confirmed: number[] = [];
  for (const list of lists) {
    const partition = replica.partitions[list.partition];
    if (partition === undefined) continue;
    const { theyLack, weLack } = compareVersions(partition, list);
    const peerCopy = partition.peerCopies.get(session.peer);
    if (weLack === 0 && peerCopy === 'complete') completeCopy(replica, partition);
    for (const key of theyLack) session.lacks.push([list.partition, key]);
    if (theyLack.length > 0) {
      if (partition.others.includes(session.peer)) partition.unsynced.add(session.peer);
    } else if (partition.copy === 'complete' && peerCopy === 'filling') confirmed.push(list.partition);
    else settle(replica, session, partition);
  }
  if (confirmed.length === 0) return;
  replica.environment.send(session.peer, { type: 'confirmed', from: replica.self, partitions: confirmed });
}

/** The peer holds all that was held here at the comparison; what a keeper learnt since reaches the peer by other ways. */
function settle(replica: Replica, session: Session, partition: PartitionState): void {
  const isUnchanged = session.comparing.get(partition.partition) === partition.changes;
  if (isUnchanged || keepsCopy(replica, partition)) partition.unsynced.delete(session.peer);
}

/** Sends the next chunk, or compares again, or rests. */
function goOn(replica: Replica, session: Session): void {
  const nowMs = replica.environment.clock.nowMs();
  if (session.lacksAt < session.lacks.length) return sendChunk(replica, session);
  if (session.lacks.length === 0) session.repairs = 0;
  else if (++session.repairs >= repairsMax) {
    session.repairs = 0;
    session.notBeforeMs = nowMs + replica.environment.config.antiEntropyIntervalMs;
  }
  session.lacks = [];
  session.lacksAt = 0;
  startSession(replica, session.peer, nowMs, false);
}

function sendChunk(replica: Replica, session: Session): void {
  const run = createRecordWriter();
  let count = 0;
  while (session.lacksAt < session.lacks.length && count < chunkRecords && run.text.length < chunkBytes) {
    const [number, key] = session.lacks[session.lacksAt++] ?? [];
    const record = number === undefined ? undefined : replica.partitions[number]?.records.get(key ?? '');
    if (number === undefined || record === undefined) continue;
    const { value, hlc, writer, expiresAt } = record;
    const kind = record.tombstone ? kinds.tombstone : kinds.value;
    writeChange(run, { partition: number, kind, key: record.key, value, hlc, writer, expiresAt });
    count++;
  }
  const requestId = replica.nextRequestId++;
  ask(replica, session, { type: 'records', from: replica.self, requestId, records: finishRecords(run) });
}
