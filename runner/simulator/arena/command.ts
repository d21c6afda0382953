/** `rondo simulate --arena` and `--mutations`: runs seeds of the arena in parallel and reports them. */
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import type { CommandOutput } from '../command.js';
import { createDigest } from '../digest.js';
import { parseSeeds } from '../options.js';
import { runLinearizableArena } from './linearizable-arena.js';
import { complaintOfBugs, plantedBugs, type BugFound, type BugShown, type BugTask } from './mutations.js';
import { defaultArena, type ArenaCounts, type ArenaProfile, type ArenaResult } from './options.js';
import type { ArenaTask } from './task.js';

export interface ArenaCommandOptions {
  /** `7` or `1..10000`. Default 1. Of `--mutations`: at most this many seeds a bug. */
  readonly seeds?: string;
  readonly operations?: number;
  readonly profile?: ArenaProfile;
  /** Planted bugs, comma-separated. */
  readonly plant?: string;
  readonly json?: boolean;
  readonly trace?: boolean;
}

const exitCodes = { ok: 0, usage: 2, checkFailed: 5 } as const;
const seedsPerTask = 20;

export async function arenaCommand(options: ArenaCommandOptions, output: CommandOutput): Promise<number> {
  const seeds = parseSeeds(options.seeds ?? '1');
  const profile = options.profile ?? defaultArena.profile;
  const mutations = options.plant?.split(',') ?? [];
  const complaint = complaintOfBugs(mutations, 'arena');
  if (seeds === undefined || complaint !== undefined) {
    output.complain(
      complaint ?? `--seeds takes a number or a range like 1..100, not ${String(options.seeds)}`,
    );
    return exitCodes.usage;
  }
  const run = {
    ...defaultArena,
    operations: options.operations ?? defaultArena.operations,
    profile,
    mutations,
  };
  const startedMs = performance.now();
  const totals = new Totals();
  const report = (result: ArenaResult): void => {
    totals.add(result);
    if (options.json === true) output.print(JSON.stringify(result));
    else if (!result.ok || seeds.length === 1) describeArenaResult(result).forEach(output.print);
  };
  if (options.trace === true || seeds.length === 1) {
    const trace = options.trace === true ? { trace: output.complain } : {};
    for (const seed of seeds) report(runLinearizableArena({ ...run, seed, ...trace }));
  } else {
    const tasks: ArenaTask[] = [];
    for (let start = 0; start < seeds.length; start += seedsPerTask)
      tasks.push({ seeds: seeds.slice(start, start + seedsPerTask), options: run });
    await inParallel<ArenaTask, readonly ArenaResult[]>('runArenaSeeds', tasks, (results) =>
      results.forEach(report),
    );
  }
  const seconds = Math.round(performance.now() - startedMs) / 1000;
  if (options.json === true) output.print(JSON.stringify({ ...totals.summary(), seconds }));
  else if (seeds.length > 1) totals.lines(seconds).forEach(output.print);
  return totals.failed === 0 ? exitCodes.ok : exitCodes.checkFailed;
}

/** Plants each bug and searches the first seed that shows it, by assertions and by histories alone. */
export async function mutationsCommand(options: ArenaCommandOptions, output: CommandOutput): Promise<number> {
  const seedsMax = options.seeds === undefined ? Infinity : Number(options.seeds);
  if (Number.isNaN(seedsMax) || seedsMax < 1) {
    output.complain(`--seeds takes, with --mutations, how many seeds to try at most, not ${options.seeds}`);
    return exitCodes.usage;
  }
  const named = options.plant?.split(',');
  const complaint = complaintOfBugs(named ?? [], 'arena');
  if (complaint !== undefined) {
    output.complain(complaint);
    return exitCodes.usage;
  }
  const tasks = plantedBugs
    .filter(({ name }) => named?.includes(name) !== false)
    .map((bug): BugTask => ({ bug, seedsMax }));
  if (options.json !== true) {
    output.print('| planted bug | rule | what it does | by assertions, seed | by histories alone, seed |');
    output.print('| --- | --- | --- | --- | --- |');
  }
  let missed = 0;
  await inParallel<BugTask, BugShown>('showBug', tasks, (shown) => {
    const { bug, byAssertion, byHistory } = shown;
    if (byAssertion.seed === undefined || byHistory.seed === undefined) missed++;
    if (options.json === true) return output.print(JSON.stringify(shown));
    const cells = [bug.name, bug.rule, bug.bug, describeFound(byAssertion), describeFound(byHistory)];
    output.print(`| ${cells.join(' | ')} |`);
  });
  return missed === 0 ? exitCodes.ok : exitCodes.checkFailed;
}

function describeFound({ seed, seeds, profile, invariant }: BugFound): string {
  if (seed === undefined) return `none of ${seeds} of \`${profile}\``;
  return `${seed} of \`${profile}\`${invariant === 'History' ? '' : ` (${invariant})`}`;
}

/** Calls a task of task.ts for each input; hears the results in the order of the inputs. */
async function inParallel<Input, Result>(
  name: string,
  inputs: readonly Input[],
  hear: (result: Result) => void,
): Promise<void> {
  const pool = new Piscina<Input, Result>({
    filename: new URL('./task.js', import.meta.url).href,
    maxThreads: Math.min(availableParallelism(), inputs.length),
    atomics: 'disabled',
  });
  try {
    const running = inputs.map((input) => pool.run(input, { name }));
    for (const result of running) hear(await result);
  } finally {
    await pool.destroy();
  }
}

class Totals {
  seeds = 0;
  failed = 0;
  /** Operations of the seed with the fewest. */
  fewest = Infinity;
  readonly #digest = createDigest();
  readonly #counts = new Map<string, number>();

  add({ digest, ok, counts }: ArenaResult): void {
    this.seeds++;
    if (!ok) this.failed++;
    this.fewest = Math.min(this.fewest, counts.operations);
    this.#digest.addText(digest);
    for (const [name, count] of Object.entries(counts) as [keyof ArenaCounts, number][])
      this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
  }

  summary(): Readonly<Record<string, unknown>> {
    const { seeds, failed, fewest } = this;
    return { seeds, failed, fewest, ...Object.fromEntries(this.#counts), digest: this.#digest.value() };
  }

  /** The digest is one of all seeds, in their order. */
  lines(seconds: number): readonly string[] {
    const count = (name: keyof ArenaCounts): number => this.#counts.get(name) ?? 0;
    return [
      `${this.seeds} seeds, ${this.failed} failed, in ${seconds} s; digest ${this.#digest.value()}`,
      `${count('operations')} operations (${this.fewest} or more a seed), ${count('succeeded')} answered, ${count('unknown')} unknown; ` +
        `${count('viewChanges')} view changes, ${count('crashes')} crashes, ${count('joins')} joins, ` +
        `${count('departures')} departures, ${count('recoveries')} recoveries; ${count('undecided')} keys undecided`,
    ];
  }
}

function describeArenaResult({
  seed,
  digest,
  ok,
  counts,
  violations,
  replay,
}: ArenaResult): readonly string[] {
  const head =
    `seed ${seed} ${ok ? 'ok' : 'FAILED'} ${digest}: ${counts.events} events, ${counts.operations} operations, ` +
    `${counts.viewChanges} view changes, ${counts.crashes} crashes, ${counts.joins} joins, ${counts.departures} departures`;
  if (ok) return [head];
  const lines = violations.map(({ invariant, atMs, detail }) => `  ${invariant} at ${atMs} ms: ${detail}`);
  return [head, ...lines, `  replay: ${replay}`];
}
