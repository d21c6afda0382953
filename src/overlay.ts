/** What the rest asks of an overlay. Chord answers it from a node's own tables; nothing here waits. */
import type { Identifier } from './chord/identifier.js';
import type { Peer } from './peer.js';

export interface NextHops {
  /** `home`: peers = the target's home and the nodes after it; `hop`: peers closer to the target, best first, at most 3. */
  readonly kind: 'home' | 'hop';
  /** The table row used: `finger 12`, `successor 1`, `self`. */
  readonly via: string;
  readonly peers: readonly Peer[];
}

/** An immutable view of the ring from one node at one moment. A new one replaces it whenever the tables change. */
export interface Overlay {
  readonly self: Peer;
  /** Undefined while unknown (just joined, or the predecessor died and none has notified yet). */
  readonly predecessor: Peer | undefined;
  /** Live successors in ring order, without placeholders; empty for the only node. */
  readonly successors: readonly Peer[];
  /** Whether this node is the identifier's home as far as its own pointers tell. */
  isHome(identifier: Identifier): boolean;
  /** The identifier's home and the nodes after it, home first, when own pointers tell; else undefined. */
  homeOf(identifier: Identifier): readonly Peer[] | undefined;
  nextHops(target: Identifier, avoid: ReadonlySet<Identifier>): NextHops;
  /** Certainly dead or departed (final), not merely silent. */
  isDead(id: Identifier): boolean;
}
