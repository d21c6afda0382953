/** A client in the simulated world: the same `createClient` as programs use, on virtual time. */
import { arrayFromBytes } from '../../src/bytes.js';
import type { Identifier } from '../../src/chord/identifier.js';
import { sha1FirstWord } from '../../src/chord/sha1.js';
import { createClient } from '../../src/client/client.js';
import { defaultClientSettings } from '../../src/client/state.js';
import type { RingClient } from '../../src/client-types.js';
import type { RingConfig } from '../../src/config.js';
import type { Peer } from '../../src/peer.js';
import { createRandom } from '../../src/random.js';
import type { ReplyBatch, RequestBatch } from '../../src/wire/requests.js';
import { createProcess } from './process.js';
import { exactClock, type VirtualClock } from './virtual-clock.js';

/** What a simulated client does to its world. */
export interface ClientWorld {
  readonly seed: number;
  readonly config: RingConfig;
  readonly clock: VirtualClock;
  sendRequests(client: number, to: Identifier, batch: RequestBatch): void;
  /** A client's turn ended: promises may have been settled. */
  clientTurned(): void;
}

export interface SimulatedClient {
  readonly number: number;
  /** Calls to the client must be made inside `run`. */
  readonly ring: RingClient;
  run(turn: () => void): void;
  receiveReplies(batch: ReplyBatch): void;
  nodeAdded(peer: Peer): void;
  nodeGone(id: Identifier): void;
}

/** @throws (later, inside a turn) whatever the client throws: a bug. */
export function startClient(world: ClientWorld, number: number, nodes: readonly Peer[]): SimulatedClient {
  const process = createProcess(world.clock, exactClock, {
    turned: () => world.clientTurned(),
    threw: (error) => {
      throw error;
    },
  });
  const core = createClient(
    {
      clock: process.clock,
      random: createRandom(`${world.seed}/client/${number}`),
      defer: process.defer,
      firstWord: sha1FirstWord,
      microseconds: () => Math.round(world.clock.nowMs() * 1000),
      sendRequests: (to, batch) => world.sendRequests(number, to, batch),
      toArray: arrayFromBytes,
      detach: (text) => text,
    },
    {
      ...defaultClientSettings,
      partitions: world.config.partitions,
      replicas: world.config.replicas,
      keyBytesMax: world.config.keyBytesMax,
      valueBytesMax: world.config.valueBytesMax,
    },
    nodes,
  );
  return {
    number,
    ring: core.client,
    run: process.run,
    receiveReplies: (batch) => process.run(() => core.receiveReplies(batch)),
    nodeAdded: (peer) => process.run(() => core.nodeAdded(peer)),
    nodeGone: (id) => process.run(() => core.nodeGone(id)),
  };
}
