/**
 * The iterative lookup (Stoica et al. 2001, section 4.3, and ToN 2003, section IV.E for detours around failures), as a
 * reducer: the asker stays in charge, asks one node after the other, and avoids those that do not answer.
 */
import type { NextHops } from '../overlay.js';
import type { Peer } from '../peer.js';
import { between, type Identifier } from './identifier.js';
import type { FingerTable } from './finger-table.js';

/**
 * Questions asked before a lookup gives up, those without an answer included. With half of 1,000 nodes dead and in all
 * tables one lookup in 1,000 needs more than 40 (Stoica et al. 2003, Table II: none may fail).
 */
export const lookupHopsMax = 120;

/** One node asked, and the table row of the node before it that led there. */
export interface LookupHop {
  readonly peer: Peer;
  /** `finger 12`, `successor 1`, `contact`. */
  readonly via: string;
}

/** A node that may be asked. One that answered may be asked again once more nodes are avoided than when it answered. */
interface Alternative extends LookupHop {
  readonly answeredAvoiding: number | undefined;
}

/** What the asker's own tables say, given whom to avoid: consulted first, and again after each detour. */
export type OwnTables = (avoid: ReadonlySet<Identifier>) => NextHops;

export interface Lookup {
  readonly own: OwnTables;
  readonly target: Identifier;
  readonly state:
    | { readonly type: 'asking'; readonly hop: LookupHop }
    /** `home` = the target's home and the nodes after it; `informant` told so, undefined when it is the asker itself. */
    | {
        readonly type: 'found';
        readonly home: readonly Peer[];
        readonly informant: Peer | undefined;
        readonly via: string;
      }
    | { readonly type: 'failed' };
  /** Nodes that answered, in order, each once. */
  readonly hops: readonly LookupHop[];
  /** Nodes that did not answer. */
  readonly avoid: ReadonlySet<Identifier>;
  /** Known, best first: those not asked yet, and those that answered, whose further offers serve for detours. */
  readonly alternatives: readonly Alternative[];
  /** Questions asked so far. */
  readonly asked: number;
}

/** A lookup that starts with what the asker's own tables say: with luck it is found already. */
export function startLookup(target: Identifier, own: OwnTables): Lookup {
  const blank: Lookup = {
    own,
    target,
    state: { type: 'failed' },
    hops: [],
    avoid: new Set(),
    alternatives: [],
    asked: 0,
  };
  return take(blank, undefined, own(blank.avoid));
}

/** The asked node answered. */
export function lookupAnswered(lookup: Lookup, answer: NextHops): Lookup {
  if (lookup.state.type !== 'asking') return lookup;
  const { hop } = lookup.state;
  const isFirstAnswer = lookup.hops.every(({ peer }) => peer.id !== hop.peer.id);
  const hops = isFirstAnswer ? [...lookup.hops, hop] : lookup.hops;
  const again: Alternative = { ...hop, answeredAvoiding: lookup.avoid.size };
  return take({ ...lookup, hops, alternatives: [...lookup.alternatives, again] }, hop.peer, answer);
}

/** The asked node did not answer in time, or is dead: it is avoided, and the next best known one is asked. */
export function lookupUnanswered(lookup: Lookup): Lookup {
  if (lookup.state.type !== 'asking') return lookup;
  const avoid = new Set(lookup.avoid).add(lookup.state.hop.peer.id);
  return take({ ...lookup, avoid }, undefined, lookup.own(avoid));
}

/** The node that must be asked now, if any. */
export function askedBy(lookup: Lookup): Peer | undefined {
  return lookup.state.type === 'asking' ? lookup.state.hop.peer : undefined;
}

/**
 * The best peers of a node's tables for a target that lies beyond its successor: those closest before the target,
 * best first. `successors` are live and not avoided.
 */
export function closestPreceding(
  self: Identifier,
  target: Identifier,
  fingers: FingerTable,
  successors: readonly Peer[],
  avoid: ReadonlySet<Identifier>,
  most: number,
): readonly LookupHop[] {
  const best: LookupHop[] = [];
  const offer = (peer: Peer, row: string, number: number): void => {
    if (!between(self, peer.id, target) || avoid.has(peer.id)) return;
    const rank = best.findIndex(
      (other) => peer.id === other.peer.id || between(other.peer.id, peer.id, target),
    );
    if (rank !== -1 && best[rank]?.peer.id === peer.id) return;
    if (rank === -1 && best.length >= most) return;
    best.splice(rank === -1 ? best.length : rank, 0, { peer, via: `${row} ${number}` });
    if (best.length > most) best.pop();
  };
  for (let index = fingers.length - 1; index >= 0; index--) {
    const row = fingers[index];
    if (row === undefined) continue;
    offer(row.peer, 'finger', row.last + 1);
    // Lower rows lie further from the target than all of these.
    if (best.length >= most) break;
  }
  successors.forEach((peer, index) => offer(peer, 'successor', index + 1));
  return best;
}

/** Takes in what a node (undefined: the asker's own tables) said, and goes on from there. */
function take(lookup: Lookup, informant: Peer | undefined, answer: NextHops): Lookup {
  if (answer.kind === 'home' && answer.peers.length > 0) {
    return { ...lookup, state: { type: 'found', home: answer.peers, informant, via: answer.via } };
  }
  const known = new Set(lookup.alternatives.map(({ peer }) => peer.id));
  const offered = answer.peers
    .filter((peer) => !known.has(peer.id))
    .map((peer): Alternative => ({ peer, via: answer.via, answeredAvoiding: undefined }));
  const alternatives = [...lookup.alternatives, ...offered].sort((a, b) =>
    between(b.peer.id, a.peer.id, lookup.target) ? -1 : 1,
  );
  return askNext({ ...lookup, alternatives });
}

/** Asks the node closest before the target that may know more than it told; fails when there is none. */
function askNext(lookup: Lookup): Lookup {
  const { avoid, asked } = lookup;
  const next = lookup.alternatives.find(
    ({ peer, answeredAvoiding }) =>
      !avoid.has(peer.id) && (answeredAvoiding === undefined || avoid.size > answeredAvoiding),
  );
  if (next === undefined || asked >= lookupHopsMax) return { ...lookup, state: { type: 'failed' } };
  const alternatives = lookup.alternatives.filter((alternative) => alternative !== next);
  const hop = { peer: next.peer, via: next.via };
  return { ...lookup, alternatives, asked: asked + 1, state: { type: 'asking', hop } };
}
