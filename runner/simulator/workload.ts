/** The workload: clients that put, get, delete and append unique values at a bounded rate, and judge what they read. */
import { RondoError } from '../../src/errors.js';
import type { Random } from '../../src/ports.js';
import { createRandom } from '../../src/random.js';
import { pieceEnd, type ReadChecker } from './checkers/reads.js';
import { pick } from './faults.js';
import type { SimulatedClient } from './simulated-client.js';
import type { World } from './world.js';

export interface WorkloadCounts {
  operations: number;
  succeeded: number;
  /** Begun and not ended. */
  open: number;
}

export interface Workload {
  readonly counts: WorkloadCounts;
  readonly keys: readonly string[];
  /** No new operations begin. */
  stop(): void;
  /** The operations that have been open for longer than their deadline allows. */
  findStuck(): string | undefined;
  /** Reads every key once; resolves with what was read, by key. Rejects when a read fails. */
  readAll(client: SimulatedClient): Promise<ReadonlyMap<string, string | undefined>>;
}

export interface WorkloadPorts {
  readonly reads: ReadChecker;
  violated(detail: string): void;
}

type Operation = 'put' | 'get' | 'delete' | 'append';

interface OpenOperation {
  readonly text: string;
  readonly deadlineMs: number;
}

/** After the deadline, what the client's own timer may be late by. */
const deadlineSlackMs = 1_000;

export function startWorkload(world: World, seed: number, ports: WorkloadPorts): Workload {
  const random = createRandom(`${seed}/workload`);
  const counts: WorkloadCounts = { operations: 0, succeeded: 0, open: 0 };
  const keyCount = pick(random, [5, 40, 200]);
  const keys = Array.from({ length: keyCount }, (_, index) => `key-${index}`);
  const timeoutMs = pick(random, [1_500, 5_000, 10_000]);
  const meanGapMs = pick(random, [100, 400, 1_000]);
  const mix = drawMix(random);
  const open = new Set<OpenOperation>();
  let nextPiece = 0;
  let isStopped = false;

  const operate = (client: SimulatedClient): void => {
    const operation = pick(random, mix);
    const key = pick(random, keys);
    const piece = `${client.number}.${nextPiece++}`;
    const startedMs = world.clock.nowMs();
    const entry: OpenOperation = {
      text: `${operation} of "${key}" by client ${client.number}, begun at ${startedMs}`,
      deadlineMs: startedMs + timeoutMs + deadlineSlackMs,
    };
    open.add(entry);
    counts.operations++;
    counts.open++;
    const ended = (succeeded: boolean): void => {
      open.delete(entry);
      counts.open--;
      if (succeeded) counts.succeeded++;
    };
    const isChange = operation !== 'get';
    const before = ports.reads.expectedValue(key);
    if (isChange) ports.reads.changeBegins(key, operation === 'delete' ? undefined : piece);
    client.run(() => {
      perform(client, operation, key, piece + pieceEnd, timeoutMs).then(
        (read) => {
          ended(true);
          world.trace(
            () => `client ${client.number}: ${operation} ${key} ${isChange ? piece : String(read)}`,
          );
          if (isChange) {
            ports.reads.changeEnds(key, valueAfter(operation, before, piece), true, world.clock.nowMs());
            return;
          }
          const problem = ports.reads.read(key, read, startedMs);
          if (problem !== undefined) ports.violated(problem);
        },
        (error: unknown) => {
          ended(false);
          world.trace(
            () =>
              `client ${client.number}: ${operation} ${key} ${isChange ? piece : ''} failed: ${String(error)}`,
          );
          if (isChange) ports.reads.changeEnds(key, undefined, false, world.clock.nowMs());
          if (!isExpected(error)) ports.violated(`a client's ${operation} ended with ${String(error)}`);
        },
      );
    });
  };
  const loop = (client: SimulatedClient): void => {
    if (isStopped) return;
    operate(client);
    world.clock.set(() => loop(client), meanGapMs * 2 * random());
  };
  for (const client of world.clients) world.clock.set(() => loop(client), 100 + random() * 1_000);

  return {
    counts,
    keys,
    stop: () => void (isStopped = true),
    findStuck() {
      const now = world.clock.nowMs();
      for (const { text, deadlineMs } of open) if (deadlineMs < now) return text;
      return undefined;
    },
    async readAll(client) {
      const found = new Map<string, string | undefined>();
      const reads: Promise<void>[] = [];
      client.run(() => {
        for (const key of keys) {
          reads.push(
            client.ring.getString(key, { timeoutMs: 10_000 }).then((value) => void found.set(key, value)),
          );
        }
      });
      await Promise.all(reads);
      return found;
    },
  };
}

async function perform(
  client: SimulatedClient,
  operation: Operation,
  key: string,
  value: string,
  timeoutMs: number,
): Promise<string | undefined> {
  const options = { timeoutMs };
  switch (operation) {
    case 'get':
      return client.ring.getString(key, options);
    case 'put':
      await client.ring.put(key, value, options);
      return undefined;
    case 'delete':
      await client.ring.delete(key, options);
      return undefined;
    case 'append':
      await client.ring.append(key, value, options);
      return undefined;
  }
}

function valueAfter(operation: Operation, before: string | undefined, piece: string): string | undefined {
  if (operation === 'delete') return undefined;
  return operation === 'append' ? (before ?? '') + piece + pieceEnd : piece + pieceEnd;
}

/** Values must not grow without end: a mix with appends has at least as many puts and deletes. */
function drawMix(random: Random): readonly Operation[] {
  return pick<readonly Operation[]>(random, [
    ['put', 'get'],
    ['put', 'get', 'get', 'delete'],
    ['put', 'put', 'get', 'get', 'get', 'delete', 'append', 'append'],
    ['put', 'append', 'delete', 'get'],
  ]);
}

/** What a client may answer while nodes crash and messages get lost. */
function isExpected(error: unknown): boolean {
  return error instanceof RondoError && ['NOQUORUM', 'UNKNOWN', 'TIMEOUT', 'BUSY'].includes(error.code);
}
