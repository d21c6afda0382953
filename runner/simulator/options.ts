/** What a simulation runs with, and what it found. */
import type { Consistency } from '../../src/config.js';
import { faultNames, isFaultName, type FaultName } from './faults.js';

export interface SimulationOptions {
  /** Everything random follows from it and from the other options. */
  readonly seed: number;
  /** Nodes at the start. Default 20. */
  readonly nodes: number;
  /** Virtual minutes of workload; faults happen in the first three quarters. Default 10. */
  readonly minutes: number;
  /** Faults that may happen; each seed draws which of them do, and how hard. */
  readonly faults: readonly FaultName[];
  readonly consistency: Consistency;
  /** k. Default 3. */
  readonly replicas: number;
  /** r. Default 4. */
  readonly successors: number;
  /** Names of planted bugs, for tests of the simulator itself. */
  readonly mutations?: ReadonlySet<string>;
  /** Hears every event as a line of text. */
  readonly trace?: (line: string) => void;
}

/** One invariant that did not hold. */
export interface Violation {
  /** The invariant's name, as chord.md and the checkers call it. */
  readonly invariant: string;
  /** Virtual milliseconds since the run began. */
  readonly atMs: number;
  readonly detail: string;
}

export interface SimulationCounts {
  /** Turns of nodes and clients. */
  readonly events: number;
  readonly packets: number;
  /** Client operations, and how many of them ended certain. */
  readonly operations: number;
  readonly succeeded: number;
  readonly crashes: number;
  readonly joins: number;
  readonly departures: number;
  /** Acknowledged changes that crashes lost within what the mode promises. */
  readonly allowedLosses: number;
  /** Virtual milliseconds from the end of all faults until everything was ideal. */
  readonly healedInMs: number;
}

export interface SimulationResult {
  readonly seed: number;
  /** Equal for equal options, in every process and engine. */
  readonly digest: string;
  readonly ok: boolean;
  readonly violations: readonly Violation[];
  readonly counts: SimulationCounts;
  /** The command that repeats this run. */
  readonly replay: string;
}

/** The command line's default faults. */
export const defaultFaults: readonly FaultName[] = ['crash', 'pause', 'partition', 'loss', 'delay', 'churn'];

export const defaultSimulation: Omit<SimulationOptions, 'seed'> = {
  nodes: 20,
  minutes: 10,
  faults: defaultFaults,
  consistency: 'eventual',
  replicas: 3,
  successors: 4,
};

/** The exact command that repeats a run. */
export function replayCommand(options: SimulationOptions): string {
  const { seed, nodes, minutes, faults, consistency, replicas, successors } = options;
  const list = faults.length === 0 ? 'none' : faults.join(',');
  return (
    `npx rondo simulate --seed ${seed} --nodes ${nodes} --minutes ${minutes} --faults ${list} ` +
    `--consistency ${consistency} --replicas ${replicas} --successors ${successors}`
  );
}

/** Parses `crash,loss`; `none` is the empty list and `all` every fault there is. Undefined when a name is unknown. */
export function parseFaults(text: string): readonly FaultName[] | undefined {
  if (text === 'none' || text === '') return [];
  if (text === 'all') return faultNames;
  const names = text.split(',').map((name) => name.trim());
  return names.every(isFaultName) ? names.filter(isFaultName) : undefined;
}

/** Parses `7` or `1..100`. Undefined when it is neither. */
export function parseSeeds(text: string): readonly number[] | undefined {
  const match = /^(\d+)(?:\.\.(\d+))?$/.exec(text.trim());
  if (match === null) return undefined;
  const first = Number(match[1]);
  const last = match[2] === undefined ? first : Number(match[2]);
  if (last < first) return undefined;
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
