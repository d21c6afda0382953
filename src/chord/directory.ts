/** The directory: who ever joined and who is known to be dead, for small rings and for merging (chord.md, "What it assumes"). */
import type { Peer } from '../peer.js';

/** A fact about a node: it joined, or it is certainly dead (crashed or departed). Dead is final. */
export interface DirectoryEntry {
  readonly peer: Peer;
  readonly dead: boolean;
}
