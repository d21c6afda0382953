/** The configuration of a ring: fixed when the ring is created, the same on every node, learnt by joiners. */

export type Consistency = 'eventual' | 'linearizable';
export type Placement = 'balanced' | 'hash';
export type OverlayKind = 'chord' | 'kademlia';

export interface RingConfig {
  /** Made at random by the explicit creation of a ring; every message between nodes carries it. */
  readonly clusterId: string;
  /** Copies of each record, 1 to 7 (k). */
  readonly replicas: number;
  readonly consistency: Consistency;
  /** Arcs the circle is cut into: a power of two, 256 to 4096. */
  readonly partitions: number;
  /** Length of successor lists (r); at least replicas - 1. */
  readonly successors: number;
  readonly placement: Placement;
  readonly overlay: OverlayKind;
  /** Records a node may lead before it evicts the least recently used; 0 = no bound. */
  readonly maxEntries: number;
  /** Bytes (keys, values, overhead) of records a node may lead before it evicts; 0 = no bound. */
  readonly maxBytes: number;
  readonly keyBytesMax: number;
  readonly valueBytesMax: number;
  /** Mean time between a node's stabilization rounds; each is jittered by half of it either way. */
  readonly stabilizeIntervalMs: number;
  /** How long a node waits for an answer before it asks again (3 tries with back-off). */
  readonly questionTimeoutMs: number;
  readonly antiEntropyIntervalMs: number;
  readonly tombstoneMs: number;
  readonly clockSkewMsMax: number;
  /** Bytes of unacknowledged replication that a node keeps per peer before anti-entropy must repair instead. */
  readonly hintBytesMax: number;
  readonly hintAgeMsMax: number;
  /** Puts beyond the capacity that a node takes before it makes the next ones wait. */
  readonly evictionSlackEntries: number;
  /** How long a departure tries before it reports what holds it up. */
  readonly departMs: number;
}

export const defaultConfig: Omit<RingConfig, 'clusterId'> = {
  replicas: 3,
  consistency: 'linearizable',
  partitions: 256,
  successors: 4,
  placement: 'balanced',
  overlay: 'chord',
  maxEntries: 0,
  maxBytes: 0,
  keyBytesMax: 64 * 1024,
  valueBytesMax: 1024 * 1024,
  stabilizeIntervalMs: 1_000,
  questionTimeoutMs: 500,
  antiEntropyIntervalMs: 5_000,
  tombstoneMs: 600_000,
  clockSkewMsMax: 60_000,
  hintBytesMax: 16 * 1024 * 1024,
  hintAgeMsMax: 60_000,
  evictionSlackEntries: 1_024,
  departMs: 30_000,
};
