/**
 * Successor lists of fixed length r (Zave 2017, section 4; chord.md, "State of a member").
 *
 *   stored      [ s1 s2 s3 ]                 peers in ring order
 *   r = 5       [ s1 s2 s3 (s3+1) (s3+2) ]   the places after them hold placeholders:
 *                                            the identifiers just after the last entry, which skip nobody
 *
 * A placeholder can only stand behind the last peer: dropping the first entry adds one at the end, adopting moves
 * them along. So they are implied by the length, and a list is its peers.
 */
import type { Peer } from '../peer.js';
import { between, clockwiseOf, type Identifier } from './identifier.js';

/** Peers in ring order, at most r; what is missing to r are placeholders. */
export type SuccessorList = readonly Peer[];

/**
 * The list of a node whose first successor just answered with its own list: `[first] + list without its last`.
 * Certainly dead entries are left out (nobody is skipped by that), and the list ends before it comes round to `self`.
 */
export function adopt(
  self: Identifier,
  first: Peer,
  list: SuccessorList,
  length: number,
  isDead: (id: Identifier) => boolean,
): SuccessorList {
  const adopted: Peer[] = [first];
  let last = first.id;
  for (const peer of list) {
    if (adopted.length === length) break;
    if (!between(last, peer.id, self)) break;
    if (isDead(peer.id)) continue;
    adopted.push(peer);
    last = peer.id;
  }
  return adopted;
}

/** The list without a peer that is dead: its tail, with one more placeholder. The same list when it was not in it. */
export function drop(list: SuccessorList, id: Identifier): SuccessorList {
  return list.some((peer) => peer.id === id) ? list.filter((peer) => peer.id !== id) : list;
}

/** The first live entry (Zave's best successor), or undefined when all are down. */
export function bestSuccessor(list: SuccessorList, isDown: (id: Identifier) => boolean): Peer | undefined {
  return list.find((peer) => !isDown(peer.id));
}

/** The identifiers of all r entries, placeholders included; `self` is what they follow when the list has no peer. */
export function identifiersOf(self: Identifier, list: SuccessorList, length: number): readonly Identifier[] {
  const identifiers = list.map((peer) => peer.id);
  let last = identifiers.at(-1) ?? self;
  while (identifiers.length < length) {
    last = clockwiseOf(last, 1n);
    identifiers.push(last);
  }
  return identifiers;
}

/** Whether both lists name the same peers in the same order. */
export function isSameList(a: SuccessorList, b: SuccessorList): boolean {
  return a === b || (a.length === b.length && a.every((peer, index) => peer.id === b[index]?.id));
}
