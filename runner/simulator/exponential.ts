/** The exponential distribution without a logarithm (von Neumann 1951, "Various techniques used in connection with random digits"). */
import type { Random } from '../../src/ports.js';

/**
 * A draw with mean 1, never negative; about four random numbers each. It only compares them, so that equal seeds give
 * equal draws in every engine, which Math.log does not promise.
 *
 * A falling run u1 > u2 > ... > un is drawn until it rises again. It is of odd length with probability exp(-u1), which
 * makes u1 the fraction; each run of even length before it adds a whole 1.
 */
export function drawExponential(random: Random): number {
  for (let whole = 0; ; whole++) {
    const first = random();
    let isOdd = true;
    let last = first;
    for (let next = random(); next < last; next = random()) {
      last = next;
      isOdd = !isOdd;
    }
    if (isOdd) return whole + first;
  }
}
