/** The task that a Piscina thread runs: one client of a workload, with a connection or a ring's port of its own. */
import type { MessagePort } from 'node:worker_threads';
import type { RespClientOptions } from '../gateway/resp-client.js';
import { drive, type DriverOptions } from './driver.js';
import type { Door, Operation } from './operation.js';
import { openPortDoor } from './port-door.js';
import { openRespDoor } from './resp-door.js';
import type { ClientReport } from './statistics.js';

/** How a client reaches the ring. A port is transferred: it serves this client alone. */
export type Target =
  | {
      readonly type: 'resp';
      readonly host: string;
      readonly port: number;
      readonly options: RespClientOptions;
    }
  | { readonly type: 'port'; readonly port: MessagePort };

export interface WorkloadTask extends DriverOptions {
  readonly operations: readonly Operation[];
  readonly target: Target;
  /** One Int32: how many clients are connected. All start when all are, so that start-up is not measured. */
  readonly ready: SharedArrayBuffer;
}

/** A failure as plain data: Piscina and Comlink lose an error's own properties. */
export type TaskResult =
  | { readonly type: 'report'; readonly report: ClientReport }
  | { readonly type: 'failed'; readonly code: string; readonly message: string };

/** Named export for Piscina. Never rejects for what a user can cause. */
export async function driveClient(task: WorkloadTask): Promise<TaskResult> {
  const ready = new Int32Array(task.ready);
  let door: Door;
  try {
    door = await openDoor(task.target);
  } catch (error) {
    arrive(ready);
    return { type: 'failed', ...describeFailure(error) };
  }
  try {
    arrive(ready);
    await untilAll(ready, task.clients);
    return { type: 'report', report: await drive(task.operations, door, task) };
  } finally {
    await door.close();
  }
}

function openDoor(target: Target): Promise<Door> {
  return target.type === 'resp'
    ? openRespDoor(target.host, target.port, target.options)
    : openPortDoor(target.port);
}

function arrive(ready: Int32Array): void {
  Atomics.add(ready, 0, 1);
  Atomics.notify(ready, 0);
}

async function untilAll(ready: Int32Array, clients: number): Promise<void> {
  for (let arrived = Atomics.load(ready, 0); arrived < clients; arrived = Atomics.load(ready, 0)) {
    await Atomics.waitAsync(ready, 0, arrived).value;
  }
}

function describeFailure(error: unknown): { readonly code: string; readonly message: string } {
  if (!(error instanceof Error)) return { code: 'INTERNAL', message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'INTERNAL';
  return { code, message: error.message };
}
