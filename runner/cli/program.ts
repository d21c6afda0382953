/** The command `rondo`: all its commands, registered, and one way to fail. */
import { Command } from 'commander';
import { registerAdministration } from './commands/administration.js';
import { registerBench } from './commands/bench.js';
import { registerCerts } from './commands/certs.js';
import { registerCheck } from './commands/check.js';
import { registerDemo } from './commands/demo.js';
import { registerDump } from './commands/dump.js';
import { registerScan } from './commands/every-record.js';
import { registerPrompt } from './commands/prompt.js';
import { registerRecordCommands } from './commands/records.js';
import { registerReplay } from './commands/replay.js';
import { registerSimulate } from './commands/simulate.js';
import { registerUp } from './commands/up.js';
import { withExamples, type Context } from './context.js';
import { usageMessage } from './exit-code.js';
import type { Output } from './output.js';
import { packageVersion } from './package-folder.js';

export function buildProgram(context: Context): Command {
  const program = rootCommand('rondo', context.output)
    .description('A Chord distributed hash table whose nodes are XState actors on worker threads.')
    .version(packageVersion(), '-V, --version');
  withExamples(program, ['up', 'put "Like a Rolling Stone" 1965', 'get "Like a Rolling Stone"', 'demo']);
  registerUp(program, context);
  registerCerts(program, context);
  registerClientCommands(program, context);
  registerPrompt(program, context, buildPromptProgram);
  registerDump(program, context);
  registerReplay(program, context);
  registerBench(program, context);
  registerCheck(program, context);
  registerSimulate(program, context);
  registerDemo(program, context);
  return failWithOneLine(program, context.output);
}

/** The commands that the prompt has: those of one session. */
function buildPromptProgram(context: Context): Command {
  const program = rootCommand('rondo', context.output).usage('[command]');
  registerClientCommands(program, context);
  registerDump(program, context);
  return failWithOneLine(program, context.output);
}

function registerClientCommands(program: Command, context: Context): void {
  registerRecordCommands(program, context);
  registerScan(program, context);
  registerAdministration(program, context);
}

function rootCommand(name: string, output: Output): Command {
  return new Command(name).configureOutput({
    writeOut: (text) => output.data(text.trimEnd()),
    writeErr: (text) => output.note(text.trimEnd()),
  });
}

/** Commands throw in place of ending the process, and their errors are one line that names the command and its help. */
function failWithOneLine(program: Command, output: Output): Command {
  const adopt = (command: Command, name: string): void => {
    command.exitOverride().configureOutput({
      ...program.configureOutput(),
      outputError: (text) => output.note(usageMessage(name, text)),
    });
    for (const below of command.commands) adopt(below, `${name} ${below.name()}`);
  };
  adopt(program, program.name());
  return program;
}
