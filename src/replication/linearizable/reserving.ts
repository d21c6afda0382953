/**
 * Reservations of getOrReserve in linearizable mode: one client loads a missing key, the others wait for its put. They
 * belong to the leader that gave them: a new leader gives new ones, and then a key may be loaded twice.
 */
import { emptyBytes, trustBytes, type ByteString } from '../../bytes.js';
import { touchRecord } from '../../store.js';
import { opcodes, statuses } from '../../wire/requests.js';
import type { Reservation } from '../replica.js';
import type { Operation } from './key-change.js';
import { confirmRead } from './reading.js';
import type { RegisterState } from './register.js';
import { redirect } from './requests.js';
import { raisePending, type Site } from './site.js';
import type { Slot } from './slot.js';

/** Keys reserved, and clients waiting for one key, at most. */
const reservationsMax = 65_536;
const defaultReservationMs = 30_000;

/** Answers the value if there is one; else reserves the key for the client, or has it wait for who loads it. */
export function reserve(site: Site, slot: Slot, key: ByteString, request: Operation, nowMs: number): void {
  const { environment, counters } = site;
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
  const reservationMs = request.number > 0 ? request.number : defaultReservationMs;
  const reservation = site.reservations.get(key);
  if (reservation !== undefined && reservation.untilMs > nowMs) {
    if (reservation.waiting.length < reservationsMax) reservation.waiting.push({ client, id, reservationMs });
    else environment.reply(client, id, statuses.busy, 'too many wait for the key');
  } else if (reservation !== undefined) {
    reservation.holder = client;
    reservation.untilMs = nowMs + reservationMs;
    environment.reply(client, id, statuses.reserved, '');
  } else if (site.reservations.size >= reservationsMax) {
    environment.reply(client, id, statuses.busy, 'too many keys are being loaded');
  } else {
    const untilMs = nowMs + reservationMs;
    site.reservations.set(key, { partition: slot.partition, holder: client, untilMs, waiting: [] });
    environment.reply(client, id, statuses.reserved, '');
  }
  raisePending(site);
}

/** The holder could not load the key: whoever waits next has the reservation at once. */
export function giveBack(site: Site, key: ByteString, client: number, id: number, nowMs: number): void {
  const reservation = site.reservations.get(key);
  if (reservation?.holder === client) passOn(site, key, reservation, nowMs);
  site.environment.reply(client, id, statuses.absent, emptyBytes);
}

/** A value was chosen: those that wait for somebody to load the key get it. */
export function settled(site: Site, key: ByteString, state: RegisterState | undefined): void {
  if (state?.value === undefined || site.reservations.size === 0) return;
  const reservation = site.reservations.get(key);
  if (reservation === undefined) return;
  site.reservations.delete(key);
  for (const { client, id } of reservation.waiting) {
    site.environment.reply(client, id, statuses.ok, state.value);
  }
  raisePending(site);
}

/** Passes on what has run out; sends those away that wait for partitions led elsewhere. */
export function tickReservations(site: Site, nowMs: number): void {
  for (const [key, reservation] of site.reservations) {
    const slot = site.slots[reservation.partition];
    if (slot?.led === true) {
      if (reservation.untilMs <= nowMs) passOn(site, trustBytes(key), reservation, nowMs);
      continue;
    }
    site.reservations.delete(key);
    if (slot !== undefined)
      for (const { client, id } of reservation.waiting) redirect(site, slot, client, id);
  }
}

/** A client is gone: it waits no more, and what it had reserved goes to the next. */
export function releaseReservations(site: Site, client: number): void {
  const nowMs = site.environment.clock.nowMs();
  for (const [key, reservation] of site.reservations) {
    const staying = reservation.waiting.filter((waiter) => waiter.client !== client);
    reservation.waiting.splice(0, reservation.waiting.length, ...staying);
    if (reservation.holder === client) passOn(site, key, reservation, nowMs);
  }
}

function passOn(site: Site, key: ByteString, reservation: Reservation, nowMs: number): void {
  const next = reservation.waiting.shift();
  if (next === undefined) {
    site.reservations.delete(key);
    return;
  }
  reservation.holder = next.client;
  reservation.untilMs = nowMs + next.reservationMs;
  site.environment.reply(next.client, next.id, statuses.reserved, '');
}
