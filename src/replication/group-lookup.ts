/** Holders that nobody told who replicates ask: an iterative lookup of the partition's home, for many partitions at a time. */
import type { Identifier } from '../chord/identifier.js';
import { groupsToTell, takeToldGroups } from './groups.js';
import type { GetGroups, Groups } from './messages.js';
import type { PartitionState, Replica } from './replica.js';

const nobody: ReadonlySet<Identifier> = new Set();
/** Without a word for so many rounds, a holder asks. */
const silentRounds = 3;

/** Asks on, or for the first time, about every partition held here of which nobody spoke for long. */
export function askForGroups(replica: Replica, nowMs: number): void {
  const { config, send } = replica.environment;
  const questions = new Map<Identifier, number[]>();
  for (const partition of replica.known) {
    if (!isUntold(replica, partition, nowMs)) {
      replica.groupAsks.delete(partition.partition);
      continue;
    }
    let asking = replica.groupAsks.get(partition.partition);
    if (asking === undefined || nowMs - asking.sinceMs > 4 * config.questionTimeoutMs) {
      const first = firstHop(replica, partition);
      if (first === undefined) continue;
      asking = { peer: first, sinceMs: nowMs, sentAtMs: -Infinity };
      replica.groupAsks.set(partition.partition, asking);
    }
    if (nowMs - asking.sentAtMs < config.questionTimeoutMs) continue;
    asking.sentAtMs = nowMs;
    const partitions = questions.get(asking.peer) ?? [];
    partitions.push(partition.partition);
    questions.set(asking.peer, partitions);
  }
  for (const [peer, partitions] of questions) {
    send(peer, { type: 'getGroups', from: replica.self, requestId: replica.nextRequestId++, partitions });
  }
}

export function answerGroups(replica: Replica, message: GetGroups): void {
  const homed: PartitionState[] = [];
  const closer: { partition: number; peer: Identifier }[] = [];
  for (const number of message.partitions) {
    const partition = replica.partitions[number];
    if (partition === undefined) continue;
    const { home } = partition;
    if (home === replica.self && replica.overlay?.isHome(partition.identifier) === true) {
      homed.push(partition);
      continue;
    }
    // Who asks is no home, whatever it claimed before.
    const isOther = home !== undefined && home !== replica.self && home !== message.from;
    const isKnown = isOther && replica.overlay?.isDead(home) === false;
    const peer = isKnown ? home : firstHop(replica, partition, message.from);
    if (peer !== undefined) closer.push({ partition: number, peer });
  }
  const { from, requestId } = message;
  replica.environment.send(from, {
    type: 'groups',
    from: replica.self,
    requestId,
    told: groupsToTell(homed),
    closer,
  });
}

export function handleGroups(replica: Replica, message: Groups): void {
  takeToldGroups(replica, message.told);
  for (const { partition, peer } of message.closer) {
    const asking = replica.groupAsks.get(partition);
    if (asking === undefined || asking.peer !== message.from || peer === replica.self) continue;
    asking.peer = peer;
    asking.sentAtMs = -Infinity;
  }
  askForGroups(replica, replica.environment.clock.nowMs());
}

function isUntold(replica: Replica, partition: PartitionState, nowMs: number): boolean {
  if (!partition.member && partition.records.size === 0 && partition.copy === 'none') return false;
  if (partition.home === replica.self && replica.overlay?.isHome(partition.identifier) === true) return false;
  if (partition.group.length === 0) return true;
  return nowMs - partition.toldAtMs > silentRounds * replica.environment.config.antiEntropyIntervalMs;
}

/** The best next hop towards the partition other than this node and the given one. */
function firstHop(replica: Replica, partition: PartitionState, except?: Identifier): Identifier | undefined {
  const peers = replica.overlay?.nextHops(partition.identifier, nobody).peers ?? [];
  return peers.find((peer) => peer.id !== replica.self && peer.id !== except)?.id;
}
