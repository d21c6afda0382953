/** Which keys a connection's unanswered requests read and change: what may run beside them, and what must wait. */
import type { ByteString } from '../../src/bytes.js';
import type { Effect } from './outcome.js';

/** Requests of one connection on one key take effect in the order in which they were sent; on different keys they run side by side. */
export class KeyUses {
  /** How often each key is being read. */
  private readonly reads = new Map<ByteString, number>();
  /** Keys being changed; a key here is not among those read, for changes wait for reads. */
  private readonly changes = new Set<ByteString>();

  /** Whether a request on the keys would meet an earlier one that it must not overtake. */
  conflicts(keys: readonly ByteString[], effect: Effect): boolean {
    for (const key of keys) {
      if (this.changes.has(key) || (effect === 'changes' && this.reads.has(key))) return true;
    }
    return false;
  }

  add(keys: readonly ByteString[], effect: Effect): void {
    for (const key of keys) {
      if (effect === 'changes') this.changes.add(key);
      else this.reads.set(key, (this.reads.get(key) ?? 0) + 1);
    }
  }

  remove(keys: readonly ByteString[], effect: Effect): void {
    for (const key of keys) {
      const reads = effect === 'changes' ? undefined : this.reads.get(key);
      if (effect === 'changes') this.changes.delete(key);
      else if (reads === undefined || reads <= 1) this.reads.delete(key);
      else this.reads.set(key, reads - 1);
    }
  }
}
