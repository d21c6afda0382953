/** `rondo simulate`: runs seeds, in parallel when there are several, and reports each. */
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import type { Consistency } from '../../src/config.js';
import { arenaCommand, mutationsCommand } from './arena/command.js';
import type { ArenaProfile } from './arena/options.js';
import { exploreCommand } from './explorer/command.js';
import type { ExplorationName } from './explorer/options.js';
import { defaultSimulation, parseFaults, parseSeeds, type SimulationResult } from './options.js';
import { paperCommand } from './paper/command.js';
import { runSimulation } from './simulation.js';
import type { SimulationTask } from './task.js';

/** The command line's options; absent ones take their defaults. */
export interface SimulateCommandOptions {
  readonly nodes?: number;
  /** `7` or `1..100`. Default 1. */
  readonly seeds?: string;
  readonly minutes?: number;
  /** Comma-separated, `none` or `all`. */
  readonly faults?: string;
  readonly consistency?: Consistency;
  readonly replicas?: number;
  readonly successors?: number;
  /** One JSON line per seed and a last one with the totals. */
  readonly json?: boolean;
  /** Prints the event log of the run; one seed at a time. */
  readonly trace?: boolean;
  /** Repeats the experiments of Chord's paper instead; only `quick` and `json` count then. */
  readonly paper?: boolean;
  readonly quick?: boolean;
  /** Runs the engines alone (arena/arena.ts); then `seeds`, `operations`, `profile`, `plant`, `json` and `trace` count. */
  readonly arena?: boolean;
  readonly operations?: number;
  readonly profile?: ArenaProfile;
  readonly plant?: string;
  /** Plants every bug there is into the arena and reports where each shows; `seeds` and `json` count. */
  readonly mutations?: boolean;
  /** Tries every order of messages instead (explorer/explore.ts); `states`, `plant` and `json` count. */
  readonly explore?: ExplorationName;
  readonly states?: number;
}

/** Where the command's output goes: data and diagnostics, a line at a time. */
export interface CommandOutput {
  readonly print: (line: string) => void;
  readonly complain: (line: string) => void;
}

export const standardOutput: CommandOutput = {
  print: (line) => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`${line}\n`),
};

const exitCodes = { ok: 0, usage: 2, checkFailed: 5 } as const;

/** Runs the command; resolves with its exit code: 0 ok, 2 usage, 5 when a check failed. */
export async function simulateCommand(
  options: SimulateCommandOptions,
  output: CommandOutput = standardOutput,
): Promise<number> {
  if (options.explore !== undefined) return exploreCommand(options, output);
  if (options.mutations === true) return mutationsCommand(options, output);
  if (options.arena === true) return arenaCommand(options, output);
  if (options.paper === true) return paperCommand(options, output.print);
  const seeds = parseSeeds(options.seeds ?? '1');
  const faults = options.faults === undefined ? defaultSimulation.faults : parseFaults(options.faults);
  if (seeds === undefined || faults === undefined) {
    output.complain(
      seeds === undefined
        ? `--seeds takes a number or a range like 1..100, not ${String(options.seeds)}`
        : `--faults takes crash, pause, partition, loss, delay, churn, duplication, skew, none or all, not ${String(options.faults)}`,
    );
    return exitCodes.usage;
  }
  const replicas = options.replicas ?? defaultSimulation.replicas;
  const successors = options.successors ?? defaultSimulation.successors;
  if (successors < replicas - 1) {
    output.complain(`--successors must be at least replicas - 1, that is ${replicas - 1}, not ${successors}`);
    return exitCodes.usage;
  }
  const tasks = seeds.map((seed): SimulationTask => ({
    seed,
    nodes: options.nodes ?? defaultSimulation.nodes,
    minutes: options.minutes ?? defaultSimulation.minutes,
    faults,
    consistency: options.consistency ?? defaultSimulation.consistency,
    replicas,
    successors,
  }));
  const startedMs = performance.now();
  const totals = { seeds: 0, failed: 0, events: 0, operations: 0 };
  const report = (result: SimulationResult): void => {
    totals.seeds++;
    if (!result.ok) totals.failed++;
    totals.events += result.counts.events;
    totals.operations += result.counts.operations;
    if (options.json === true) output.print(JSON.stringify(result));
    else describeResult(result).forEach(output.print);
  };
  if (options.trace === true) {
    for (const task of tasks) report(await runSimulation({ ...task, trace: output.complain }));
  } else if (tasks.length === 1) {
    for (const task of tasks) report(await runSimulation(task));
  } else await runInParallel(tasks, report);

  const seconds = Math.round(performance.now() - startedMs) / 1000;
  const ok = totals.failed === 0;
  if (options.json === true) output.print(JSON.stringify({ ...totals, ok, seconds }));
  else if (tasks.length > 1) {
    output.print(`${totals.seeds} seeds, ${totals.failed} failed, ${totals.events} events in ${seconds} s`);
  }
  return ok ? exitCodes.ok : exitCodes.checkFailed;
}

/** Reports in the order of the seeds, each as soon as it and those before it are done. */
async function runInParallel(
  tasks: readonly SimulationTask[],
  report: (result: SimulationResult) => void,
): Promise<void> {
  const pool = new Piscina<SimulationTask, SimulationResult>({
    filename: new URL('./task.js', import.meta.url).href,
    name: 'simulateSeed',
    maxThreads: Math.min(availableParallelism(), tasks.length),
    atomics: 'disabled',
  });
  try {
    const running = tasks.map((task) => pool.run(task));
    for (const result of running) report(await result);
  } finally {
    await pool.destroy();
  }
}

function describeResult(result: SimulationResult): readonly string[] {
  const { seed, digest, ok, counts, violations, replay } = result;
  const head =
    `seed ${seed} ${ok ? 'ok' : 'FAILED'} ${digest}: ${counts.events} events, ${counts.operations} operations, ` +
    `${counts.crashes} crashes, ${counts.joins} joins, ${counts.departures} departures, healed in ${counts.healedInMs / 1000} s`;
  if (ok) return [head];
  const lines = violations.map(({ invariant, atMs, detail }) => `  ${invariant} at ${atMs} ms: ${detail}`);
  return [head, ...lines, `  replay: ${replay}`];
}
