/** `bench`: the flags of YCSB's core workloads. */
import type { Command } from 'commander';
import { workloadNames, type WorkloadName } from '../../workload/core-workloads.js';
import { clientCommand, type ClientOptions, type Context } from '../context.js';
import { flag, numberFlag } from '../flag.js';

export interface BenchFlags extends ClientOptions {
  readonly workload: WorkloadName;
  readonly records: number;
  readonly operations: number;
  readonly clients: number;
  readonly outstanding: number;
  readonly valueBytes: number;
  readonly seed: number;
  readonly skipLoad?: true;
  readonly history?: string;
  readonly check?: true;
  readonly cache?: true;
}

export function registerBench(program: Command, context: Context): void {
  const bench = program
    .command('bench')
    .description("play one of YCSB's core workloads; prints throughput, latency percentiles and errors")
    .addOption(
      flag('--workload <name>', 'which one')
        .choices(workloadNames)
        .default('a' satisfies WorkloadName),
    )
    .addOption(numberFlag('--records <count>', 'records that are put first', 1, 10_000_000).default(10_000))
    .addOption(numberFlag('--operations <count>', 'of all clients together', 1, 10_000_000).default(100_000))
    .addOption(numberFlag('--clients <count>', 'clients in parallel', 1, 1_000).default(4))
    .addOption(
      numberFlag('--outstanding <count>', 'operations that a client has under way at once', 1, 4_096).default(
        16,
      ),
    )
    .addOption(numberFlag('--value-bytes <bytes>', 'length of a value', 1, 1_048_576).default(1_000))
    .addOption(numberFlag('--seed <number>', 'of keys and operations', 0, 2 ** 31).default(1))
    .addOption(flag('--skip-load', 'the records are there from a run before'))
    .addOption(flag('--history <file>', 'write what every client observed, as JSON lines'))
    .addOption(flag('--check', 'judge whether what was observed is linearizable; exit code 5 when not'))
    .addOption(flag('--cache', 'for --check of a bounded ring: a key may become absent by itself'))
    .addHelpText('after', explanation);
  clientCommand(bench, [
    'bench --workload b',
    'bench --workload a --records 1000 --operations 20000 --value-bytes 100 --check',
    'bench --workload c --clients 8 --outstanding 64 --json',
  ]).action(async (options: BenchFlags) => {
    const { runBench } = await import('../run-bench.js');
    await runBench(options, context);
  });
}

const explanation = `
a: half reads, half updates; b: 95 % reads; c: reads alone; d: 95 % reads, latest records, 5 % inserts;
e: 95 % scans of 1 to 100 keys, 5 % inserts (keys have no order here: a scan begins anywhere on the circle);
f: half reads, half read and then update of the same record, counted as two. Keys are zipfian, scrambled.`;
