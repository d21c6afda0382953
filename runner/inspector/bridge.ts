/** The bridge from a ring to its pages: however many look, the ring is asked at most a few times a second. */
import type { NodeStatus, RingAdmin, RingStats } from '../../src/admin.js';

/** What pages may see of a ring: no key and no value is among it. */
export interface InspectorBridge {
  overlay(): Promise<readonly NodeStatus[]>;
  stats(): Promise<RingStats>;
}

const freshMs = 400;

/** Answers younger than 400 ms are given again; questions under way are shared. `nowMs` is for tests. */
export function createBridge(
  admin: Pick<RingAdmin, 'overlay' | 'stats'>,
  nowMs: () => number = Date.now,
): InspectorBridge {
  return { overlay: shared(() => admin.overlay(), nowMs), stats: shared(() => admin.stats(), nowMs) };
}

function shared<T>(ask: () => Promise<T>, nowMs: () => number): () => Promise<T> {
  let answer: Promise<T> | undefined;
  let askedMs = -Infinity;
  return () => {
    if (answer !== undefined && nowMs() - askedMs < freshMs) return answer;
    askedMs = nowMs();
    const asked = ask();
    answer = asked;
    asked.catch(() => {
      if (answer === asked) answer = undefined;
    });
    return asked;
  };
}
