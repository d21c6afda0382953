// Minimal version, to compile against: the replication engineer overwrites it.
/** The data plane: applies batches of requests and of replication messages to the replica, without the big chart. */
import { fromTransition } from 'xstate';
import type { Replica } from '../../src/replication/replica.js';
import type { ReplicationMessage } from '../../src/replication/messages.js';
import type { RequestBatch } from '../../src/wire/requests.js';

export type DataPlaneEvent =
  | { readonly type: 'requests'; readonly client: number; readonly batch: RequestBatch }
  | { readonly type: 'clientClosed'; readonly client: number }
  | { readonly type: 'peerMessages'; readonly messages: readonly ReplicationMessage[] };

export const dataPlane = fromTransition(
  (state: { readonly replica: Replica }, _event: DataPlaneEvent) => state,
  ({ input }: { input: { readonly replica: Replica } }) => ({ replica: input.replica }),
);
