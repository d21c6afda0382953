/** The work of `check`: reads a history, judges it, and shows what cannot be explained. */
import { writeFile } from 'node:fs/promises';
import { textFromBytes } from '../../src/bytes.js';
import { RondoError } from '../../src/errors.js';
import { checkHistory, type HistoryVerdict, type KeyFailure } from '../check/check-history.js';
import { showOperation, showTimes } from '../check/conflict.js';
import { loadHistory, type History } from '../check/load-history.js';
import { timelinePage, whySentence } from '../check/timeline.js';
import type { CheckFlags } from './commands/check.js';
import type { Context } from './context.js';
import { exitCodes, type ExitCode } from './exit-code.js';

export const verdictExitCodes: Readonly<Record<HistoryVerdict['verdict'], ExitCode>> = {
  ok: exitCodes.ok,
  illegal: exitCodes.checkFailed,
  unknown: exitCodes.failure,
};

/** Operations of a failing part that are printed; the picture has more. */
const printedMax = 20;

export async function runCheck(file: string, options: CheckFlags, context: Context): Promise<void> {
  const { output } = context;
  const history = await loadHistory(file);
  if (history.broken > 0) {
    for (const message of history.problems) output.note(message);
    output.note(`${history.broken} broken lines: nothing was judged`);
    context.setExitCode(exitCodes.failure);
    return;
  }
  const verdict = checkHistory(history, {
    cache: options.cache === true,
    preloaded: options.preloaded === true,
  });
  if (options.json) output.json(verdictJson(history, verdict));
  else for (const line of describeVerdict(history, verdict)) output.data(line);
  if (options.html !== undefined) await writePicture(options.html, verdict.failures[0], context);
  context.setExitCode(verdictExitCodes[verdict.verdict]);
}

async function writePicture(
  file: string,
  failure: KeyFailure | undefined,
  { output }: Context,
): Promise<void> {
  if (failure === undefined) {
    output.note(`nothing fails: ${file} is not written`);
    return;
  }
  await writeFile(file, timelinePage(failure)).catch((error: unknown) => {
    throw new RondoError('NOT_FOUND', `${file}: the picture cannot be written (${String(error)})`, {
      cause: error,
    });
  });
}

/** Lines of `name  value`, then each failing part with its operations. */
export function describeVerdict(history: History, verdict: HistoryVerdict): readonly string[] {
  const { keys } = verdict;
  const dropped = history.dropped === 0 ? '' : `; ${history.dropped} lines say nothing`;
  return [
    `verdict     ${verdict.verdict}`,
    `operations  ${history.operations} on ${history.keys.size} keys${dropped}`,
    `keys        ${keys.ok} ok, ${keys.illegal} illegal, ${keys.unknown} unknown`,
    ...verdict.failures.flatMap(describeFailure),
    ...verdict.undecided
      .slice(0, printedMax)
      .map(({ key, observed, why }) => `unknown     ${shown(key)}, ${observed} operations: ${why}`),
  ];
}

function describeFailure(failure: KeyFailure): readonly string[] {
  const { operations, observed, key, culprit } = failure;
  const lines = operations.slice(0, printedMax).map((operation) => {
    const mark = operation.line === culprit.line ? '>' : ' ';
    return `  ${mark} line ${operation.line}, client ${operation.client}: ${showOperation(operation)} ${showTimes(operation)}`;
  });
  const more = operations.length - lines.length;
  return [
    `illegal     ${shown(key)}: ${operations.length} of its ${observed} operations contradict each other`,
    `  ${whySentence(failure)}`,
    ...lines,
    ...(more > 0 ? [`    and ${more} more`] : []),
  ];
}

function verdictJson(history: History, { verdict, keys, failures, undecided }: HistoryVerdict): unknown {
  return {
    verdict,
    operations: history.operations,
    dropped: history.dropped,
    keys,
    failures: failures.map((failure) => ({
      key: textFromBytes(failure.key),
      operations: failure.observed,
      why: whySentence(failure),
      culprit: failure.culprit.line,
      part: failure.operations.map((operation) => ({
        line: operation.line,
        client: operation.client,
        operation: showOperation(operation),
        start_ns: operation.startNs,
        end_ns: operation.endNs === Infinity ? null : operation.endNs,
      })),
    })),
    undecided: undecided.map(({ key, observed, why }) => ({
      key: textFromBytes(key),
      operations: observed,
      why,
    })),
  };
}

function shown(key: KeyFailure['key']): string {
  return JSON.stringify(textFromBytes(key));
}
