/**
 * The way of changes to the other members: packed once a turn for each list of members, kept until each has acknowledged.
 * What is kept is the hint (replication.md, section 2, rule 3): bounded in bytes and age; what overflows anti-entropy repairs.
 */
import type { Identifier } from '../chord/identifier.js';
import type { Replicated } from './messages.js';
import {
  bytesOfRecords,
  countRecords,
  createRecordWriter,
  finishRecords,
  partitionsOfRecords,
  visitChanges,
  writeChange,
  type Change,
  type PackedRecords,
  type RecordWriter,
} from './packed-records.js';
import { raisePending } from './engine-state.js';
import type { Hint, Hints, PartitionState, Replica } from './replica.js';

/** A run that reaches this leaves at once, before the turn ends. */
const runBytesMax = 1024 * 1024;
/** Sent again to one peer per tick, about. */
const resendBytesMax = 1024 * 1024;

/** Queues a change for the other members of its partition. */
export function appendChange(replica: Replica, partition: PartitionState, change: Change): void {
  if (partition.others.length > 0) append(replica, partition.others, change);
}

/** Queues a change for one peer. */
export function appendChangeFor(replica: Replica, peer: Identifier, change: Change): void {
  append(replica, memberList(replica, [peer]), change);
}

/** The one array for a list of members. */
export function memberList(replica: Replica, members: readonly Identifier[]): readonly Identifier[] {
  const name = members.join();
  const known = replica.memberLists.get(name);
  if (known !== undefined) return known;
  replica.memberLists.set(name, members);
  return members;
}

/** Sends what the turn's changes have queued: one message for each member. Ends every entry into the replica. */
export function flushChanges(replica: Replica): void {
  if (replica.outboxes.size === 0) return;
  for (const [members, run] of replica.outboxes) sendRun(replica, members, run);
  replica.outboxes.clear();
}

export function handleReplicated(replica: Replica, message: Replicated): void {
  const hints = replica.hints.get(message.from);
  const hint = hints?.waiting.get(message.requestId);
  if (hints === undefined || hint === undefined) return;
  hints.waiting.delete(message.requestId);
  hints.bytes -= hint.bytes;
}

/** Sends again what is due, and gives up what is too old or belongs to the dead. */
export function resendHints(replica: Replica, nowMs: number): void {
  const { config, send } = replica.environment;
  for (const [peer, hints] of replica.hints) {
    if (replica.overlay?.isDead(peer) === true) {
      replica.hints.delete(peer);
      continue;
    }
    let resent = 0;
    for (const [requestId, hint] of hints.waiting) {
      if (nowMs - hint.madeAtMs > config.hintAgeMsMax) {
        dropHint(replica, peer, hints, requestId, hint);
        continue;
      }
      if (nowMs - hint.sentAtMs < config.questionTimeoutMs * 2 ** Math.min(hint.tries, 5)) continue;
      if (resent > resendBytesMax) break;
      resent += hint.bytes;
      hint.tries++;
      hint.sentAtMs = nowMs;
      send(peer, { type: 'replicate', from: replica.self, requestId, records: hint.records });
    }
  }
}

export function hasHints(replica: Replica): boolean {
  for (const hints of replica.hints.values()) if (hints.waiting.size > 0) return true;
  return false;
}

/** Changes per partition that a member has not acknowledged: of the member that lacks most. */
export function unacknowledged(replica: Replica): Map<number, number> {
  const most = new Map<number, number>();
  for (const hints of replica.hints.values()) {
    const counts = new Map<number, number>();
    for (const hint of hints.waiting.values()) {
      visitChanges(hint.records, ({ partition }) => counts.set(partition, (counts.get(partition) ?? 0) + 1));
    }
    for (const [partition, count] of counts) most.set(partition, Math.max(count, most.get(partition) ?? 0));
  }
  return most;
}

function append(replica: Replica, members: readonly Identifier[], change: Change): void {
  let run = replica.outboxes.get(members);
  if (run === undefined) {
    run = createRecordWriter();
    replica.outboxes.set(members, run);
  }
  writeChange(run, change);
  if (run.text.length < runBytesMax) return;
  replica.outboxes.delete(members);
  sendRun(replica, members, run);
}

function sendRun(replica: Replica, members: readonly Identifier[], run: RecordWriter): void {
  const records = finishRecords(run);
  const nowMs = replica.environment.clock.nowMs();
  const bytes = bytesOfRecords(records);
  for (const peer of members) {
    const requestId = replica.nextRequestId++;
    let hints = replica.hints.get(peer);
    if (hints === undefined) {
      hints = { waiting: new Map(), bytes: 0 };
      replica.hints.set(peer, hints);
    }
    hints.waiting.set(requestId, { records, bytes, madeAtMs: nowMs, sentAtMs: nowMs, tries: 0 });
    hints.bytes += bytes;
    replica.environment.send(peer, { type: 'replicate', from: replica.self, requestId, records });
    for (const [oldest, hint] of hints.waiting) {
      if (hints.bytes <= replica.environment.config.hintBytesMax) break;
      dropHint(replica, peer, hints, oldest, hint);
    }
  }
  raisePending(replica);
}

/** Gives a hint up: anti-entropy must repair. */
function dropHint(replica: Replica, peer: Identifier, hints: Hints, requestId: number, hint: Hint): void {
  hints.waiting.delete(requestId);
  hints.bytes -= hint.bytes;
  replica.counters.hintsDropped += countRecords(hint.records);
  markUnsynced(replica, peer, hint.records);
}

function markUnsynced(replica: Replica, peer: Identifier, records: PackedRecords): void {
  for (const number of partitionsOfRecords(records)) {
    const partition = replica.partitions[number];
    if (partition !== undefined && partition.others.includes(peer)) partition.unsynced.add(peer);
  }
}
