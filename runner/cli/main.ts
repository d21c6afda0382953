#!/usr/bin/env node
/** The program `rondo`: runs one command and ends with its exit code. */
import { CommanderError } from 'commander';
import { ExitStatus, type Context } from './context.js';
import { exitCodeOf, exitCodes, messageOf, type ExitCode } from './exit-code.js';
import { processOutput, type Output } from './output.js';
import { buildProgram } from './program.js';
import { openSession } from './session.js';

const output = processOutput();
process.exitCode = await run(process.argv.slice(2), output);

async function run(words: readonly string[], output: Output): Promise<ExitCode> {
  const status = new ExitStatus();
  const context: Context = {
    output,
    withSession: async (options, use) => {
      const session = await openSession(options.connect, options.timeoutMs);
      try {
        return await use(session);
      } finally {
        await session.close();
      }
    },
    setExitCode: (code) => status.set(code),
  };
  try {
    const program = buildProgram(context);
    if (words.length === 0) {
      output.note(program.helpInformation());
      return exitCodes.usage;
    }
    await program.parseAsync(words, { from: 'user' });
    return status.code;
  } catch (error) {
    const message = messageOf(error);
    if (message !== undefined) output.note(`rondo: ${message}`);
    if (error instanceof CommanderError && error.exitCode !== 0) return exitCodes.usage;
    return exitCodeOf(error);
  }
}
