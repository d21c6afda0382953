/**
 * Zave's operations on one member's ring pointers, as pure functions: what each atomic step does with the answer
 * (Zave 2017, section 5; chord.md, "Operations"). Asking, waiting and retrying are the chart's.
 */
import type { Peer } from '../peer.js';
import { between, type Identifier } from './identifier.js';
import { adopt, bestSuccessor, drop, isSameList, type SuccessorList } from './successor-list.js';

/** A member's pointers. Fingers are no part of it: correctness never depends on them. */
export interface RingState {
  readonly self: Peer;
  /** May be dead: it is replaced when somebody else notifies. Undefined for the only node and while unknown. */
  readonly predecessor: Peer | undefined;
  /** Empty only for the only node, and for one that has lost every successor. */
  readonly successors: SuccessorList;
  /** Entries of the successor list, placeholders included (r). */
  readonly length: number;
}

/** What an asked node told of its own pointers. */
export interface Pointers {
  readonly self: Peer;
  readonly predecessor: Peer | null;
  readonly successors: SuccessorList;
}

/** Answers whether a peer is dead, or taken for it, as far as the asker knows. */
export type IsDown = (id: Identifier) => boolean;

/** Step 1's condition: the joiner lies between the member and its first successor. The only node is its own successor. */
export function isPlaceFor(joiner: Identifier, member: Pointers): boolean {
  return between(member.self.id, joiner, (member.successors[0] ?? member.self).id);
}

/** The node closest before the joiner that a member's pointers name: the next to be asked when `isPlaceFor` fails there. */
export function closerMember(joiner: Identifier, member: Pointers, isDead: IsDown): Peer | undefined {
  let closest: Peer | undefined;
  let from = member.self.id;
  for (const peer of [member.predecessor, ...member.successors]) {
    if (peer === null || isDead(peer.id) || !between(from, peer.id, joiner)) continue;
    closest = peer;
    from = peer.id;
  }
  return closest;
}

/** Step 1, the member answered and `isPlaceFor` holds: `j.successors := m.successors; j.predecessor := m`. */
export function joinAfter(self: Peer, member: Pointers, length: number, isDead: IsDown): RingState {
  const [first = member.self, ...rest] = member.successors.filter((peer) => !isDead(peer.id));
  return {
    self,
    predecessor: member.self,
    successors: adopt(self.id, first, rest, length, isDead),
    length,
  };
}

/** Step 2, the successor answered: adopt its list; its predecessor may be a better successor, to be asked first. */
export function successorAnswered(
  ring: RingState,
  answer: Pointers,
  isDown: IsDown,
  isDead: IsDown,
): { readonly ring: RingState; readonly candidate: Peer | undefined } {
  const { predecessor } = answer;
  const isBetter =
    predecessor !== null && !isDown(predecessor.id) && between(ring.self.id, predecessor.id, answer.self.id);
  return { ring: adoptFrom(ring, answer, isDead), candidate: isBetter ? predecessor : undefined };
}

/**
 * Step 2, the successor is dead: the tail with a placeholder behind it. Further leading entries that are down go the
 * same way. When every entry is down only the certainly dead ones go: the others may come back, and nothing else is left.
 */
export function successorDied(ring: RingState, isDown: IsDown, isDead: IsDown): RingState {
  const best = bestSuccessor(ring.successors, isDown);
  const successors =
    best === undefined
      ? ring.successors.filter((peer) => !isDead(peer.id))
      : ring.successors.slice(ring.successors.indexOf(best));
  return withSuccessors(ring, successors);
}

/** Step 3, the candidate answered: adopt it and its list. */
export function candidateAnswered(ring: RingState, answer: Pointers, isDead: IsDown): RingState {
  return adoptFrom(ring, answer, isDead);
}

/** Step 4, the condition: the notifier is a better predecessor, or the present one must be asked for life first. */
export function judgeNotify(ring: RingState, notifier: Peer, isDown: IsDown): 'adopt' | 'ask' | 'keep' {
  const { self, predecessor } = ring;
  if (notifier.id === self.id || notifier.id === predecessor?.id) return 'keep';
  if (predecessor === undefined || isDown(predecessor.id)) return 'adopt';
  return between(predecessor.id, notifier.id, self.id) ? 'adopt' : 'ask';
}

/** Step 4: `n.predecessor := q`, after `judgeNotify` said adopt or the present predecessor proved dead. */
export function adoptPredecessor(ring: RingState, notifier: Peer): RingState {
  return { ...ring, predecessor: notifier };
}

/** Of two notifiers, the one that is the better predecessor (closer to the node). */
export function betterPredecessor(self: Identifier, waiting: Peer | undefined, other: Peer): Peer {
  return waiting === undefined || between(waiting.id, other.id, self) ? other : waiting;
}

/** The ring without a certainly dead node, wherever it stands in the list. The dead predecessor stays, as a bound. */
export function withoutDead(ring: RingState, id: Identifier): RingState {
  return withSuccessors(ring, drop(ring.successors, id));
}

/**
 * The pointers of a small ring, read from the directory: all live nodes, none a placeholder.
 * `live` is sorted by identifier and includes the node itself.
 */
export function smallRing(self: Peer, live: readonly Peer[], length: number): RingState {
  const others = live.filter((peer) => peer.id !== self.id);
  const after = others.findIndex((peer) => peer.id > self.id);
  const clockwise = after === -1 ? others : [...others.slice(after), ...others.slice(0, after)];
  return { self, predecessor: clockwise.at(-1), successors: clockwise.slice(0, length), length };
}

/** Whether both name the same peers. */
export function isSameRing(a: RingState, b: RingState): boolean {
  return a === b || (a.predecessor?.id === b.predecessor?.id && isSameList(a.successors, b.successors));
}

function adoptFrom(ring: RingState, answer: Pointers, isDead: IsDown): RingState {
  return withSuccessors(ring, adopt(ring.self.id, answer.self, answer.successors, ring.length, isDead));
}

/** The same object when nothing changes, so that a quiet round costs nothing downstream. */
function withSuccessors(ring: RingState, successors: SuccessorList): RingState {
  return isSameList(ring.successors, successors) ? ring : { ...ring, successors };
}
