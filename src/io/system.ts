/** The clock, entropy and end-of-turn of a Node.js thread. */
import type { ByteString } from '../bytes.js';
import { trustBytes } from '../bytes.js';
import type { Clock, Defer, Random } from '../ports.js';

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
};

export const systemRandom: Random = () => Math.random();

/** After the promises and messages of this turn of the event loop, so that what they send leaves in one batch. */
export const systemDefer: Defer = (callback, urgent = false) => {
  if (urgent) queueMicrotask(callback);
  else setImmediate(callback);
};

/** Monotonic within the thread. */
export function microseconds(): number {
  return performance.now() * 1_000;
}

/** Cut from Node's pool and filled by native code, not character by character. */
export function toArray(bytes: ByteString): Uint8Array {
  return Buffer.from(bytes, 'latin1');
}

/** Short texts are copied by the engine when they are cut; longer ones are slices that keep their batch alive. */
export function detach(text: ByteString): ByteString {
  if (text.length < 13) return text;
  if (text.length > scratch.length) return trustBytes(Buffer.from(text, 'latin1').toString('latin1'));
  return trustBytes(scratch.toString('latin1', 0, scratch.write(text, 0, 'latin1')));
}

/** Where short texts are copied through: a buffer for each would be garbage of its own. */
const scratch = Buffer.from(new ArrayBuffer(16 * 1024));
