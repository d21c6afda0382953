/**
 * The directory: who ever joined and who is certainly dead, both grow-only (chord.md, "What it assumes").
 *
 *   log     position  1 a joined | 2 b joined | 3 c joined | 4 b dead          position 2 is superseded by 4
 *   news    entriesAfter(3) = [b dead]: a peer that has seen the log through 3 needs no more
 *   live    [ a c ]  sorted by identifier
 *
 * While it holds at most r + 1 live nodes the ring is read from it; above, it is the memory of once-known peers.
 */
import type { Peer } from '../peer.js';
import type { Random } from '../ports.js';
import { isInArc, type Identifier } from './identifier.js';

/** A fact about a node: it joined, or it is certainly dead (crashed or departed). Dead is final. */
export interface DirectoryEntry {
  readonly peer: Peer;
  readonly dead: boolean;
}

/** Most nodes remembered; beyond it the oldest dead are forgotten, and further live ones not taken in. */
export const directoryEntriesMax = 8_192;

interface LoggedEntry extends DirectoryEntry {
  readonly position: number;
}

/** Owned by one node, mutable, outside its snapshots. Learning costs O(log N) and a shift of the sorted array. */
export class Directory {
  readonly #entries = new Map<Identifier, LoggedEntry>();
  /** In order of position; holds superseded entries until they are half of it. */
  #log: LoggedEntry[] = [];
  readonly #live: Peer[];
  /** Oldest first, with the age at which each died. */
  readonly #dead: { readonly id: Identifier; readonly age: number }[] = [];
  #position = 0;
  #deaths = 0;
  #age = 0;

  /** `known` must be sorted by identifier (`sortPeers`); their positions are 1 to `known.length`. */
  constructor(known: readonly Peer[] = []) {
    this.#live = [...known];
    for (const peer of known) this.#append(peer, false);
  }

  /** The position of the newest entry; changes iff the directory does. */
  get position(): number {
    return this.#position;
  }

  /** Deaths ever learnt: changes iff some node's death is news. */
  get deaths(): number {
    return this.#deaths;
  }

  /** Nodes not known to be dead, sorted by identifier. Not a copy: it changes with the directory. */
  get live(): readonly Peer[] {
    return this.#live;
  }

  isDead(id: Identifier): boolean {
    return this.#entries.get(id)?.dead === true;
  }

  /** What is known of a node's address, dead or alive. */
  peerOf(id: Identifier): Peer | undefined {
    return this.#entries.get(id)?.peer;
  }

  deadIdentifiers(): readonly Identifier[] {
    return this.#dead.map(({ id }) => id);
  }

  /** Entries later than the position, oldest first. */
  entriesAfter(position: number): readonly DirectoryEntry[] {
    if (position >= this.#position) return [];
    let low = 0;
    let high = this.#log.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#log[middle]?.position ?? 0) > position) high = middle;
      else low = middle + 1;
    }
    const news: DirectoryEntry[] = [];
    for (const entry of this.#log.slice(low)) {
      if (this.#isCurrent(entry)) news.push({ peer: entry.peer, dead: entry.dead });
    }
    return news;
  }

  /** A node joined: true when that is news. A dead one stays dead. */
  learnJoined(peer: Peer): boolean {
    if (this.#entries.has(peer.id) || this.#live.length >= directoryEntriesMax) return false;
    this.#live.splice(indexOf(this.#live, peer.id), 0, peer);
    this.#append(peer, false);
    return true;
  }

  /** A node is certainly dead: true when that is news. */
  learnDead(peer: Peer): boolean {
    if (this.isDead(peer.id)) return false;
    const index = indexOf(this.#live, peer.id);
    if (this.#live[index]?.id === peer.id) this.#live.splice(index, 1);
    this.#append(peer, true);
    this.#dead.push({ id: peer.id, age: this.#age });
    this.#deaths++;
    if (this.#dead.length > directoryEntriesMax) this.#forgetOldestDead();
    return true;
  }

  /** Takes in another node's news; answers who is newly known to be dead. */
  merge(entries: readonly DirectoryEntry[]): readonly Identifier[] {
    const newlyDead: Identifier[] = [];
    for (const { peer, dead } of entries) {
      if (!dead) this.learnJoined(peer);
      else if (this.learnDead(peer)) newlyDead.push(peer.id);
    }
    return newlyDead;
  }

  /** One unit of age passes; nodes that died more than `keep` units ago are forgotten. */
  growOlder(keep: number): void {
    this.#age++;
    while ((this.#dead[0]?.age ?? Infinity) < this.#age - keep) this.#forgetOldestDead();
  }

  /** The live nodes in the arc (a, b], clockwise, at most `most`. */
  liveInArc(a: Identifier, b: Identifier, most: number): readonly Peer[] {
    const found: Peer[] = [];
    const start = indexOf(this.#live, a);
    for (let step = 0; step <= this.#live.length && found.length < most; step++) {
      const peer = this.#live[(start + step) % this.#live.length];
      if (peer === undefined || !isInArc(a, peer.id, b)) {
        if (step > 0) break;
      } else if (!found.includes(peer)) found.push(peer);
    }
    return found;
  }

  /** Any live node, or undefined when there is none. */
  randomLive(random: Random): Peer | undefined {
    return this.#live[Math.floor(random() * this.#live.length)];
  }

  #append(peer: Peer, dead: boolean): void {
    const entry = { peer, dead, position: ++this.#position };
    this.#entries.set(peer.id, entry);
    this.#log.push(entry);
    if (this.#log.length > 2 * this.#entries.size + 16) {
      this.#log = this.#log.filter((logged) => this.#isCurrent(logged));
    }
  }

  #isCurrent(entry: LoggedEntry): boolean {
    return this.#entries.get(entry.peer.id)?.position === entry.position;
  }

  #forgetOldestDead(): void {
    const oldest = this.#dead.shift();
    if (oldest !== undefined) this.#entries.delete(oldest.id);
  }
}

/** The peers sorted by identifier: ring order. */
export function sortPeers(peers: readonly Peer[]): readonly Peer[] {
  return [...peers].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

/** The first index whose identifier is not below the given one; the length when none is. */
export function indexOf(sorted: readonly Peer[], id: Identifier): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const peer = sorted[middle];
    if (peer !== undefined && peer.id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The first peer at or clockwise after the identifier. */
export function successorAmong(sorted: readonly Peer[], id: Identifier): Peer | undefined {
  return sorted[indexOf(sorted, id)] ?? sorted[0];
}
