/** What a mode of replication is to a node's chart and runtime; eventual.ts is one, the linearizable one stands beside it. */
import type { Overlay } from '../overlay.js';
import type { RequestBatch } from '../wire/requests.js';
import type { ReplicationMessage } from './messages.js';

/** Functions over the mode's own owned, mutable state. Each is one turn: what it sends and replies it does before it returns. */
export interface ReplicationMode<State> {
  /** The ring, as this node sees it, changed. */
  overlayChanged(state: State, overlay: Overlay): void;
  handleRequests(state: State, client: number, batch: RequestBatch): void;
  handleMessages(state: State, messages: readonly ReplicationMessage[]): void;
  /** Time passed: sends again, times out, starts what is due. */
  tick(state: State): void;
  clientClosed(state: State, client: number): void;
  /** Gives the partitions led here to groups without this node, and starts handing over. */
  startHandingOver(state: State): void;
  /** Whether other nodes hold, confirmed, all that this one does. */
  isHandedOver(state: State): boolean;
  /** From now on nothing is served: requests are moved on. */
  stopServing(state: State): void;
}
