/** The hosts' part in a recovery with loss: who lives, and who is to drive it. */
import type { Recovery } from '../src/admin.js';
import type { Identifier } from '../src/chord/identifier.js';
import type { RingConfig } from '../src/config.js';
import { RondoError } from '../src/errors.js';
import type { Peer } from '../src/peer.js';
import { partitionIdentifier } from '../src/replication/partition.js';
import type { RemoteHost } from './bridge/hosts.js';
import { fromOutcome } from './control.js';
import type { NodeHandle } from './node-threads.js';

export interface RecoveryTask {
  readonly partition: number;
  /** The partition's home, which becomes a member, and drives the recovery. */
  readonly home: Identifier;
  /** Every living node of the ring: each must answer, for it may hold or know what no other does. */
  readonly living: readonly Peer[];
}

/**
 * Who is to recover the partition, and the host that runs it, undefined for this one. Throws RondoError BUSY while nodes that may live
 * cannot be asked: those of a host that is out of reach.
 */
export function recoveryAt(
  partition: number,
  config: RingConfig,
  nodes: ReadonlyMap<Identifier, NodeHandle>,
  hosts: readonly RemoteHost[],
): { readonly task: RecoveryTask; readonly host: RemoteHost | undefined } {
  const lost = hosts.find(({ link, nodes: remote }) => !link.isOpen && remote.size > 0);
  if (lost !== undefined) {
    const advice = 'wait for it, or start it again, which tells that its old nodes are gone';
    throw new RondoError('BUSY', `host ${lost.address} is out of reach, and its nodes may live: ${advice}`);
  }
  const own = [...nodes.values()].filter(({ isMember }) => isMember);
  const living = [
    ...own.map(({ peer, isLeaving }) => ({ peer, isLeaving, host: undefined })),
    ...hosts.flatMap((host) => [...host.nodes.values()].map((peer) => ({ peer, isLeaving: false, host }))),
  ];
  const staying = living.filter(({ isLeaving }) => !isLeaving);
  const ring = (staying.length > 0 ? staying : living).sort((a, b) => (a.peer.id < b.peer.id ? -1 : 1));
  const identifier = partitionIdentifier(partition, config.partitions);
  const home = ring.find(({ peer }) => peer.id >= identifier) ?? ring[0];
  if (home === undefined) throw new RondoError('NOQUORUM', 'no node is left: start a new ring');
  const peers = living.map(({ peer }) => peer);
  return { task: { partition, home: home.peer.id, living: peers }, host: home.host };
}

/** Has the home, a node of this host, ask every living node. */
export async function recoverAt(home: NodeHandle, { partition, living }: RecoveryTask): Promise<Recovery> {
  const { address } = home.peer;
  if (home.stalled) throw new RondoError('BUSY', `node ${address} does not answer: wait for it, or kill it`);
  let timer: NodeJS.Timeout | undefined;
  // A call to a thread that has died or stalls never settles.
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), answerMsMax);
  });
  try {
    const outcome = await Promise.race([
      home.control.recover(partition, living),
      home.exited.then(() => undefined),
      late,
    ]);
    if (outcome !== undefined) return fromOutcome(outcome);
  } finally {
    clearTimeout(timer);
  }
  throw new RondoError(
    'UNKNOWN',
    `node ${address}, which was to recover partition ${partition}, went silent: try again`,
  );
}

/** Longer than a node gives itself. */
const answerMsMax = 40_000;
