/** A peer: a node as others know it. */
import type { Identifier } from './chord/identifier.js';

export interface Peer {
  /** The hash of address and incarnation, or chosen from such hashes: a restarted node has another identifier. */
  readonly id: Identifier;
  /** `host/n`: the n-th node of a host; `local/3` where the host has no listener. */
  readonly address: string;
  /** The host's address: nodes of one host die together. */
  readonly host: string;
  readonly incarnation: number;
}
