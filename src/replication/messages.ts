/** Messages between the replicas of a partition in eventual mode (replication.md, section 2). */
import type { Identifier } from '../chord/identifier.js';

/** Placeholder for the union; each message has `type`, `from` and, where it is answered, `requestId`. */
export type ReplicationMessage = {
  readonly type: 'replicated';
  readonly from: Identifier;
  readonly requestId: number;
};
