/** The one error class of the public edge, with its closed set of codes. */

export type ErrorCode =
  | 'INVALID_ARGUMENT' // an option, key, value or identifier that cannot be served as given
  | 'UNSUPPORTED' // an operation that this ring's mode does not offer
  | 'NOQUORUM' // no node, or no quorum of nodes, could answer within the deadline; certainly no effect
  | 'BUSY' // a limit is reached; certainly no effect, try again later
  | 'UNKNOWN' // the outcome of a change cannot be known; it may take effect
  | 'TIMEOUT' // the deadline passed on a read or an administrative call
  | 'ABORTED' // the caller's signal was aborted
  | 'CLOSED' // the client or ring is closed
  | 'CONNECTION' // nothing answers at the address
  | 'NOT_FOUND' // no such node or file
  | 'INTERNAL'; // a bug: please report it

const retryableCodes: ReadonlySet<ErrorCode> = new Set(['NOQUORUM', 'BUSY', 'TIMEOUT', 'CONNECTION']);

export class RondoError extends Error {
  override readonly name = 'RondoError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** Whether trying again may succeed and cannot do the same change twice. */
  get retryable(): boolean {
    return retryableCodes.has(this.code);
  }
}

/** Of a call whose signal was aborted, with the signal's reason as its cause. */
export function abortError(reason: unknown): RondoError {
  return new RondoError('ABORTED', 'the signal was aborted', { cause: reason });
}

/** Why something failed, for people: whatever was thrown may be anything. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The same with where it failed: for what is a bug. */
export function stackOf(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}

/** Ends a branch that the types say is never reached. */
export function assertNever(value: never): never {
  throw new Error(`not expected here: ${JSON.stringify(value)}`);
}

/** Stops the node, as if crashed, when an invariant does not hold. */
export function assert(condition: boolean, invariant: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${invariant}`);
}
