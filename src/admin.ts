/** What administration shows of a ring: the shapes behind `overlay`, `stats` and `trace`. */

/** One node as `RONDO.OVERLAY` and `rondo overlay` show it. */
export interface NodeStatus {
  readonly id: string;
  readonly address: string;
  /** The node's chart state: joining, member, departing, left, or unresponsive when the thread does not answer. */
  readonly state: string;
  readonly predecessor: string | null;
  readonly successors: readonly string[];
  readonly partitionsLed: number;
  /** Live records in partitions that the node leads. */
  readonly records: number;
  /** Active states of the node's chart, a path each: `alive.ring.idle`. Absent when the thread does not answer. */
  readonly activeStates?: readonly string[];
  /** Replicas that are between two views, by partition, at most 256 of them. Absent when the thread does not answer. */
  readonly changingViews?: readonly ChangingView[];
}

/** One chart of a view change, as it stands. */
export interface ChangingView {
  readonly partition: number;
  /** warming, preparing, accepting, sealed or fetching. */
  readonly state: string;
}

/** Counters of one node since it started; the ring's are their sums. */
export interface NodeStats {
  readonly reads: number;
  readonly writes: number;
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
  readonly expirations: number;
  /** Live records led, and copies held for other leaders. */
  readonly records: number;
  readonly copies: number;
  /** Bytes of records held: keys, values and overhead. */
  readonly bytes: number;
  readonly tombstones: number;
  /** Records led that are known to have fewer than k copies at present. */
  readonly recordsBelowReplicas: number;
  readonly hintsDropped: number;
  readonly clockSkewed: number;
  readonly forwarded: number;
  readonly moved: number;
  readonly batches: number;
  /** Partitions that cannot serve, as members and homes know them; of a ring: each once. */
  readonly partitionsWithoutQuorum: readonly WithoutQuorum[];
}

/** A partition that waits for its members, or to be recovered with loss. */
export interface WithoutQuorum {
  readonly partition: number;
  /** `lineage.counter` of the newest view that the node knows; `unknown` when no member is left to tell. */
  readonly epoch: string;
  /** Addresses of the view's members, and of the missing nodes. */
  readonly members: readonly string[];
  readonly waitsFor: readonly string[];
}

/** A partition that serves again in a new lineage. */
export interface Recovery {
  readonly partition: number;
  readonly epoch: string;
  /** How many records were saved. */
  readonly records: number;
  /** Addresses of those whose replicas it began from, none = it is empty; and of the members that are gone. */
  readonly survivors: readonly string[];
  readonly lost: readonly string[];
}

/** Latency percentiles, in microseconds. */
export interface LatencySummary {
  readonly count: number;
  readonly meanUs: number;
  readonly p50Us: number;
  readonly p90Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly maxUs: number;
}

export interface HopSummary {
  readonly lookups: number;
  readonly mean: number;
  readonly max: number;
}

export interface RingStats {
  readonly nodes: readonly (NodeStats & { readonly id: string; readonly address: string })[];
  readonly ring: NodeStats;
  /** Of the operations of the client that serves this caller (the gateway's, for `rondo stats`). */
  readonly latency: LatencySummary;
  readonly hops: HopSummary;
}

export interface TraceHop {
  readonly id: string;
  readonly address: string;
  /** The table row that led on from here: `finger 12`, `successor 1`, or `home` at the end. */
  readonly via: string;
  readonly micros: number;
}

export interface Trace {
  readonly key: string;
  readonly identifier: string;
  readonly partition: number;
  readonly hops: readonly TraceHop[];
  readonly group: readonly { readonly id: string; readonly address: string }[];
}

/** Administration of a ring, as the gateway and programs use it. NODE is an identifier, a unique prefix of one, or an address. */
export interface RingAdmin {
  overlay(): Promise<readonly NodeStatus[]>;
  stats(node?: string): Promise<RingStats>;
  trace(key: string | Uint8Array): Promise<Trace>;
  /** Starts nodes and resolves with their identifiers when all are members. */
  join(count: number): Promise<readonly string[]>;
  /** Resolves when the node has handed over its records and left. */
  depart(node: string): Promise<void>;
  /** Ends the node's thread without a word. */
  kill(node: string): Promise<void>;
  /**
   * Linearizable rings: begins a new lineage of a partition that has lost its quorum, from its survivors, and resolves when it
   * serves. Changes that only lost nodes held are lost, which the caller accepts. Rejects, without effect, where a quorum answers
   * (INVALID_ARGUMENT), or where a node that lives does not answer (BUSY).
   */
  recover(partition: number, acceptLoss: true): Promise<Recovery>;
}
