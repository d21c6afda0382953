/**
 * What a node of the arena knows of the ring, in place of an overlay's protocol: a list of members, which may be stale, and
 * whom it takes for dead or out of reach. Its views are exact for that knowledge.
 */
import { isInArc, type Identifier } from '../../../src/chord/identifier.js';
import type { NextHops, Overlay } from '../../../src/overlay.js';
import type { Peer } from '../../../src/peer.js';

export interface Membership {
  readonly known: Map<Identifier, Peer>;
  /** Final. */
  readonly dead: Set<Identifier>;
  /** An opinion, which may be wrong. */
  readonly unreachable: Set<Identifier>;
}

/** Clockwise from each point of view: the members that are neither dead nor, but for the node itself, out of reach. */
export function overlayOf(self: Peer, { known, dead, unreachable }: Membership): Overlay {
  const ring = [...known.values()]
    .filter(({ id }) => id === self.id || !(dead.has(id) || unreachable.has(id)))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const clockwiseFrom = (index: number): readonly Peer[] => [...ring.slice(index), ...ring.slice(0, index)];
  const successors = clockwiseFrom(ring.findIndex(({ id }) => id === self.id)).slice(1);
  const predecessor = successors.at(-1);
  const homeOf = (target: Identifier): readonly Peer[] =>
    clockwiseFrom(
      Math.max(
        0,
        ring.findIndex(({ id }) => id >= target),
      ),
    );
  return {
    self,
    predecessor,
    successors,
    isHome: (identifier) => isInArc(predecessor?.id ?? self.id, identifier, self.id),
    homeOf,
    nextHops: (target, avoid): NextHops => ({
      kind: 'home',
      via: 'successor 1',
      peers: homeOf(target).filter(({ id }) => !avoid.has(id)),
    }),
    isDead: (id) => dead.has(id),
  };
}
