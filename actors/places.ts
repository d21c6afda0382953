/** Places on the circle for the nodes of a host, so that no host's nodes stand in a row as long as a successor list. */
import { placeNode, placeNodes, type Unplaced } from '../src/chord/placement.js';
import type { RingConfig } from '../src/config.js';
import type { Peer } from '../src/peer.js';
import type { OwnHost } from './bridge/greetings.js';

export interface Places {
  /** The first nodes of a new ring. */
  founders(count: number): readonly Peer[];
  /** One more node among all that are known. */
  next(existing: readonly Peer[]): Peer;
}

const localAddress = 'local';
/** Places tried before a long row is put up with: a ring that one host founded may have room nowhere else. */
const triesMax = 16;

/** Numbers are not used twice within a process, so what tells two nodes of a name apart is when their processes started. */
export function createPlaces(config: RingConfig, own: OwnHost | undefined): Places {
  const { address: host, boot: incarnation } = own ?? { address: localAddress, boot: 0 };
  let nextNumber = 0;
  const unplaced = (): Unplaced => ({ address: `${host}/${nextNumber++}`, host, incarnation });

  return {
    founders: (count) => placeNodes(Array.from({ length: count }, unplaced), config.placement),
    next(existing) {
      const ids = existing.map(({ id }) => id);
      const isAlone = existing.every((peer) => peer.host === host);
      let placed = placeNode(unplaced(), ids, config.placement);
      for (let tries = 1; tries < triesMax && !isAlone; tries++) {
        if (rowAt(placed, existing) < config.successors) break;
        placed = placeNode(unplaced(), ids, config.placement);
      }
      return placed;
    },
  };
}

/** How many nodes of its host, itself included, would stand in a row where the node is placed. */
function rowAt(placed: Peer, existing: readonly Peer[]): number {
  const ring = [...existing, placed].sort((one, other) => (one.id < other.id ? -1 : 1));
  const at = ring.indexOf(placed);
  let row = 1;
  for (const step of [1, -1]) {
    for (let next = at + step; row < ring.length; next += step) {
      if (ring[(next + ring.length) % ring.length]?.host !== placed.host) break;
      row++;
    }
  }
  return row;
}
