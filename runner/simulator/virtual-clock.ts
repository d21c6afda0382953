/** Virtual time: a queue of callbacks, earliest due first, ties in the order in which they were set. */
import type { Clock, TimerHandle } from '../../src/ports.js';

interface Timer {
  readonly dueMs: number;
  readonly sequence: number;
  callback: (() => void) | undefined;
}

/** Time that passes only when asked to. Fractions of a millisecond are kept to the microsecond. */
export interface VirtualClock {
  /** Virtual milliseconds since the run began. */
  nowMs(): number;
  /** Runs the callback `delayMs` from now; negative and NaN delays count as 0. */
  set(callback: () => void, delayMs: number): TimerHandle;
  clear(handle: TimerHandle): void;
  /** Goes to the earliest timer that is due by `untilMs` and runs it; false, with time at `untilMs`, when none is. */
  step(untilMs: number): boolean;
}

/** How far and how fast one machine's clock is off. */
export interface ClockError {
  /** Milliseconds that the clock is ahead (negative: behind). */
  readonly skewMs: number;
  /** Seconds that the clock counts in one true second; 1 = exact. */
  readonly rate: number;
}

export const exactClock: ClockError = { skewMs: 0, rate: 1 };

/** Where the virtual calendar begins, in milliseconds since 1970: a date on which versions still fit 53 bits. */
const calendarStartMs = 1_750_000_000_000;

function isTimer(handle: TimerHandle): handle is Timer {
  return typeof handle === 'object' && handle !== null && 'callback' in handle;
}

export function createVirtualClock(): VirtualClock {
  const heap: Timer[] = [];
  let now = 0;
  let sequence = 0;
  return {
    nowMs: () => now,
    set(callback, delayMs) {
      const delay = delayMs > 0 ? delayMs : 0;
      const timer: Timer = { dueMs: Math.round((now + delay) * 1000) / 1000, sequence: sequence++, callback };
      push(heap, timer);
      return timer;
    },
    clear(handle) {
      if (isTimer(handle)) handle.callback = undefined;
    },
    step(untilMs) {
      for (;;) {
        const timer = heap[0];
        if (timer === undefined || timer.dueMs > untilMs) break;
        pop(heap);
        const callback = timer.callback;
        if (callback === undefined) continue;
        timer.callback = undefined;
        now = timer.dueMs;
        callback();
        return true;
      }
      now = untilMs;
      return false;
    },
  };
}

/**
 * The clock as one machine sees it: integer milliseconds since 1970, off by its error.
 * `run` wraps every callback, so that a paused or dead process holds or loses it.
 */
export function createClockView(
  clock: VirtualClock,
  error: ClockError,
  run: (callback: () => void) => void,
): Clock {
  return {
    nowMs: () => Math.floor(calendarStartMs + error.skewMs + clock.nowMs() * error.rate),
    setTimeout: (callback, delayMs) => clock.set(() => run(callback), delayMs / error.rate),
    clearTimeout: (handle) => clock.clear(handle),
  };
}

function isBefore(left: Timer, right: Timer): boolean {
  return left.dueMs < right.dueMs || (left.dueMs === right.dueMs && left.sequence < right.sequence);
}

function push(heap: Timer[], timer: Timer): void {
  let index = heap.length;
  heap.push(timer);
  while (index > 0) {
    const parentIndex = (index - 1) >> 1;
    const parent = heap[parentIndex];
    if (parent === undefined || !isBefore(timer, parent)) break;
    heap[index] = parent;
    index = parentIndex;
  }
  heap[index] = timer;
}

/** Removes the heap's first timer. */
function pop(heap: Timer[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    const leftIndex = 2 * index + 1;
    const left = heap[leftIndex];
    if (left === undefined) break;
    const right = heap[leftIndex + 1];
    const isRight = right !== undefined && isBefore(right, left);
    const child = isRight ? right : left;
    if (!isBefore(child, last)) break;
    heap[index] = child;
    index = isRight ? leftIndex + 1 : leftIndex;
  }
  heap[index] = last;
}
