/**
 * The data plane: an actor that lives as long as the node is a member, and applies batches of requests and of replication
 * messages to the engine by plain functions. The node's big chart does not see them: an event there costs ten times as much.
 */
import { fromTransition } from 'xstate';
import { RondoError } from '../../src/errors.js';
import type { Peer } from '../../src/peer.js';
import type { Engine } from '../../src/replication/engine.js';
import type { SettleRecovery } from '../../src/replication/linearizable/recovering.js';
import type { ReplicationMessage } from '../../src/replication/messages.js';
import type { RequestBatch } from '../../src/wire/requests.js';

export type DataPlaneEvent =
  | { readonly type: 'requests'; readonly client: number; readonly batch: RequestBatch }
  | { readonly type: 'clientClosed'; readonly client: number }
  | { readonly type: 'peerMessages'; readonly messages: readonly ReplicationMessage[] }
  | {
      readonly type: 'recover';
      readonly partition: number;
      readonly living: readonly Peer[];
      readonly settle: SettleRecovery;
    };

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
      case 'recover':
        if (state.engine.consistency === 'linearizable')
          state.engine.recover(event.partition, event.living, event.settle);
        else
          event.settle(new RondoError('UNSUPPORTED', 'in eventual mode a partition has no quorum to lose'));
        return state;
    }
  },
  ({ input }: { input: DataPlaneState }): DataPlaneState => ({ engine: input.engine }),
);
