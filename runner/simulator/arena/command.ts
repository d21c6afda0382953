/** `rondo simulate --arena` and `--mutations`: runs seeds of the arena in parallel and reports them. */
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import type { CommandOutput } from '../command.js';
import { createDigest } from '../digest.js';
import { parseSeeds } from '../options.js';
import { runLinearizableArena } from './linearizable-arena.js';
import { assertedWithin, plantedBugs, type BugFound, type BugSearch } from './mutations.js';
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
  const unknown = findUnknown(mutations);
  if (seeds === undefined || unknown !== undefined) {
    output.complain(
      seeds === undefined
        ? `--seeds takes a number or a range like 1..100, not ${String(options.seeds)}`
        : complaintOf(unknown ?? ''),
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
  const most = options.seeds === undefined ? Infinity : Number(options.seeds);
  if (Number.isNaN(most) || most < 1) {
    output.complain(`--seeds takes, with --mutations, how many seeds to try at most, not ${options.seeds}`);
    return exitCodes.usage;
  }
  const named = options.plant?.split(',');
  const unknown = findUnknown(named ?? []);
  if (unknown !== undefined) {
    output.complain(complaintOf(unknown));
    return exitCodes.usage;
  }
  const bugs = plantedBugs.filter(({ name }) => named?.includes(name) !== false);
  const searches = bugs.flatMap(({ name, asserted, seen, seenWithin }): BugSearch[] => [
    { name, profile: asserted, assertions: true, seeds: Math.min(most, assertedWithin) },
    { name, profile: seen, assertions: false, seeds: Math.min(most, seenWithin) },
  ]);
  const found: BugFound[] = [];
  await inParallel<BugSearch, BugFound>('searchBug', searches, (each) => void found.push(each));
  if (options.json !== true) {
    output.print(
      '| planted bug | rule | what it does | by assertions: seed | by histories alone: seed | in profile |',
    );
    output.print('| --- | --- | --- | --- | --- | --- |');
  }
  let missed = 0;
  for (const [index, { name, rule, bug, asserted, seen }] of bugs.entries()) {
    const [byAssertion, byHistory] = [found[2 * index], found[2 * index + 1]];
    if (byAssertion?.seed === undefined) missed++;
    if (byHistory?.seed === undefined) missed++;
    if (options.json === true) output.print(JSON.stringify({ name, asserted, seen, byAssertion, byHistory }));
    else {
      const first = `${showFound(byAssertion, searches[2 * index])}, ${asserted}`;
      const alone = showFound(byHistory, searches[2 * index + 1]);
      output.print(`| ${name} | ${rule} | ${bug} | ${first} | ${alone} | ${seen} |`);
    }
  }
  return missed === 0 ? exitCodes.ok : exitCodes.checkFailed;
}

function findUnknown(names: readonly string[]): string | undefined {
  return names.find((name) => plantedBugs.every((each) => each.name !== name));
}

function complaintOf(unknown: string): string {
  return `--plant takes ${plantedBugs.map(({ name }) => name).join(', ')}, not ${unknown}`;
}

function showFound(found: BugFound | undefined, search: BugSearch | undefined): string {
  if (found?.seed === undefined) return `none of ${search?.seeds ?? 0}`;
  return found.invariant === 'History' ? String(found.seed) : `${found.seed} (${found.invariant})`;
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
