/** The work of `replay`: loads all files, plays them through parallel clients, prints what was measured. */
import { RondoError } from '../../src/errors.js';
import { dealOperations } from '../replay/deal.js';
import { loadFile, type LoadedFile } from '../replay/load-workload.js';
import { runClients } from '../workload/run-clients.js';
import type { ReplayFlags } from './commands/replay.js';
import type { Context } from './context.js';
import { exitCodes } from './exit-code.js';
import { judge, report } from './judge.js';
import { reachOf } from './reach.js';
import { describeRun, writeHistory } from './run-report.js';

const problemsShown = 10;

/** Nothing is sent before every line of every file has been read. */
export async function runReplay(
  files: readonly string[],
  options: ReplayFlags,
  context: Context,
): Promise<void> {
  const { output } = context;
  const loaded: LoadedFile[] = [];
  for (const file of files)
    loaded.push(await loadFile(file, { format: options.format, existing: options.existing }));
  if (options.existing === 'append' && loaded.some((file) => file.format !== 'chordify')) {
    throw new RondoError(
      'INVALID_ARGUMENT',
      '--existing append is for files of the chordify format; the others say themselves what they append',
    );
  }
  if (!areWhole(loaded, options, context)) return;
  const clients = dealOperations(
    loaded.map((file) => file.operations),
    options.clients,
  );
  if (options.speed !== 'max') requireTimes(loaded);
  // Asks once before threads start: a wrong address is told at once, in the words of every other command.
  await context.withSession(options, (session) => session.call('PING'));
  const reach = reachOf(options);
  const result = await runClients({
    clients,
    target: () => ({ type: 'resp', ...reach }),
    outstanding: options.outstanding,
    speed: options.speed,
    history: options.history !== undefined || options.check === true,
  });
  if (options.history !== undefined) await writeHistory(options.history, result.history);
  const broken = loaded.reduce((sum, file) => sum + file.broken, 0);
  const judged = options.check ? judge(result.history, options.cache === true || expires(loaded)) : undefined;
  if (options.json) output.json({ ...result.summary, broken, ...(judged && { verdict: judged.verdict }) });
  else for (const line of describeRun(result.summary)) output.data(line);
  if (judged !== undefined) report(judged, context, options.json === true);
  if (result.summary.errors > 0) {
    if (!options.json)
      output.note(
        `${result.summary.errors} operations failed; the first: ${result.summary.firstError ?? ''}`,
      );
    context.setExitCode(exitCodes.failure);
  }
}

/** Records that a run gives a lifetime become absent by themselves. */
function expires(loaded: readonly LoadedFile[]): boolean {
  return loaded.some((file) =>
    file.operations.some((operation) => operation.type === 'put' && operation.ttlMs > 0),
  );
}

/** False, with the first problems printed, when a line is broken and may not be skipped: nothing has been sent. */
function areWhole(loaded: readonly LoadedFile[], options: ReplayFlags, context: Context): boolean {
  const broken = loaded.reduce((sum, file) => sum + file.broken, 0);
  if (broken === 0) return true;
  if (options.skipBroken) {
    context.output.note(
      `${broken} broken lines skipped; the first: ${loaded.flatMap((file) => file.problems)[0] ?? ''}`,
    );
    return true;
  }
  for (const message of loaded.flatMap((file) => file.problems).slice(0, problemsShown))
    context.output.note(message);
  context.output.note(
    `${broken} broken lines, nothing was sent: mend them, or go on without them by --skip-broken`,
  );
  context.setExitCode(exitCodes.failure);
  return false;
}

function requireTimes(loaded: readonly LoadedFile[]): void {
  const without = loaded.find((file) => file.operations.some((operation) => operation.atNs === undefined));
  if (without === undefined) return;
  throw new RondoError(
    'INVALID_ARGUMENT',
    `${without.file} holds no times to keep (${without.format}): leave --speed at max`,
  );
}
