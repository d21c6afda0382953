/** The driver: one client that plays its operations through a door, in closed loop or at the times of a recording. */
import type { RecordableHistogram } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { HistoryClient, historyLine } from './history.js';
import type { Door, Operation, Outcome } from './operation.js';
import { createLatencyHistogram, type ClientReport } from './statistics.js';

export interface DriverOptions {
  /** Operations under way at once. 1 keeps their order; more do not. */
  readonly outstanding: number;
  /** `max`: the next operation follows the last answer. A number: recorded times, that many times as fast. */
  readonly speed: number | 'max';
  /** The number of this client and how many there are: they number the history's clients. */
  readonly client: number;
  readonly clients: number;
  readonly history: boolean;
}

/**
 * Plays all operations and resolves with what was measured; never rejects for a failed operation. In a paced run an
 * operation's latency counts from the moment at which it was due, so a stalled ring cannot hide the wait that it causes.
 */
export async function drive(
  operations: readonly Operation[],
  door: Door,
  options: DriverOptions,
): Promise<ClientReport> {
  const tally = new Tally();
  const origin = firstTime(operations);
  const startNs = nowNs();
  let next = 0;
  /** Waits for an operation's time; answers the time from which its latency counts (a timer's own lateness does not). */
  const untilDue = async (operation: Operation): Promise<number> => {
    if (options.speed === 'max') return Infinity;
    const dueNs = startNs + ((operation.atNs ?? origin) - origin) / options.speed;
    let waitNs = dueNs - nowNs();
    if (waitNs <= 0) return dueNs;
    // A timer may fire a little early.
    for (; waitNs > 0; waitNs = dueNs - nowNs()) await pause(Math.ceil(waitNs / 1e6));
    return Infinity;
  };
  const lane = async (index: number): Promise<void> => {
    const historyClient = new HistoryClient(
      options.client * options.outstanding + index,
      options.clients * options.outstanding,
    );
    for (let operation = operations[next++]; operation !== undefined; operation = operations[next++]) {
      const dueNs = await untilDue(operation);
      const sentNs = nowNs();
      const outcome = await door.perform(operation);
      const endNs = nowNs();
      tally.count(outcome, endNs - Math.min(dueNs, sentNs));
      if (options.history) {
        const line = historyLine(historyClient.numberFor(outcome), operation, outcome, sentNs, endNs);
        if (line !== undefined) tally.history.push(line);
      }
    }
  };
  await Promise.all(Array.from({ length: options.outstanding }, (_, index) => lane(index)));
  return tally.report(startNs, nowNs(), door.hops());
}

/** Nanoseconds of `process.hrtime` as a number: exact to a few tens of nanoseconds, ample for a latency. */
export function nowNs(): number {
  return Number(process.hrtime.bigint());
}

class Tally {
  readonly history: string[] = [];
  readonly #latency: RecordableHistogram = createLatencyHistogram();
  readonly #codes = new Map<string, number>();
  #operations = 0;
  #errors = 0;
  #hits = 0;
  #misses = 0;
  #firstError: string | undefined;

  count(outcome: Outcome, tookNs: number): void {
    this.#operations++;
    this.#latency.record(Math.max(1, Math.round(tookNs)));
    if (outcome.type === 'value') {
      if (outcome.value === undefined) this.#misses++;
      else this.#hits++;
    } else if (outcome.type === 'failed') {
      this.#errors++;
      this.#firstError ??= outcome.message;
      this.#codes.set(outcome.code, (this.#codes.get(outcome.code) ?? 0) + 1);
    }
  }

  report(startNs: number, endNs: number, hops: ClientReport['hops']): ClientReport {
    return {
      operations: this.#operations,
      errors: this.#errors,
      errorsByCode: this.#codes,
      firstError: this.#firstError,
      hits: this.#hits,
      misses: this.#misses,
      startNs,
      endNs,
      latency: this.#latency,
      hops,
      history: this.history,
    };
  }
}

function firstTime(operations: readonly Operation[]): number {
  let first = Infinity;
  for (const operation of operations) first = Math.min(first, operation.atNs ?? Infinity);
  return first === Infinity ? 0 : first;
}
