/** The verdict of what a run of clients observed: printed for people, and the command's exit code. */
import { checkHistory, type HistoryVerdict } from '../check/check-history.js';
import { historyOf } from '../check/load-history.js';
import type { Context } from './context.js';
import { describeVerdict, verdictExitCodes } from './run-check.js';

export type Verdict = HistoryVerdict['verdict'];

export interface Judged {
  readonly verdict: Verdict;
  readonly lines: readonly string[];
}

/** Keys may hold values from before the run. `cache`: a key may become absent by itself. */
export function judge(history: readonly string[], cache: boolean): Judged {
  const loaded = historyOf(history, 'history');
  const verdict = checkHistory(loaded, { cache, preloaded: true });
  return { verdict: verdict.verdict, lines: describeVerdict(loaded, verdict) };
}

/** Under --json the last line of data is the run's: what failed is for people then. */
export function report({ verdict, lines }: Judged, { output, setExitCode }: Context, json: boolean): void {
  for (const line of lines) {
    if (json) output.note(line);
    else output.data(line);
  }
  setExitCode(verdictExitCodes[verdict]);
}
