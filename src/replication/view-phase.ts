/** Where a replica stands between two views (docs/design/replication.md, 1); its chart, spawned while it is not steady, has these states. */
export type ViewPhase =
  | 'steady'
  /** This node drives a change and waits until newcomers have copied the partition. */
  | 'warming'
  /** This node asks the members for promises, then to accept the next view. */
  | 'preparing'
  | 'accepting'
  /** Sealed, and no decision is known. */
  | 'sealed'
  /** Member of a decided view that collects what it starts from. */
  | 'fetching';
