/**
 * The data plane: an actor that lives as long as the node is a member, and applies batches of requests and of replication
 * messages to the replica by plain functions. The node's big chart does not see them: an event there costs ten times as much.
 */
import { fromTransition } from 'xstate';
import { clientClosed, handleReplicationMessages, handleRequests } from '../../src/replication/eventual.js';
import type { ReplicationMessage } from '../../src/replication/messages.js';
import type { Replica } from '../../src/replication/replica.js';
import type { RequestBatch } from '../../src/wire/requests.js';

export type DataPlaneEvent =
  | { readonly type: 'requests'; readonly client: number; readonly batch: RequestBatch }
  | { readonly type: 'clientClosed'; readonly client: number }
  | { readonly type: 'peerMessages'; readonly messages: readonly ReplicationMessage[] };

export interface DataPlaneState {
  readonly replica: Replica;
}

/** Its state stays one object: what changes is the replica, which is owned and outside snapshots. */
export const dataPlane = fromTransition(
  (state: DataPlaneState, event: DataPlaneEvent) => {
    switch (event.type) {
      case 'requests':
        handleRequests(state.replica, event.client, event.batch);
        return state;
      case 'peerMessages':
        handleReplicationMessages(state.replica, event.messages);
        return state;
      case 'clientClosed':
        clientClosed(state.replica, event.client);
        return state;
    }
  },
  ({ input }: { input: { readonly replica: Replica } }): DataPlaneState => ({ replica: input.replica }),
);
