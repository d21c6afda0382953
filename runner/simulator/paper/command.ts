/** `rondo simulate --paper`: the experiments of Chord's paper, repeated, beside what was published. */
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { planExperiments, type Experiment, type Figures } from './experiment.js';
import { mean } from './paper-ring.js';
import { describeSection, judge, type PaperRow } from './report.js';
import type { PaperTask } from './task.js';

export interface PaperCommandOptions {
  /** Fewer rows and lookups: under a minute. */
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
  const rows = await measureAll(experiments);
  const ok = rows.every((row) => row.ok);
  if (options.json === true) {
    const seconds = Math.round(performance.now() - startedMs) / 1_000;
    for (const row of rows) print(JSON.stringify(row));
    print(JSON.stringify({ rows: rows.length, ok, seconds }));
  } else {
    const sections = new Set(rows.map(({ section }) => section));
    for (const section of sections) {
      describeSection(rows.filter((row) => row.section === section)).forEach(print);
    }
    print(ok ? 'All that must be met is met.' : 'Some figures are out of bounds.');
  }
  return ok ? exitCodes.ok : exitCodes.checkFailed;
}

/** Speed first and alone, since others would slow it down; the rest over all processors, the longest (the last) first. */
async function measureAll(experiments: readonly Experiment[]): Promise<readonly PaperRow[]> {
  const pool = new Piscina<PaperTask, Figures>({
    filename: new URL('./task.js', import.meta.url).href,
    name: 'measure',
    maxThreads: availableParallelism(),
    atomics: 'disabled',
  });
  const measured = new Map<Experiment, Promise<Figures>>();
  const start = (experiment: Experiment): Promise<Figures> => {
    const { measurement, seeds } = experiment;
    const figures = Promise.all(seeds.map((seed) => pool.run({ seed, measurement }))).then(meanOf);
    measured.set(experiment, figures);
    return figures;
  };
  try {
    for (const experiment of experiments) {
      if (experiment.measurement.type === 'speed') await start(experiment);
    }
    await Promise.all([...experiments].reverse().map((each) => measured.get(each) ?? start(each)));
    const rows: PaperRow[] = [];
    for (const [index, experiment] of experiments.entries()) {
      const figures = await measured.get(experiment);
      if (figures === undefined) throw new Error(`experiment ${index} was not run`);
      rows.push(judge(experiment, figures));
    }
    return rows;
  } finally {
    await pool.destroy();
  }
}

function meanOf(runs: readonly Figures[]): Figures {
  const names = Object.keys(runs[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, mean(runs.map((run) => run[name] ?? NaN))]));
}
