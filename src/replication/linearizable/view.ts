/** Views: who replicates a partition in an epoch. There is one view per partition and epoch; Paxos decides the next. */
import type { Identifier } from '../../chord/identifier.js';
import type { Peer } from '../../peer.js';
import type { Epoch } from './ballot.js';

export interface View {
  readonly partition: number;
  readonly epoch: Epoch;
  /** 1 to k, in natural-group order: the first that lives is the leader. */
  readonly members: readonly Peer[];
  /** The epoch that this one follows, and its members, who hold what this one starts from; 0 and empty for founders. */
  readonly previousEpoch: Epoch;
  readonly previous: readonly Peer[];
  /** Starts without records (FLUSHALL). */
  readonly wipes: boolean;
  /** The first of a new lineage (`rondo recover`): nobody decided it, and it starts from all of `previous`, not from a quorum. */
  readonly recovers?: true;
}

export function quorumOf(members: readonly Peer[]): number {
  return Math.floor(members.length / 2) + 1;
}

/** Of how many of `previous` the registers are needed to start the view. */
export function neededOf(view: View): number {
  return view.recovers === true ? view.previous.length : quorumOf(view.previous);
}

/** The node's place among the members, -1 for others. */
export function placeIn(view: View, id: Identifier): number {
  return view.members.findIndex((peer) => peer.id === id);
}

export function isSameList(a: readonly Peer[], b: readonly Peer[]): boolean {
  return a.length === b.length && a.every((peer, place) => peer.id === b[place]?.id);
}
