/** `rondo simulate --explore`: explores and prints what was reached. */
import { complaintOfBugs } from '../arena/mutations.js';
import type { CommandOutput } from '../command.js';
import { explore } from './explore.js';
import { explorations, type ExplorationName, type ExplorationResult } from './options.js';

export interface ExploreCommandOptions {
  readonly explore?: ExplorationName;
  /** States at which an exploration ends. */
  readonly states?: number;
  /** Planted bugs, comma-separated. */
  readonly plant?: string;
  readonly json?: boolean;
}

const exitCodes = { ok: 0, usage: 2, checkFailed: 5 } as const;
const defaultStates = 10_000_000;

export function exploreCommand(options: ExploreCommandOptions, output: CommandOutput): number {
  const mutations = options.plant?.split(',') ?? [];
  const complaint = complaintOfBugs(mutations, 'exploration');
  if (complaint !== undefined) {
    output.complain(complaint);
    return exitCodes.usage;
  }
  let isOk = true;
  for (const exploration of explorations[options.explore ?? 'one']) {
    const result = explore({ ...exploration, mutations }, options.states ?? defaultStates, (states, depth) =>
      output.complain(`${exploration.name}: ${states} states, depth ${depth}`),
    );
    if (result.violation !== undefined) isOk = false;
    if (options.json === true) output.print(JSON.stringify(result));
    else describe(result).forEach(output.print);
  }
  return isOk ? exitCodes.ok : exitCodes.checkFailed;
}

function describe(result: ExplorationResult): readonly string[] {
  const { name, states, transitions, depth, frontier, siteStates, turns, seconds, violation } = result;
  const { answered, changed, ends } = result;
  const lines = [
    `${name}: ${states} states, ${transitions} transitions, depth ${depth}, frontier ${frontier}${frontier === 0 ? ' (exhaustive)' : ''}, ${seconds} s`,
    `  ${siteStates} states of single nodes, ${turns} turns of engines; all answered in ${answered} states, changed in ${changed}, ${ends} ends`,
  ];
  if (violation === undefined) return [...lines, '  no violation'];
  return [
    ...lines,
    `  ${violation.invariant}: ${violation.detail}`,
    ...violation.path.map((step) => `    ${step}`),
  ];
}
