/** The work of `bench`: puts the records, plays the workload through parallel clients, prints what was measured. */
import { loadOperations, runOperations, type CoreWorkload } from '../workload/core-workloads.js';
import type { Operation } from '../workload/operation.js';
import { runClients, type RunResult } from '../workload/run-clients.js';
import type { BenchFlags } from './commands/bench.js';
import type { Context } from './context.js';
import { exitCodes } from './exit-code.js';
import { judge, report } from './judge.js';
import { reachOf } from './reach.js';
import { describeRun, writeHistory } from './run-report.js';

/** Of the load, which is not what is measured. */
const loadOutstanding = 64;

export async function runBench(options: BenchFlags, context: Context): Promise<void> {
  const { output } = context;
  const { records, operations, clients, valueBytes, seed } = options;
  const workload: CoreWorkload = {
    name: options.workload,
    records,
    operations,
    clients,
    valueBytes,
    seed,
  };
  // Asks once before threads start: a wrong address is told at once, in the words of every other command.
  await context.withSession(options, (session) => session.call('PING'));
  const load = options.skipLoad ? undefined : await play(options, loadOperations(workload), loadOutstanding);
  if (load !== undefined) {
    if (options.json) output.json({ event: 'load', ...load.summary });
    else output.data(`load        ${load.summary.operations} records, ${load.summary.errors} errors`);
  }
  const run = await play(options, runOperations(workload), options.outstanding);
  const history = [...(load?.history ?? []), ...run.history];
  if (options.history !== undefined) await writeHistory(options.history, history);
  const judged = options.check ? judge(history, options.cache === true) : undefined;
  if (options.json) {
    output.json({ workload: options.workload, ...run.summary, ...(judged && { verdict: judged.verdict }) });
  } else {
    output.data(`workload    ${options.workload}`);
    for (const line of describeRun(run.summary)) output.data(line);
  }
  if (judged !== undefined) report(judged, context, options.json === true);
  const first = load?.summary.firstError ?? run.summary.firstError;
  if (first === null) return;
  if (!options.json) output.note(`operations failed; the first: ${first}`);
  context.setExitCode(exitCodes.failure);
}

function play(
  options: BenchFlags,
  clients: readonly (readonly Operation[])[],
  outstanding: number,
): Promise<RunResult> {
  const reach = reachOf(options);
  return runClients({
    clients,
    target: () => ({ type: 'resp', ...reach }),
    outstanding,
    speed: 'max',
    history: options.history !== undefined || options.check === true,
  });
}
