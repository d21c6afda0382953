/** Reservations of getOrReserve: one client loads a missing key, the others wait for its put or for the reservation's end. */
import type { ByteString } from '../bytes.js';
import { statuses } from '../wire/requests.js';
import { raisePending, type PartitionState, type Replica, type Reservation } from './replica.js';
import { redirect } from './redirecting.js';

/** Keys reserved, and clients waiting for one key, at most. */
export const reservationsMax = 65_536;
const defaultReservationMs = 30_000;

/** The key is missing: reserves it for the client, or has the client wait for who loads it. */
export function reserve(
  replica: Replica,
  partition: PartitionState,
  key: ByteString,
  client: number,
  id: number,
  askedMs: number,
  nowMs: number,
): void {
  const { reply, detach } = replica.environment;
  const reservationMs = askedMs > 0 ? askedMs : defaultReservationMs;
  const reservation = replica.reservations.get(key);
  if (reservation !== undefined && reservation.untilMs > nowMs) {
    if (reservation.waiting.length >= reservationsMax)
      reply(client, id, statuses.busy, 'too many wait for the key');
    else reservation.waiting.push({ client, id, reservationMs });
    return;
  }
  if (reservation === undefined && replica.reservations.size >= reservationsMax) {
    reply(client, id, statuses.busy, 'too many keys are being loaded');
    return;
  }
  const untilMs = nowMs + reservationMs;
  if (reservation === undefined) {
    const waiting: Reservation['waiting'] = [];
    replica.reservations.set(detach(key), {
      partition: partition.partition,
      holder: client,
      untilMs,
      waiting,
    });
  } else {
    reservation.holder = client;
    reservation.untilMs = untilMs;
  }
  reply(client, id, statuses.reserved, '');
  raisePending(replica);
}

/** The holder could not load the key: whoever waits next has the reservation at once, not when it runs out. */
export function giveBack(replica: Replica, key: ByteString, client: number, id: number, nowMs: number): void {
  const reservation = replica.reservations.get(key);
  if (reservation?.holder === client) passOn(replica, key, reservation, nowMs);
  replica.environment.reply(client, id, statuses.absent, '');
}

/** The key was put: all that wait for it get the value. */
export function settleReservation(replica: Replica, key: ByteString, value: ByteString): void {
  const reservation = replica.reservations.get(key);
  if (reservation === undefined) return;
  replica.reservations.delete(key);
  for (const { client, id } of reservation.waiting) replica.environment.reply(client, id, statuses.ok, value);
}

/** Gives reservations that have run out to the next who waits; redirects those that wait for partitions led elsewhere. */
export function tickReservations(replica: Replica, nowMs: number): void {
  for (const [key, reservation] of replica.reservations) {
    const partition = replica.partitions[reservation.partition];
    if (partition === undefined || !partition.led) {
      replica.reservations.delete(key);
      if (partition === undefined) continue;
      for (const { client, id } of reservation.waiting) redirect(replica, client, id, partition);
    } else if (reservation.untilMs <= nowMs) passOn(replica, key, reservation, nowMs);
  }
}

/** A client is gone: it waits no more, and what it had reserved goes to the next. */
export function releaseReservations(replica: Replica, client: number): void {
  const nowMs = replica.environment.clock.nowMs();
  for (const [key, reservation] of replica.reservations) {
    const staying = reservation.waiting.filter((waiter) => waiter.client !== client);
    reservation.waiting.splice(0, reservation.waiting.length, ...staying);
    if (reservation.holder === client) passOn(replica, key, reservation, nowMs);
  }
}

function passOn(replica: Replica, key: ByteString, reservation: Reservation, nowMs: number): void {
  const next = reservation.waiting.shift();
  if (next === undefined) {
    replica.reservations.delete(key);
    return;
  }
  reservation.holder = next.client;
  reservation.untilMs = nowMs + next.reservationMs;
  replica.environment.reply(next.client, next.id, statuses.reserved, '');
}
