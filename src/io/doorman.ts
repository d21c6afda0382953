/** The doorman's protocol: how a client that holds one port to a host comes to ports to its nodes. */
import type { MessagePort } from 'node:worker_threads';
import type { ClientSettings } from '../client/state.js';
import type { Identifier } from '../chord/identifier.js';
import type { Peer } from '../peer.js';

/** From a client to the host. */
export type DoormanQuestion = { readonly type: 'open'; readonly node: Identifier };

/** From the host to a client. */
export type DoormanAnswer =
  /** Once, first. */
  | { readonly type: 'welcome'; readonly settings: ClientSettings; readonly nodes: readonly Peer[] }
  | { readonly type: 'opened'; readonly node: Identifier; readonly port: MessagePort }
  | { readonly type: 'nodeAdded'; readonly peer: Peer }
  /** The node's thread has exited, it has left, or its host is unreachable: if it is reached again, it is added again. */
  | { readonly type: 'nodeGone'; readonly node: Identifier };
