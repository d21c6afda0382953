/** `rondo simulate --paper`: the experiments of Chord's paper, repeated, beside what was published. */
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { planExperiments, type Experiment, type Figures } from './experiment.js';
import { mean } from './paper-ring.js';
import { describeSection, judge, type PaperRow } from './report.js';
import type { PaperTask } from './task.js';

export interface PaperCommandOptions {
  /** Fewer rows and lookups. */
  readonly quick?: boolean;
  /** One JSON line a row and a last one with the totals. */
  readonly json?: boolean;
}

const exitCodes = { ok: 0, checkFailed: 5 } as const;

/** Runs the command; resolves with its exit code: 0 ok, 5 when a figure that must be met is not. */
export async function paperCommand(
  options: PaperCommandOptions,
  print: (line: string) => void,
  experiments: readonly Experiment[] = planExperiments(options.quick === true ? 'quick' : 'full'),
): Promise<number> {
  const startedMs = performance.now();
  const rows: PaperRow[] = [];
  for await (const row of measureAll(experiments)) {
    rows.push(row);
    if (options.json === true) print(JSON.stringify(row));
    else if (isLastOfSection(experiments, rows.length)) {
      describeSection(rows.filter(({ section }) => section === row.section)).forEach(print);
    }
  }
  const ok = rows.every((row) => row.ok);
  const seconds = Math.round(performance.now() - startedMs) / 1_000;
  if (options.json === true) print(JSON.stringify({ rows: rows.length, ok, seconds }));
  else print(ok ? 'All that must be met is met.' : 'Some figures are out of bounds.');
  return ok ? exitCodes.ok : exitCodes.checkFailed;
}

/** In the order given, each row as soon as it and those before it are done. */
async function* measureAll(experiments: readonly Experiment[]): AsyncGenerator<PaperRow> {
  const pool = new Piscina<PaperTask, Figures>({
    filename: new URL('./task.js', import.meta.url).href,
    name: 'measure',
    maxThreads: availableParallelism(),
    atomics: 'disabled',
  });
  const measureOne = async (experiment: Experiment): Promise<PaperRow> => {
    const { measurement, seeds } = experiment;
    const runs = await Promise.all(seeds.map((seed) => pool.run({ seed, measurement })));
    return judge(experiment, meanOf(runs));
  };
  // Speed runs alone: others beside it would slow it down.
  const isAlone = ({ measurement }: Experiment): boolean => measurement.type === 'speed';
  try {
    for (const experiment of experiments.filter(isAlone)) yield await measureOne(experiment);
    const running = experiments.filter((experiment) => !isAlone(experiment)).map(measureOne);
    // A failure is thrown where its row is due, not as an unhandled rejection before.
    void Promise.allSettled(running);
    for (const row of running) yield await row;
  } finally {
    await pool.destroy();
  }
}

/** Whether the row of this number (from 1) is the last one of its table. */
function isLastOfSection(experiments: readonly Experiment[], number: number): boolean {
  return experiments[number]?.section !== experiments[number - 1]?.section;
}

function meanOf(runs: readonly Figures[]): Figures {
  const names = Object.keys(runs[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, mean(runs.map((run) => run[name] ?? NaN))]));
}
