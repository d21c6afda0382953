/**
 * Reservations of getOrReserve: one client loads a missing key, the others wait for its put or for the reservation's end. They
 * belong to the leader that gave them: a new leader gives new ones, and then a key may be loaded twice.
 */
import type { ByteString } from '../bytes.js';
import type { Shelf } from '../store.js';
import { statuses } from '../wire/requests.js';
import { raisePending, type EngineState, type Reservation } from './engine-state.js';

/** Keys reserved, and clients waiting for one key, at most. */
const reservationsMax = 65_536;
const defaultReservationMs = 30_000;

/** The key is missing: reserves it for the client, or has the client wait for who loads it. */
export function reserve(
  state: EngineState,
  partition: number,
  key: ByteString,
  client: number,
  id: number,
  askedMs: number,
  nowMs: number,
): void {
  const { reply, detach } = state.environment;
  const reservationMs = askedMs > 0 ? askedMs : defaultReservationMs;
  const reservation = state.reservations.get(key);
  if (reservation !== undefined && reservation.untilMs > nowMs) {
    if (reservation.waiting.length >= reservationsMax)
      reply(client, id, statuses.busy, 'too many wait for the key');
    else reservation.waiting.push({ client, id, reservationMs });
    return;
  }
  if (reservation === undefined && state.reservations.size >= reservationsMax) {
    reply(client, id, statuses.busy, 'too many keys are being loaded');
    return;
  }
  const untilMs = nowMs + reservationMs;
  if (reservation === undefined) {
    state.reservations.set(detach(key), { partition, holder: client, untilMs, waiting: [] });
  } else {
    reservation.holder = client;
    reservation.untilMs = untilMs;
  }
  reply(client, id, statuses.reserved, '');
  raisePending(state);
}

/** The holder could not load the key: whoever waits next has the reservation at once, not when it runs out. */
export function giveBack(
  state: EngineState,
  key: ByteString,
  client: number,
  id: number,
  nowMs: number,
): void {
  const reservation = state.reservations.get(key);
  if (reservation?.holder === client) passOn(state, key, reservation, nowMs);
  state.environment.reply(client, id, statuses.absent, '');
}

/** The key was put: all that wait for it get the value. */
export function settleReservation(state: EngineState, key: ByteString, value: ByteString): void {
  const reservation = state.reservations.get(key);
  if (reservation === undefined) return;
  state.reservations.delete(key);
  for (const { client, id } of reservation.waiting) state.environment.reply(client, id, statuses.ok, value);
}

/** Passes on what has run out; redirects those that wait for partitions led elsewhere. `shelves` are by partition. */
export function tickReservations<Held extends Shelf>(
  state: EngineState,
  shelves: readonly (Held | undefined)[],
  nowMs: number,
  redirect: (shelf: Held, client: number, id: number) => void,
): void {
  for (const [key, reservation] of state.reservations) {
    const shelf = shelves[reservation.partition];
    if (shelf?.led === true) {
      if (reservation.untilMs <= nowMs) passOn(state, key, reservation, nowMs);
      continue;
    }
    state.reservations.delete(key);
    if (shelf !== undefined) for (const { client, id } of reservation.waiting) redirect(shelf, client, id);
  }
}

/** A client is gone: it waits no more, and what it had reserved goes to the next. */
export function releaseReservations(state: EngineState, client: number): void {
  const nowMs = state.environment.clock.nowMs();
  for (const [key, reservation] of state.reservations) {
    const staying = reservation.waiting.filter((waiter) => waiter.client !== client);
    reservation.waiting.splice(0, reservation.waiting.length, ...staying);
    if (reservation.holder === client) passOn(state, key, reservation, nowMs);
  }
}

function passOn(state: EngineState, key: ByteString, reservation: Reservation, nowMs: number): void {
  const next = reservation.waiting.shift();
  if (next === undefined) {
    state.reservations.delete(key);
    return;
  }
  reservation.holder = next.client;
  reservation.untilMs = nowMs + next.reservationMs;
  state.environment.reply(next.client, next.id, statuses.reserved, '');
}
