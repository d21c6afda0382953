/** Which keys a connection's unanswered requests read and change: what may run beside them, and what must wait. */
import type { ByteString } from '../../src/bytes.js';

interface Uses {
  reads: number;
  changes: number;
}

/** Requests of one connection on one key take effect in the order in which they were sent; on different keys they run side by side. */
export class KeyUses {
  private readonly uses = new Map<ByteString, Uses>();

  /** Whether a request on the keys would meet an earlier one that it must not overtake. */
  conflicts(keys: readonly ByteString[], changes: boolean): boolean {
    if (this.uses.size === 0) return false;
    return keys.some((key) => {
      const uses = this.uses.get(key);
      return uses !== undefined && (changes || uses.changes > 0);
    });
  }

  add(keys: readonly ByteString[], changes: boolean): void {
    for (const key of keys) {
      const uses = this.uses.get(key) ?? { reads: 0, changes: 0 };
      if (changes) uses.changes++;
      else uses.reads++;
      this.uses.set(key, uses);
    }
  }

  remove(keys: readonly ByteString[], changes: boolean): void {
    for (const key of keys) {
      const uses = this.uses.get(key);
      if (uses === undefined) continue;
      if (changes) uses.changes--;
      else uses.reads--;
      if (uses.reads + uses.changes === 0) this.uses.delete(key);
    }
  }
}
