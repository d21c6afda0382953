/** A host: places its nodes, has threads started for them, lets clients in, and answers for all of them. */
import type { MessagePort } from 'node:worker_threads';
import type { Recovery } from '../src/admin.js';
import type { Identifier } from '../src/chord/identifier.js';
import { placeNode, placeNodes, type Unplaced } from '../src/chord/placement.js';
import type { RingConfig } from '../src/config.js';
import { RondoError } from '../src/errors.js';
import { systemRandom } from '../src/io/system.js';
import { createAdministration, type Administration } from './administration.js';
import { createDoormen, type Doormen } from './doormen.js';
import { createNodeThreads, type NodeHandle } from './node-threads.js';
import { recoverFrom } from './recover-from.js';
import { createThreadLog, type LogLevel } from './thread-log.js';
import { startWatchdog } from './watchdog.js';

export interface HostOptions {
  readonly config: RingConfig;
  readonly nodes: number;
  /** A thread whose event loop stands still this long is ended; 0 = never. */
  readonly watchdogMs: number;
  readonly logLevel: LogLevel;
}

export interface Host extends Administration {
  readonly nodes: ReadonlyMap<Identifier, NodeHandle>;
  join(count: number): Promise<string[]>;
  recover(partition: number): Promise<Recovery>;
  /** Serves a client on the port until it closes. */
  welcome(port: MessagePort): void;
  close(): Promise<void>;
}

/** Above so many nodes their threads get by on less memory each. */
const crowd = 16;
const hostAddress = 'local';
const contactsPerJoiner = 8;
/** Threads that start at the same time: more only thrash. */
const startingMax = 16;
const nodesMax = 4_096;

export async function createHost(options: HostOptions): Promise<Host> {
  const { config, logLevel } = options;
  const log = createThreadLog('host', logLevel);
  const threads = createNodeThreads(
    { config, logLevel, isCrowd: options.nodes > crowd },
    {
      memberAdded: (peer) => doormen.nodeAdded(peer),
      ended: (peer) => doormen.nodeGone(peer.id),
    },
    log,
  );
  const { nodes } = threads;
  const doormen: Doormen = createDoormen(config, nodes);
  /** Partitions that are being recovered with loss. */
  const recovering = new Set<number>();
  let nextNumber = options.nodes;

  const watchdog = startWatchdog(nodes, options.watchdogMs, log);

  const founders = placeNodes(
    Array.from({ length: options.nodes }, (_, number) => unplaced(number)),
    config.placement,
  );
  await inParallel(founders, startingMax, (peer) =>
    threads.startAndWait(peer, { type: 'founder', founders }),
  );

  return {
    nodes,
    welcome: doormen.welcome,
    ...createAdministration(nodes),
    async join(count) {
      if (!Number.isInteger(count) || count < 1)
        throw new RondoError(
          'INVALID_ARGUMENT',
          `the nodes to join must be a whole number from 1, not ${count}`,
        );
      if (nodes.size + count > nodesMax)
        throw new RondoError('INVALID_ARGUMENT', `a host runs at most ${nodesMax} nodes`);
      const joined: string[] = [];
      for (let started = 0; started < count; started++) {
        const peers = [...nodes.values()].filter(({ isMember }) => isMember).map((handle) => handle.peer);
        const peer = placeNode(unplaced(nextNumber++), [...nodes.keys()], config.placement);
        const contacts = peers.sort(() => systemRandom() - 0.5).slice(0, contactsPerJoiner);
        if (contacts.length === 0)
          throw new RondoError('NOQUORUM', 'no node is left to join through: start a new ring');
        await threads.startAndWait(peer, { type: 'joiner', contacts });
        joined.push(peer.id);
      }
      return joined;
    },
    async recover(partition) {
      if (!Number.isInteger(partition) || partition < 0 || partition >= config.partitions)
        throw new RondoError('INVALID_ARGUMENT', `the partition must be from 0 to ${config.partitions - 1}`);
      // Two at once would begin the same lineage differently.
      if (recovering.has(partition))
        throw new RondoError('BUSY', `partition ${partition} is being recovered`);
      recovering.add(partition);
      try {
        return await recoverFrom(nodes, config, partition);
      } finally {
        recovering.delete(partition);
      }
    },
    async close() {
      watchdog.stop();
      doormen.close();
      await threads.close();
    },
  };
}

/** Numbers are not used twice within a process, so the incarnation may stay 0. */
function unplaced(number: number): Unplaced {
  return { address: `${hostAddress}/${number}`, host: hostAddress, incarnation: 0 };
}

async function inParallel<T>(
  items: readonly T[],
  most: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const runNext = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, runNext));
}
