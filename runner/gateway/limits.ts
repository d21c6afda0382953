/** What the gateway lets a client take of it (docs: security and limits). Every limit is finite. */
import { defaultConfig } from '../../src/config.js';

export interface GatewayLimits {
  readonly keyBytesMax: number;
  /** Of any one argument; a larger one is read past and answered with an error. Default: the ring's own limit, 1 MiB. */
  readonly valueBytesMax: number;
  /** Of one whole request; a larger one is read past and answered with an error. */
  readonly requestBytesMax: number;
  /** Of one request; more is a protocol error, as in redis. */
  readonly argumentsMax: number;
  /** Of a request typed as a line instead of an array. */
  readonly inlineBytesMax: number;
  /** A bulk string's claimed length beyond which the connection is closed at the header. */
  readonly bulkBytesMax: number;
  /** Requests a connection may have unanswered before reading from it pauses. */
  readonly requestsInFlightMax: number;
  /** Replies not yet taken by the peer: reading pauses at the first, the connection closes at the last, or past the second for `outputOverMs`. */
  readonly outputPauseBytes: number;
  readonly outputBytesMax: number;
  readonly outputOverMs: number;
  readonly outputBytesHardMax: number;
  /** From the first to the last byte of a request. */
  readonly frameMs: number;
  /** Without a byte received and nothing in flight; 0 = for ever. */
  readonly idleMs: number;
  readonly unauthenticatedBytesMax: number;
  readonly unauthenticatedArgumentsMax: number;
  readonly unauthenticatedMs: number;
  /** Bytes of unfinished requests and untaken replies over all connections, past which requests are answered BUSY. */
  readonly buffersBytesMax: number;
  /** Keys that one KEYS may answer. */
  readonly keysReplyMax: number;
  /** Of a glob pattern: matching costs pattern x key at worst. */
  readonly patternBytesMax: number;
}

export const defaultLimits: GatewayLimits = {
  keyBytesMax: defaultConfig.keyBytesMax,
  valueBytesMax: defaultConfig.valueBytesMax,
  requestBytesMax: 64 * 1024 * 1024,
  argumentsMax: 1024 * 1024,
  inlineBytesMax: 64 * 1024,
  bulkBytesMax: 512 * 1024 * 1024,
  requestsInFlightMax: 1_024,
  outputPauseBytes: 1024 * 1024,
  outputBytesMax: 8 * 1024 * 1024,
  outputOverMs: 10_000,
  outputBytesHardMax: 32 * 1024 * 1024,
  frameMs: 10_000,
  idleMs: 300_000,
  unauthenticatedBytesMax: 64 * 1024,
  unauthenticatedArgumentsMax: 10,
  unauthenticatedMs: 5_000,
  buffersBytesMax: 512 * 1024 * 1024,
  keysReplyMax: 100_000,
  patternBytesMax: 1_024,
};
