/** Runs the clients of a workload in parallel on Piscina's threads and merges what they measured. */
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { RondoError } from '../../src/errors.js';
import type { Operation } from './operation.js';
import { summarize, type RunSummary } from './statistics.js';
import type { Target, TaskResult, WorkloadTask } from './task.js';

export interface RunOptions {
  /** The operations of each client. */
  readonly clients: readonly (readonly Operation[])[];
  /** Asked once for each client: a port serves one only. */
  readonly target: (client: number) => Target;
  readonly outstanding: number;
  readonly speed: number | 'max';
  readonly history: boolean;
}

export interface RunResult {
  readonly summary: RunSummary;
  /** History lines, client by client. */
  readonly history: readonly string[];
}

/**
 * Plays every client's operations; all start at once, when all are connected. Rejects with a RondoError when a client
 * cannot connect; failed operations are counted, not thrown.
 */
export async function runClients(options: RunOptions): Promise<RunResult> {
  const clients = options.clients.length;
  const threads = Math.min(clients, availableParallelism());
  const pool = new Piscina<WorkloadTask, TaskResult>({
    filename: new URL('./task.js', import.meta.url).href,
    name: 'driveClient',
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: Math.ceil(clients / threads),
    // Clients wait for sockets and ports: a thread frozen between tasks would never hear them.
    atomics: 'disabled',
  });
  const ready = new SharedArrayBuffer(4);
  try {
    const results = await Promise.all(
      options.clients.map((operations, client) => {
        const target = options.target(client);
        const task: WorkloadTask = {
          operations,
          target,
          ready,
          client,
          clients,
          outstanding: options.outstanding,
          speed: options.speed,
          history: options.history,
        };
        return pool.run(task, target.type === 'port' ? { transferList: [target.port] } : {});
      }),
    );
    const reports = results.map((result) => {
      if (result.type === 'report') return result.report;
      throw new RondoError(result.code === 'CONNECTION' ? 'CONNECTION' : 'INTERNAL', result.message);
    });
    return { summary: summarize(reports), history: reports.flatMap((report) => report.history) };
  } finally {
    await pool.destroy();
  }
}
