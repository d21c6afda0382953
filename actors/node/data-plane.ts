/**
 * The data plane: an actor that lives as long as the node is a member, and applies batches of requests and of replication
 * messages to the engine by plain functions. The node's big chart does not see them: an event there costs ten times as much.
 */
import { fromTransition } from 'xstate';
import type { Engine } from '../../src/replication/engine.js';
import type { ReplicationMessage } from '../../src/replication/messages.js';
import type { RequestBatch } from '../../src/wire/requests.js';

export type DataPlaneEvent =
  | { readonly type: 'requests'; readonly client: number; readonly batch: RequestBatch }
  | { readonly type: 'clientClosed'; readonly client: number }
  | { readonly type: 'peerMessages'; readonly messages: readonly ReplicationMessage[] };

export interface DataPlaneState {
  readonly engine: Engine;
}

/** Its state stays one object: what changes is the engine, which is owned and outside snapshots. */
export const dataPlane = fromTransition(
  (state: DataPlaneState, event: DataPlaneEvent) => {
    switch (event.type) {
      case 'requests':
        state.engine.handleRequests(event.client, event.batch);
        return state;
      case 'peerMessages':
        state.engine.handleMessages(event.messages);
        return state;
      case 'clientClosed':
        state.engine.clientClosed(event.client);
        return state;
    }
  },
  ({ input }: { input: DataPlaneState }): DataPlaneState => ({ engine: input.engine }),
);
