/** `simulate`: the flags of the deterministic simulator. */
import type { Command } from 'commander';
import { arenaProfiles } from '../../simulator/arena/options.js';
import type { SimulateCommandOptions } from '../../simulator/command.js';
import { explorationNames } from '../../simulator/explorer/options.js';
import { jsonFlag, withExamples, type Context } from '../context.js';
import { exitCodes, type ExitCode } from '../exit-code.js';
import { flag, numberFlag } from '../flag.js';

interface SimulateFlags extends SimulateCommandOptions {
  readonly seed?: string;
}

const known: readonly ExitCode[] = Object.values(exitCodes);

export function registerSimulate(program: Command, context: Context): void {
  const simulate = program
    .command('simulate')
    .description('run a ring in virtual time with faults from a seed, and check its invariants')
    .addOption(numberFlag('--nodes <count>', 'nodes at the start (20)', 1, 10_000))
    .addOption(flag('--seed <number>', 'one seed (1)').conflicts('seeds'))
    .addOption(flag('--seeds <range>', 'several seeds, such as 1..100'))
    .addOption(numberFlag('--minutes <count>', 'virtual minutes of workload (10)', 1, 100_000))
    .addOption(flag('--faults <list>', 'crash, pause, partition, loss, delay, churn; none or all'))
    .addOption(flag('--consistency <mode>', 'of the ring (eventual)').choices(['eventual', 'linearizable']))
    .addOption(numberFlag('-k, --replicas <count>', 'copies of each record (3)', 1, 7))
    .addOption(numberFlag('-r, --successors <count>', 'length of successor lists (4)', 1, 32))
    .addOption(flag('--trace', 'print every event on standard error'))
    .addOption(flag('--paper', "repeat the experiments of Chord's paper and print its figures beside ours"))
    .addOption(flag('--quick', 'with --paper: fewer rows and lookups'))
    .addOption(flag('--arena', 'run the linearizable engines alone: thousands of seeds in minutes'))
    .addOption(numberFlag('--operations <count>', 'with --arena: client operations (500)', 1, 100_000))
    .addOption(flag('--profile <name>', 'with --arena: which faults (swarm)').choices(arenaProfiles))
    .addOption(flag('--plant <bugs>', 'with --arena or --explore: planted bugs, comma-separated'))
    .addOption(flag('--mutations', 'plant each bug there is and print by which seed it shows'))
    .addOption(
      flag(
        '--explore <what>',
        'try every order of messages: one operation and a change, two, or both',
      ).choices(explorationNames),
    )
    .addOption(numberFlag('--states <count>', 'with --explore: where to end (10000000)', 1, 1_000_000_000))
    .addOption(jsonFlag());
  withExamples(simulate, [
    'simulate --seed 7',
    'simulate --seeds 1..100 --minutes 5 --json',
    'simulate --nodes 50 --faults crash,partition',
    'simulate --arena --seeds 1..1000',
    'simulate --paper',
  ]).action(async ({ seed, seeds, ...options }: SimulateFlags) => {
    const { simulateCommand } = await import('../../simulator/command.js');
    const chosen = seeds ?? seed;
    const code = await simulateCommand(
      { ...options, ...(chosen === undefined ? {} : { seeds: chosen }) },
      { print: (line) => context.output.data(line), complain: (line) => context.output.note(line) },
    );
    context.setExitCode(known.find((each) => each === code) ?? exitCodes.failure);
  });
}
