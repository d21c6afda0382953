/** A clock that jumps from timer to timer: earliest due first, ties in the order in which they were set. */
import type { Clock } from '../../src/ports.js';

interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly callback: () => void;
}

export class VirtualClock implements Clock {
  #nowMs = 1_000_000;
  #order = 0;
  readonly #timers = new Map<number, Timer>();

  nowMs(): number {
    return this.#nowMs;
  }

  setTimeout(callback: () => void, delayMs: number): number {
    const order = ++this.#order;
    this.#timers.set(order, { dueMs: this.#nowMs + Math.max(0, delayMs), order, callback });
    return order;
  }

  clearTimeout(handle: unknown): void {
    if (typeof handle === 'number') this.#timers.delete(handle);
  }

  /** Runs every timer due within the given time, and those that they set. */
  advance(durationMs: number): void {
    const endMs = this.#nowMs + durationMs;
    for (
      let timer = this.#earliest();
      timer !== undefined && timer.dueMs <= endMs;
      timer = this.#earliest()
    ) {
      this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
      this.#timers.delete(timer.order);
      timer.callback();
    }
    this.#nowMs = endMs;
  }

  /** As after an event loop stood still: every timer that came due meanwhile runs once, late. */
  standStill(durationMs: number): void {
    this.#nowMs += durationMs;
    this.advance(0);
  }

  #earliest(): Timer | undefined {
    let earliest: Timer | undefined;
    for (const timer of this.#timers.values()) {
      if (earliest === undefined || timer.dueMs < earliest.dueMs) earliest = timer;
    }
    return earliest;
  }
}
