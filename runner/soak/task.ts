/** The main of a soak's client thread: lanes that draw operations, perform them and record what they observed. */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { threadResources, type ThreadResources } from '../../actors/thread-resources.js';
import { createRandom } from '../../src/random.js';
import { nowNs } from '../workload/driver.js';
import { HistoryClient, historyLine } from '../workload/history.js';
import { bytesOfContent, type Operation, type Outcome } from '../workload/operation.js';
import { openPortDoor } from '../workload/port-door.js';
import { generationOf, ledgerKeys, operationsPerGeneration, Planner } from './plan.js';

export interface ClientTask {
  readonly port: MessagePort;
  readonly seed: number;
  readonly thread: number;
  readonly threads: number;
  readonly lanes: number;
  readonly partitions: number;
  /** Int32: operations begun by all threads; the number at which to end. */
  readonly progress: SharedArrayBuffer;
}

/** What a client thread says: of each generation once, when none of its operations is under way any more; and at the end. */
export type ClientReport =
  | {
      readonly type: 'generation';
      readonly generation: number;
      readonly history: readonly string[];
      readonly resources: ThreadResources;
    }
  | {
      readonly type: 'end';
      /** By counter of the ledger: increments that were acknowledged, and that may have happened. */
      readonly acknowledged: readonly number[];
      readonly unknown: readonly number[];
      readonly operations: number;
      readonly errorsByCode: ReadonlyMap<string, number>;
      readonly firstErrors: readonly string[];
    };

const firstErrorsMax = 5;

async function run(task: ClientTask): Promise<void> {
  const { seed, thread, threads, lanes, partitions } = task;
  const progress = new Int32Array(task.progress);
  const ledger = ledgerKeys(partitions);
  const acknowledged = ledger.map(() => 0);
  const unknown = ledger.map(() => 0);
  const errorsByCode = new Map<string, number>();
  const firstErrors: string[] = [];
  const histories = new Map<number, string[]>();
  const underWay = new Map<number, number>();
  let operations = 0;
  let told = 0;
  const door = await openPortDoor(task.port);

  const tell = (report: ClientReport): void => parentPort?.postMessage(report);
  /** Generations of which no operation can begin any more, and none is under way. */
  const tellEnded = (isEnd: boolean): void => {
    const begun = isEnd ? Infinity : Math.min(Atomics.load(progress, 0), Atomics.load(progress, 1));
    const last = isEnd ? generationOf(Math.max(0, Atomics.load(progress, 1) - 1)) : Infinity;
    while (told <= last && begun >= (told + 1) * operationsPerGeneration && (underWay.get(told) ?? 0) === 0) {
      const history = histories.get(told) ?? [];
      tell({
        type: 'generation',
        generation: told,
        history,
        resources: threadResources(`client ${thread}`),
      });
      histories.delete(told);
      underWay.delete(told++);
    }
  };

  const failed = (outcome: Outcome): void => {
    if (outcome.type !== 'failed') return;
    errorsByCode.set(outcome.code, (errorsByCode.get(outcome.code) ?? 0) + 1);
    if (firstErrors.length < firstErrorsMax) firstErrors.push(outcome.message);
  };

  const lane = async (index: number): Promise<void> => {
    const name = `${thread}.${index}`;
    const planner = new Planner(createRandom(`${seed}/${name}`), name, ledger);
    const client = new HistoryClient(thread * lanes + index, threads * lanes);
    for (;;) {
      const number = Atomics.add(progress, 0, 1);
      if (number >= Atomics.load(progress, 1)) return;
      const generation = generationOf(number);
      underWay.set(generation, (underWay.get(generation) ?? 0) + 1);
      const { operation, counter } = planner.next(generation);
      const startNs = nowNs();
      const outcome = await door.perform(operation);
      const endNs = nowNs();
      operations++;
      failed(outcome);
      noteSeen(planner, operation, outcome);
      if (counter !== undefined) {
        if (outcome.type === 'done') acknowledged[counter] = (acknowledged[counter] ?? 0) + 1;
        else if (outcome.type === 'failed' && outcome.unknown) unknown[counter] = (unknown[counter] ?? 0) + 1;
      } else {
        const line = historyLine(client.numberFor(outcome), operation, outcome, startNs, endNs);
        const history = histories.get(generation) ?? [];
        histories.set(generation, history);
        if (line !== undefined) history.push(line);
      }
      underWay.set(generation, (underWay.get(generation) ?? 1) - 1);
      tellEnded(false);
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, index) => lane(index)));
  tellEnded(true);
  tell({ type: 'end', acknowledged, unknown, operations, errorsByCode, firstErrors });
  await door.close();
}

function noteSeen(planner: Planner, operation: Operation, outcome: Outcome): void {
  if (outcome.type === 'value') planner.saw(operation.key, outcome.value);
  else if (outcome.type === 'refused') planner.saw(operation.key, outcome.actual);
  else if (outcome.type === 'done' && outcome.output === true) {
    if (operation.type === 'put' || operation.type === 'compareAndSet')
      planner.saw(operation.key, bytesOfContent(operation.value));
  }
}

await run(workerData as ClientTask);
