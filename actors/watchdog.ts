/** The watchdog: tells a stalled event loop from a dead thread, and ends one that has stood still for too long. */
import type { Identifier } from '../src/chord/identifier.js';
import { heartbeatIntervalMs } from './control.js';
import type { NodeHandle } from './node-threads.js';
import type { Log } from './thread-log.js';

const checkIntervalMs = 1_000;
/** Missed heartbeats after which a node counts as stalled (slow, not dead). */
const stalledAfterMs = 8 * heartbeatIntervalMs;

/** `watchdogMs` 0 = marks stalled nodes, ends none. Time in which this thread itself was late does not count. */
export function startWatchdog(
  nodes: ReadonlyMap<Identifier, NodeHandle>,
  watchdogMs: number,
  log: Log,
): { stop(): void } {
  const seen = new WeakMap<NodeHandle, { count: number; stillMs: number }>();
  let lastCheckMs = performance.now();
  const check = (): void => {
    const nowMs = performance.now();
    const passedMs = Math.min(nowMs - lastCheckMs, 2 * checkIntervalMs);
    lastCheckMs = nowMs;
    for (const handle of nodes.values()) {
      const count = Atomics.load(handle.heartbeat, 0);
      const before = seen.get(handle);
      // A thread that has not beaten yet is starting, which takes as long as it takes.
      const stillMs =
        before === undefined || count === 0 || before.count !== count ? 0 : before.stillMs + passedMs;
      seen.set(handle, { count, stillMs });
      handle.stalled = stillMs >= stalledAfterMs;
      if (watchdogMs > 0 && stillMs >= watchdogMs) {
        log('error', 'the watchdog ends a node whose event loop stands still', {
          of: handle.peer.address,
          stillMs,
        });
        void handle.worker.terminate();
      }
    }
  };
  const timer = setInterval(check, checkIntervalMs);
  return { stop: () => clearInterval(timer) };
}
