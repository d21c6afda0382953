/** The ports: all that could differ between a thread, a socket and the simulator. Roots put them in place. */

/** The clock that charts and clients run on; the shape XState asks of a clock, and the time. */
export interface Clock {
  /** Milliseconds since 1970, comparable between threads of one host; may jump. */
  nowMs(): number;
  setTimeout(callback: () => void, delayMs: number): TimerHandle;
  clearTimeout(handle: TimerHandle): void;
}

/** What a clock's setTimeout returned; opaque. XState asks for `any` here. */
export type TimerHandle = unknown;

/** Uniform in [0, 1). Seeded where runs must repeat. */
export type Random = () => number;

/**
 * Runs the callback once, when the events of the present turn have been handled: queued messages leave then. `urgent` = nothing
 * else is under way that it could be batched with, so it need not wait for other messages that have arrived.
 */
export type Defer = (callback: () => void, urgent?: boolean) => void;
