/** The host's part in a recovery with loss: who lives, and who is to drive it. */
import type { Recovery } from '../src/admin.js';
import type { RingConfig } from '../src/config.js';
import { RondoError } from '../src/errors.js';
import { partitionIdentifier } from '../src/replication/partition.js';
import { fromOutcome } from './control.js';
import type { NodeHandle } from './node-threads.js';

/** Has the partition's home, which becomes a member, ask every living node; a node that died is no longer among `nodes`. */
export async function recoverFrom(
  nodes: ReadonlyMap<string, NodeHandle>,
  config: RingConfig,
  partition: number,
): Promise<Recovery> {
  const living = [...nodes.values()].filter(({ isMember }) => isMember);
  const staying = living.filter(({ isLeaving }) => !isLeaving);
  const ring = (staying.length > 0 ? staying : living).sort((a, b) => (a.peer.id < b.peer.id ? -1 : 1));
  const identifier = partitionIdentifier(partition, config.partitions);
  const home = ring.find(({ peer }) => peer.id >= identifier) ?? ring[0];
  if (home === undefined) throw new RondoError('NOQUORUM', 'no node is left: start a new ring');
  const { address } = home.peer;
  if (home.stalled) throw new RondoError('BUSY', `node ${address} does not answer: wait for it, or kill it`);
  const peers = living.map(({ peer }) => peer);
  let timer: NodeJS.Timeout | undefined;
  // A call to a thread that has died or stalls never settles.
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), answerMsMax);
  });
  try {
    const outcome = await Promise.race([
      home.control.recover(partition, peers),
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
