/** Filling members: what a new member asks of previous ones for its clients, and when its copy is complete (rule 5). */
import type { ByteString } from '../bytes.js';
import type { Identifier } from '../chord/identifier.js';
import { statuses } from '../wire/requests.js';
import { raisePending, type ClientRequest } from './engine-state.js';
import type { Forward, Forwarded } from './messages.js';
import { createRecordWriter, finishRecords, kinds, writeChange } from './packed-records.js';
import type { Forward as Forwarding, PartitionState, Replica } from './replica.js';

/** Records being fetched, and clients waiting for one of them, at most; beyond, clients are told to try again. */
export const forwardsMax = 4_096;

/** Parks a client's request until a previous member has told whether it has the record. */
export function forwardRequest(
  replica: Replica,
  partition: PartitionState,
  key: ByteString,
  request: ClientRequest,
  nowMs: number,
): void {
  const { detach, reply, config } = replica.environment;
  const name = nameOf(partition.partition, key);
  const known = replica.forwards.get(replica.forwarding.get(name) ?? 0);
  const parked = { ...request, value: detach(request.value) };
  if (known !== undefined && known.waiting.length < forwardsMax) {
    known.waiting.push(parked);
    return;
  }
  const candidates = previousMembers(replica, partition);
  if (known !== undefined || replica.forwards.size >= forwardsMax || candidates.length === 0) {
    reply(request.client, request.id, statuses.tryAgain, 'the partition is still being filled');
    return;
  }
  replica.counters.forwarded++;
  const untilMs = nowMs + 4 * config.questionTimeoutMs;
  const kept = detach(key);
  ask(replica, {
    partition: partition.partition,
    key: kept,
    candidates,
    untilMs,
    askedAtMs: nowMs,
    waiting: [parked],
  });
  raisePending(replica);
}

/** Answers another's forward from this node's copy. */
export function handleForward(replica: Replica, message: Forward): void {
  const { environment } = replica;
  const partition = replica.partitions[message.partition];
  const record = partition?.records.get(message.key);
  const found = record !== undefined && record.expiresAt > environment.clock.nowMs();
  const run = createRecordWriter();
  if (found) {
    const { key, value, hlc, writer, expiresAt } = record;
    const kind = record.tombstone ? kinds.tombstone : kinds.value;
    writeChange(run, { partition: message.partition, kind, key, value, hlc, writer, expiresAt });
  }
  const outcome = found ? 'found' : partition?.copy === 'complete' ? 'absent' : 'notHere';
  const { requestId } = message;
  const records = finishRecords(run);
  environment.send(message.from, { type: 'forwarded', from: replica.self, requestId, outcome, records });
}

/** Takes the answer of a previous member: what can be served now, if anything. Records found are the caller's to merge. */
export function takeForwarded(replica: Replica, message: Forwarded): Forwarding | undefined {
  const forwarding = replica.forwards.get(message.requestId);
  if (forwarding === undefined) return undefined;
  forget(replica, message.requestId, forwarding);
  if (message.outcome !== 'notHere') return forwarding;
  ask(replica, forwarding);
  return undefined;
}

/** Asks the next candidate where one is silent, and gives up what was not answered in time. */
export function tickForwards(replica: Replica, nowMs: number): void {
  const patienceMs = replica.environment.config.questionTimeoutMs;
  for (const [requestId, forwarding] of [...replica.forwards]) {
    if (nowMs - forwarding.askedAtMs < patienceMs && nowMs < forwarding.untilMs) continue;
    forget(replica, requestId, forwarding);
    if (nowMs < forwarding.untilMs) ask(replica, forwarding);
    else refuse(replica, forwarding);
  }
}

/** A client is gone: nothing is kept for it. */
export function releaseForwards(replica: Replica, client: number): void {
  for (const { waiting } of replica.forwards.values()) {
    const staying = waiting.filter((parked) => parked.client !== client);
    waiting.splice(0, waiting.length, ...staying);
  }
}

/** The copy is whole: gets are answered from it alone. */
export function completeCopy(replica: Replica, partition: PartitionState): void {
  if (partition.copy !== 'filling') return;
  partition.copy = 'complete';
  partition.readable = partition.member && replica.departure !== 'announced';
}

/** Ends the filling of partitions of which nobody who may hold more is left: all answered, none is complete, all are equal. */
export function completeOrphans(replica: Replica, nowMs: number): void {
  const patienceMs = 2 * replica.environment.config.antiEntropyIntervalMs;
  for (const partition of replica.known) {
    if (partition.copy !== 'filling' || !partition.member || nowMs - partition.fillingSinceMs < patienceMs)
      continue;
    if (partition.group.length === 0 || partition.unsynced.size > 0) continue;
    const holders = previousMembers(replica, partition);
    const none = holders.every((peer) => {
      const copy = partition.peerCopies.get(peer);
      return copy !== undefined && copy !== 'complete';
    });
    if (none) completeCopy(replica, partition);
  }
}

/** Live nodes that may hold more of the partition than this one: the group, its home, and who follows in the ring. */
export function previousMembers(replica: Replica, partition: PartitionState): Identifier[] {
  const { overlay } = replica;
  const peers = new Set<Identifier>(partition.others);
  if (partition.home !== undefined) peers.add(partition.home);
  for (const peer of overlay?.successors ?? []) peers.add(peer.id);
  if (overlay?.predecessor !== undefined) peers.add(overlay.predecessor.id);
  peers.delete(replica.self);
  const live = [...peers].filter((peer) => overlay?.isDead(peer) !== true);
  const rank = (peer: Identifier): number => {
    const copy = partition.peerCopies.get(peer);
    return copy === 'complete' ? 0 : copy === undefined ? 1 : 2;
  };
  return live.sort((a, b) => rank(a) - rank(b));
}

function ask(replica: Replica, forwarding: Forwarding): void {
  const peer = forwarding.candidates.shift();
  if (peer === undefined) {
    refuse(replica, forwarding);
    return;
  }
  const requestId = replica.nextRequestId++;
  forwarding.askedAtMs = replica.environment.clock.nowMs();
  replica.forwards.set(requestId, forwarding);
  replica.forwarding.set(nameOf(forwarding.partition, forwarding.key), requestId);
  const { partition, key } = forwarding;
  replica.environment.send(peer, { type: 'forward', from: replica.self, requestId, partition, key });
}

function forget(replica: Replica, requestId: number, forwarding: Forwarding): void {
  replica.forwards.delete(requestId);
  replica.forwarding.delete(nameOf(forwarding.partition, forwarding.key));
}

function refuse(replica: Replica, forwarding: Forwarding): void {
  for (const { client, id } of forwarding.waiting) {
    replica.environment.reply(client, id, statuses.tryAgain, 'the partition is still being filled');
  }
}

function nameOf(partition: number, key: ByteString): string {
  return `${partition}:${key}`;
}
