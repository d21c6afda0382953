/** The client's contracts: the operations of a ring as programs, the gateway and workloads use them. */
import type { ByteString } from './bytes.js';
import type { HopSummary, LatencySummary, Trace } from './admin.js';
import type { Opcode, Status } from './wire/requests.js';

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds until the call fails with TIMEOUT (reads), NOQUORUM (nothing was sent) or UNKNOWN (changes). Default 10,000. */
  readonly timeoutMs?: number;
}

export interface PutOptions extends CallOptions {
  /** Milliseconds until the record expires; absent = never. */
  readonly ttlMs?: number;
  /** Put only if the key is absent (`absent`) or present (`present`). Decided at the accepting node. */
  readonly onlyIf?: 'absent' | 'present';
}

export interface GetOrSetOptions extends CallOptions {
  readonly ttlMs?: number;
  /** How long one loader may take before another is asked instead. Default 30,000. */
  readonly loadTimeoutMs?: number;
}

/** What a node answered, uninterpreted; `status` is one of statuses except moved and hop, which the client follows itself. */
export interface Reply {
  readonly status: Status;
  readonly value: ByteString;
}

/** The door for programs that speak bytes (the gateway, workloads): one promise an operation, batched underneath. */
export interface Submitter {
  /** Rejects with a RondoError for TIMEOUT, NOQUORUM, UNKNOWN, ABORTED and CLOSED; all else is in the reply. */
  submit(
    opcode: Opcode,
    key: ByteString,
    value: ByteString,
    flags: number,
    number: number,
    options?: CallOptions,
  ): Promise<Reply>;
  /** For operations of a whole partition (scan, flush). */
  submitToPartition(
    opcode: Opcode,
    partition: number,
    value: ByteString,
    number: number,
    options?: CallOptions,
  ): Promise<Reply>;
  /** The same question to every node of the ring (count); in no order. */
  submitToEveryNode(opcode: Opcode, options?: CallOptions): Promise<readonly Reply[]>;
  readonly partitions: number;
}

export interface RingClient extends AsyncDisposable {
  /** The value, or undefined when the key is absent. */
  get(key: string | Uint8Array, options?: CallOptions): Promise<Uint8Array | undefined>;
  /** The value decoded as UTF-8. */
  getString(key: string | Uint8Array, options?: CallOptions): Promise<string | undefined>;
  /** True when stored; false when `onlyIf` did not hold. */
  put(key: string | Uint8Array, value: string | Uint8Array, options?: PutOptions): Promise<boolean>;
  /** True when a record was deleted. */
  delete(key: string | Uint8Array, options?: CallOptions): Promise<boolean>;
  /** The length in bytes after the append. */
  append(key: string | Uint8Array, value: string | Uint8Array, options?: CallOptions): Promise<number>;
  compareAndSet(
    key: string | Uint8Array,
    expected: string | Uint8Array,
    value: string | Uint8Array,
    options?: CallOptions,
  ): Promise<boolean>;
  increment(key: string | Uint8Array, step?: number, options?: CallOptions): Promise<number>;
  /** Values in the order of the keys. */
  getMany(keys: readonly (string | Uint8Array)[], options?: CallOptions): Promise<(Uint8Array | undefined)[]>;
  putMany(
    entries: Iterable<readonly [key: string | Uint8Array, value: string | Uint8Array]>,
    options?: PutOptions,
  ): Promise<void>;
  /** The value, or what `load` returns, stored. One loader per key runs at a time, across all threads of the ring. */
  getOrSet(
    key: string | Uint8Array,
    load: () => string | Uint8Array | Promise<string | Uint8Array>,
    options?: GetOrSetOptions,
  ): Promise<Uint8Array>;
  /** All records; those present throughout appear at least once. */
  scan(options?: CallOptions): AsyncIterable<readonly [key: Uint8Array, value: Uint8Array]>;
  /** Live records of the ring: exact when quiet. */
  count(options?: CallOptions): Promise<number>;
  trace(key: string | Uint8Array, options?: CallOptions): Promise<Trace>;
  readonly submitter: Submitter;
  /** Of this client's operations since it was made. */
  latency(): LatencySummary;
  hops(): HopSummary;
  /** Idempotent; outstanding calls fail with CLOSED. */
  close(): Promise<void>;
}
