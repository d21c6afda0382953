/** `check`: the flags of judging a recorded history. */
import type { Command } from 'commander';
import { jsonFlag, withExamples, type Context } from '../context.js';
import { flag } from '../flag.js';

export interface CheckFlags {
  readonly cache?: true;
  readonly preloaded?: true;
  readonly html?: string;
  readonly json?: true;
}

export function registerCheck(program: Command, context: Context): void {
  const check = program
    .command('check <history>')
    .description('judge whether a recorded history is linearizable, key by key')
    .addOption(
      flag('--cache', 'the ring is bounded or expires: a key may become absent by itself at any moment'),
    )
    .addOption(flag('--preloaded', 'keys may hold a value from before the history; else all were absent'))
    .addOption(flag('--html <file>', 'write a picture of the smallest failing part'))
    .addOption(jsonFlag())
    .addHelpText('after', explanation);
  withExamples(check, [
    'check history.jsonl',
    'check history.jsonl --html failing.html',
    'check history.jsonl --cache --json',
  ]).action(async (file: string, options: CheckFlags) => {
    const { runCheck } = await import('../run-check.js');
    await runCheck(file, options, context);
  });
}

const explanation = `
A history is JSON lines, as \`rondo replay --history FILE\` writes them; - is the standard input.
Exit code 0: ok; 5: illegal; 1: unknown (too large a search), or a line that cannot be read.
A ring in eventual mode promises less: its histories may well be illegal.`;
