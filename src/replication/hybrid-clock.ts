/** A hybrid logical clock as one number: milliseconds x 2048 + counter, within 53 bits (Kulkarni et al. 2014, section 3). */

export const readingsPerMs = 2048;

export interface HybridClock {
  /** The greatest reading given or observed, except those from too far ahead. Never decreases. */
  latest: number;
  /** Readings of others that were more than the allowed skew ahead. */
  skewed: number;
}

export function createHybridClock(): HybridClock {
  return { latest: 0, skewed: 0 };
}

/** The next reading: greater than all before, not behind the wall clock. */
export function tickClock(clock: HybridClock, nowMs: number): number {
  clock.latest = Math.max(clock.latest + 1, Math.floor(nowMs) * readingsPerMs);
  return clock.latest;
}

/** Takes notice of another's reading. One further ahead than `skewMsMax` does not advance the clock, and is counted. */
export function observeReading(clock: HybridClock, reading: number, nowMs: number, skewMsMax: number): void {
  if (reading <= clock.latest) return;
  if (reading > (nowMs + skewMsMax) * readingsPerMs) clock.skewed++;
  else clock.latest = reading;
}
