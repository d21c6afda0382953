/** `replay`: the flags of playing recorded workloads against a ring. */
import type { Command } from 'commander';
import { formatNames, type Existing, type FormatName } from '../../replay/format.js';
import { clientCommand, type ClientOptions, type Context } from '../context.js';
import { flag, numberFlag, parseSpeed } from '../flag.js';

export interface ReplayFlags extends ClientOptions {
  readonly format?: FormatName;
  readonly existing: Existing;
  readonly clients?: number;
  readonly outstanding: number;
  readonly speed: number | 'max';
  readonly history?: string;
  readonly skipBroken?: true;
  readonly check?: true;
  readonly cache?: true;
}

export function registerReplay(program: Command, context: Context): void {
  const replay = program
    .command('replay <file...>')
    .description('play recorded workloads; prints throughput, latency percentiles and errors')
    .addOption(
      flag('--format <format>', "the files' format; told by name and content when absent").choices(
        formatNames,
      ),
    )
    .addOption(
      flag('--existing <how>', 'what an insert of a chordify file does to a key that exists')
        .choices(['replace', 'append'])
        .default('replace'),
    )
    .addOption(
      numberFlag(
        '--clients <count>',
        'deal the operations to so many clients; default: one a file',
        1,
        1_000,
      ),
    )
    .addOption(
      numberFlag(
        '--outstanding <count>',
        'operations that a client has under way at once; 1 keeps their order',
        1,
        4_096,
      ).default(1),
    )
    .addOption(
      flag('--speed <factor>', 'max, or how many times as fast as it was recorded')
        .argParser(parseSpeed)
        .default('max'),
    )
    .addOption(flag('--history <file>', 'write what every client observed, as JSON lines'))
    .addOption(flag('--skip-broken', 'count broken lines and go on'))
    .addOption(
      flag(
        '--check',
        'judge whether what was observed is linearizable; exit code 5 when not, as may well be in eventual mode',
      ),
    )
    .addOption(flag('--cache', 'for --check of a bounded ring: a key may become absent by itself'));
  clientCommand(replay, [
    'replay examples/songs/insert_*_part.txt',
    'replay examples/songs/requests_*.txt --existing append',
    'replay trace.csv --format twemcache --clients 8 --outstanding 64 --json',
    'replay recording.jsonl --speed 1 --history history.jsonl',
    'replay examples/songs/requests_*.txt --check',
  ]).action(async (files: string[], options: ReplayFlags) => {
    const { runReplay } = await import('../run-replay.js');
    await runReplay(files, options, context);
  });
}
