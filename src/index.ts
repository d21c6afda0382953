/** The types that programs meet. */
export type {
  NodeStats,
  NodeStatus,
  Recovery,
  RingAdmin,
  RingStats,
  Trace,
  WithoutQuorum,
  LatencySummary,
  HopSummary,
} from './admin.js';
export type { CallOptions, GetOrSetOptions, PutOptions, RingClient } from './client-types.js';
export type { Consistency, Placement } from './config.js';
export { RondoError, type ErrorCode } from './errors.js';
export type { RingOptions } from './ring-options.js';
