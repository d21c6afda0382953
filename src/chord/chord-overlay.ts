/** Chord behind the overlay's contract: what a node's own ring pointers, fingers and directory tell, at one moment. */
import type { NextHops, Overlay } from '../overlay.js';
import type { Peer } from '../peer.js';
import { between, isInArc, type Identifier } from './identifier.js';
import type { Directory } from './directory.js';
import type { FingerTable } from './finger-table.js';
import { closestPreceding } from './lookup.js';
import type { RingState } from './ring.js';

/** The tables that an overlay view is made of. */
export interface ChordTables {
  readonly ring: RingState;
  readonly fingers: FingerTable;
  readonly directory: Directory;
  /** Peers that the failure detector cannot reach at present: never offered, but not dead. */
  readonly unreachable: ReadonlySet<Identifier>;
}

/** An immutable view, except that `isDead` learns: death is final, so what it once said stays true. */
export class ChordOverlay implements Overlay {
  readonly self: Peer;
  readonly predecessor: Peer | undefined;
  readonly successors: readonly Peer[];
  /** Deaths that the directory knew when the view was made. */
  readonly deaths: number;
  readonly tables: ChordTables;
  /** The ring is small and its successors come round to the predecessor: every node is in view. */
  readonly isWholeRing: boolean;
  readonly #fingers: FingerTable;
  /** Where the own arc begins: the last known predecessor, even when it is dead. */
  readonly #arcStart: Identifier | undefined;

  constructor(tables: ChordTables) {
    const { ring, fingers, directory, unreachable } = tables;
    const isUp = (peer: Peer): boolean => !directory.isDead(peer.id) && !unreachable.has(peer.id);
    this.self = ring.self;
    this.predecessor = ring.predecessor && isUp(ring.predecessor) ? ring.predecessor : undefined;
    this.successors = ring.successors.every(isUp) ? ring.successors : ring.successors.filter(isUp);
    this.#fingers = fingers.every((row) => isUp(row.peer))
      ? fingers
      : fingers.filter((row) => isUp(row.peer));
    this.deaths = directory.deaths;
    this.tables = tables;
    this.#arcStart = ring.predecessor?.id ?? (ring.successors.length === 0 ? ring.self.id : undefined);
    this.isWholeRing =
      this.predecessor !== undefined &&
      this.successors.some((peer) => peer.id === this.predecessor?.id) &&
      directory.live.length <= ring.length + 1;
  }

  isHome(identifier: Identifier): boolean {
    return this.#arcStart !== undefined && isInArc(this.#arcStart, identifier, this.self.id);
  }

  homeOf(identifier: Identifier): readonly Peer[] | undefined {
    if (this.isHome(identifier)) return [this.self, ...this.successors];
    const index = this.#successorIndex(identifier);
    return index === -1 ? undefined : this.#clockwiseFrom(index);
  }

  /** `most` bounds the hops offered; a node that looks up for itself takes all that its tables have. */
  nextHops(target: Identifier, avoid: ReadonlySet<Identifier>, most = 3): NextHops {
    if (this.isHome(target)) {
      return { kind: 'home', via: 'self', peers: [this.self, ...this.#willing(this.successors, avoid)] };
    }
    const willing = this.#willing(this.successors, avoid);
    const first = willing[0];
    if (first !== undefined && isInArc(this.self.id, target, first.id)) {
      return { kind: 'home', via: `successor ${this.successors.indexOf(first) + 1}`, peers: willing };
    }
    const index = this.isWholeRing ? this.#successorIndex(target) : -1;
    if (index !== -1) {
      const peers = this.#willing(this.#clockwiseFrom(index), avoid);
      return { kind: 'home', via: `successor ${index + 1}`, peers };
    }
    const hops = closestPreceding(this.self.id, target, this.#fingers, willing, avoid, most);
    return { kind: 'hop', via: hops[0]?.via ?? 'self', peers: hops.map(({ peer }) => peer) };
  }

  isDead(id: Identifier): boolean {
    return this.tables.directory.isDead(id);
  }

  /** Whether the neighbours, or anybody's life, differ from those of another view: fingers alone do not count. */
  differsForReplicas(other: Overlay): boolean {
    return (
      !(other instanceof ChordOverlay) ||
      this.predecessor?.id !== other.predecessor?.id ||
      this.deaths !== other.deaths ||
      this.tables.unreachable !== other.tables.unreachable ||
      this.tables.ring.predecessor?.id !== other.tables.ring.predecessor?.id ||
      this.successors.length !== other.successors.length ||
      this.successors.some((peer, index) => peer.id !== other.successors[index]?.id)
    );
  }

  /** The successor whose arc, as far as the list tells, holds the identifier; -1 when none does. */
  #successorIndex(identifier: Identifier): number {
    let last = this.self.id;
    for (let index = 0; index < this.successors.length; index++) {
      const peer = this.successors[index];
      if (peer === undefined) return -1;
      if (isInArc(last, identifier, peer.id)) return index;
      last = peer.id;
    }
    return -1;
  }

  /** The nodes in view from the given successor on; in a whole ring on past the node itself. */
  #clockwiseFrom(index: number): readonly Peer[] {
    const after = this.successors.slice(index);
    return this.isWholeRing ? [...after, this.self, ...this.successors.slice(0, index)] : after;
  }

  #willing(peers: readonly Peer[], avoid: ReadonlySet<Identifier>): readonly Peer[] {
    return avoid.size === 0 ? peers : peers.filter((peer) => !avoid.has(peer.id));
  }
}

/** Whether the peer would be a better successor than the ring's first one: strictly between the two. */
export function isBetterSuccessor(ring: RingState, peer: Identifier): boolean {
  const first = ring.successors[0];
  return peer !== ring.self.id && (first === undefined || between(ring.self.id, peer, first.id));
}
