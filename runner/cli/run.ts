/** Runs one command to its exit code. */
import { ExitStatus, type Context } from './context.js';
import { exitCodeOf, exitCodes, messageOf, type ExitCode } from './exit-code.js';
import type { Output } from './output.js';
import { buildProgram } from './program.js';
import { reachOf } from './reach.js';
import { openSession } from './session.js';

/** Never rejects: what went wrong is one line on standard error and the exit code. `words` are without the program's name. */
export async function run(words: readonly string[], output: Output): Promise<ExitCode> {
  const status = new ExitStatus();
  const context: Context = {
    output,
    withSession: async (options, use) => {
      const session = await openSession(reachOf(options), options.timeoutMs);
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
    return exitCodeOf(error);
  }
}
