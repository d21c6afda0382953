/** getOrReserve in linearizable mode: a value that is there is read as any other, a missing key is reserved (../reservations.ts). */
import type { ByteString } from '../../bytes.js';
import { touchRecord } from '../../store.js';
import { opcodes, statuses } from '../../wire/requests.js';
import { raisePending } from '../engine-state.js';
import * as reservations from '../reservations.js';
import type { Operation } from './key-change.js';
import { confirmRead } from './reading.js';
import type { RegisterState } from './register.js';
import { redirect } from './requests.js';
import type { Site } from './site.js';
import type { Slot } from './slot.js';

/** Answers the value if there is one; else reserves the key for the client, or has it wait for who loads it. */
export function reserve(site: Site, slot: Slot, key: ByteString, request: Operation, nowMs: number): void {
  const { counters } = site;
  const { client, id } = request;
  const register = slot.records.get(key);
  counters.reads++;
  if (register !== undefined && !register.tombstone && register.expiresAt > nowMs) {
    counters.hits++;
    touchRecord(site.store, register);
    site.requests++;
    const operation = { ...request, opcode: opcodes.get };
    confirmRead(site, slot, key, operation, register.accepted, statuses.ok, register.value, nowMs);
    return;
  }
  counters.misses++;
  reservations.reserve(site, slot.partition, key, client, id, request.number, nowMs);
}

/** A value was chosen: those that wait for somebody to load the key get it. */
export function settled(site: Site, key: ByteString, state: RegisterState | undefined): void {
  if (state?.value === undefined || site.reservations.size === 0) return;
  reservations.settleReservation(site, key, state.value);
  raisePending(site);
}

/** Passes on what has run out; sends those away that wait for partitions led elsewhere. */
export function tickReservations(site: Site, nowMs: number): void {
  reservations.tickReservations(site, site.slots, nowMs, (slot, client, id) =>
    redirect(site, slot, client, id),
  );
}
