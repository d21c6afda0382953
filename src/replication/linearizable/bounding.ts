/** Capacity and expiry: what a leader removes, as changes like any other (docs/design/replication.md, 3). */
import { emptyBytes } from '../../bytes.js';
import { bytesOf, type StoredRecord } from '../../store.js';
import { changeKey } from './changing.js';
import { evictOpcode, type Operation } from './key-change.js';
import { operationOfRead } from './reading.js';
import type { Register } from './register.js';
import { nobody } from './requests.js';
import type { Site } from './site.js';
import type { Slot } from './slot.js';
import { requestMsMax } from './timing.js';

/** Registers that one turn begins to evict at most, and that a tick looks at for expiry, about. */
const evictedAtOnce = 256;
const sweptAtOnce = 4_096;

/** Begins to evict the least recently used registers led here, as many as the store is above its bounds. */
export function enforceBounds(site: Site, nowMs: number): void {
  const { store } = site;
  if (!store.bounded) return;
  let entries = store.ledEntries - store.maxEntries - site.evicting;
  let bytes = store.ledBytes - store.maxBytes;
  let left = evictedAtOnce - site.evicting;
  for (let victim = store.oldest; victim !== undefined && left > 0;) {
    if (entries <= 0 && bytes <= 0) return;
    const next: StoredRecord | undefined = victim.newer;
    const slot = site.slots[victim.shelf.partition];
    const register = slot?.records.get(victim.key);
    if (slot !== undefined && register !== undefined && !slot.changes.has(register.key)) {
      entries--;
      left--;
      evict(site, slot, register, nowMs);
    }
    bytes -= bytesOf(victim.key, victim.value);
    victim = next;
  }
}

/** Removes expired registers of led partitions that nobody asks for, some partitions a call. */
export function sweepExpired(site: Site, nowMs: number): void {
  let left = sweptAtOnce;
  for (const slot of site.known) {
    if (!slot.led || slot.earliestExpiry > nowMs || site.swept.has(slot)) continue;
    if (left <= 0) return;
    site.swept.add(slot);
    left -= slot.records.size;
    slot.earliestExpiry = Infinity;
    for (const register of slot.records.values()) {
      if (register.tombstone) continue;
      if (register.expiresAt <= nowMs && !slot.changes.has(register.key)) expire(site, slot, register, nowMs);
      slot.earliestExpiry = Math.min(slot.earliestExpiry, register.expiresAt);
    }
  }
  site.swept.clear();
}

function evict(site: Site, slot: Slot, register: Register, nowMs: number): void {
  site.evicting++;
  site.requests++;
  site.counters.evictions++;
  const operation: Operation = {
    client: nobody,
    id: 0,
    opcode: evictOpcode,
    flags: 0,
    moves: 0,
    value: emptyBytes,
    number: register.version,
    untilMs: nowMs + requestMsMax,
    heard: () => site.evicting--,
  };
  changeKey(site, slot, register.key, operation, nowMs, false);
}

/** A read of an expired register writes its end. */
function expire(site: Site, slot: Slot, register: Register, nowMs: number): void {
  site.requests++;
  site.counters.expirations++;
  changeKey(site, slot, register.key, operationOfRead(nobody, 0, nowMs), nowMs, false);
}
