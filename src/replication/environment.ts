/** What a replica needs of its world: the ports of one node, as its chart and runtime put them in place. */
import type { ByteString } from '../bytes.js';
import type { Identifier } from '../chord/identifier.js';
import type { RingConfig } from '../config.js';
import type { Peer } from '../peer.js';
import type { Clock, Random } from '../ports.js';
import type { Status } from '../wire/requests.js';
import type { ReplicationMessage } from './messages.js';

/** What a replica tells its node's chart. */
export type ReplicaEvent =
  /** Something awaits an answer or a time-out: `tick` within `pendingTickMs`. Raised at most once between ticks. */
  | { readonly type: 'replicaPending' }
  /** The engine's `viewPhase` of the partition changed (linearizable mode). */
  | { readonly type: 'viewChanging'; readonly partition: number };

export interface ReplicaEnvironment {
  readonly self: Peer;
  readonly config: RingConfig;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly random: Random;
  /** All founders, this node included: their copies start complete. Empty for a joiner, whose copies start filling. */
  readonly founders: readonly Peer[];
  send(to: Identifier, message: ReplicationMessage): void;
  reply(client: number, id: number, status: Status, value: string): void;
  /** A copy of the text that does not keep the batch it was cut from in memory. */
  detach(text: ByteString): ByteString;
  raise(event: ReplicaEvent): void;
  log?(level: 'info' | 'warn', message: string, details: Readonly<Record<string, unknown>>): void;
  /** Planted bugs, by name, for tests of the tests. */
  readonly mutations?: ReadonlySet<string>;
}

/** Whether the named bug is planted. Free when none is. */
export function isPlanted(environment: ReplicaEnvironment, bug: string): boolean {
  return environment.mutations !== undefined && environment.mutations.has(bug);
}
