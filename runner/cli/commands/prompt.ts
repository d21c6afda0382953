/** `client`: an interactive prompt over one session, with history, completion and help; piped, it runs line after line. */
import { readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Command } from 'commander';
import { clientCommand, ExitStatus, type ClientOptions, type Context } from '../context.js';
import { exitCodes, exitCodeOf, messageOf } from '../exit-code.js';
import { flag } from '../flag.js';
import { overlaySchema } from '../replies.js';
import type { Session } from '../session.js';
import { splitWords } from '../split-words.js';

interface PromptFlags extends ClientOptions {
  readonly historyFile: string;
}

const historyLines = 1_000;
const takesNode = new Set(['stats', 'depart', 'kill']);

/** `buildCommands` makes the client commands anew, for the prompt's own session. */
export function registerPrompt(
  program: Command,
  context: Context,
  buildCommands: (context: Context) => Command,
): void {
  const client = program
    .command('client')
    .description('an interactive prompt; reads commands from standard input when it is piped')
    .addOption(
      flag('--history-file <file>', 'where the prompt keeps its history').default(
        join(homedir(), '.rondo_history'),
        '~/.rondo_history',
      ),
    );
  clientCommand(client, ['client', "printf 'put a 1\\nget a\\n' | rondo client"]).action(
    (options: PromptFlags) =>
      context.withSession(options, async (session) => {
        const status = new ExitStatus();
        const commands = buildCommands({
          output: context.output,
          withSession: (_options, use) => use(session),
          setExitCode: (code) => status.set(code),
        });
        await runPrompt(session, context, commands, options, status);
        // At a terminal the user has seen each failure; a script reads the exit code.
        if (process.stdin.isTTY !== true) context.setExitCode(status.code);
      }),
  );
}

async function runPrompt(
  session: Session,
  context: Context,
  commands: Command,
  options: PromptFlags,
  status: ExitStatus,
): Promise<void> {
  const isTerminal = process.stdin.isTTY === true;
  const names = commands.commands.flatMap((command) => [command.name(), ...command.aliases()]);
  const lines = createInterface({
    input: process.stdin,
    ...(isTerminal ? { output: process.stdout } : {}),
    terminal: isTerminal,
    historySize: historyLines,
    history: isTerminal ? await loadHistory(options.historyFile) : [],
    completer: (line: string, done: (error: Error | null, result: [string[], string]) => void) => {
      complete(session, commands, [...names, 'help', 'exit'], line).then(
        (result) => done(null, result),
        () => done(null, [[], line]),
      );
    },
  });
  if (isTerminal) {
    context.output.note(`${session.address}: "help" lists the commands, "exit" or Ctrl-D leaves`);
    keepHistory(lines, options.historyFile);
  }
  lines.setPrompt(context.output.colors.bold('rondo> '));
  if (isTerminal) lines.prompt();
  for await (const line of lines) {
    const split = splitWords(line);
    if (split.type === 'problem') {
      context.output.note(split.message);
      status.set(exitCodes.usage);
    } else if (split.words[0] === 'exit' || split.words[0] === 'quit') {
      break;
    } else if (split.words.length > 0) {
      await runLine(commands, split.words, context, status, options.json === true);
    }
    if (isTerminal) lines.prompt();
  }
  lines.close();
}

async function runLine(
  commands: Command,
  words: readonly string[],
  context: Context,
  status: ExitStatus,
  json: boolean,
): Promise<void> {
  const wantsJson = json && words[0] !== 'help' && !words.includes('--json') && !words.includes('--svg');
  const [name = '', ...rest] = words;
  try {
    await commands.parseAsync([name, ...(wantsJson ? ['--json'] : []), ...rest], { from: 'user' });
  } catch (error) {
    const message = messageOf(error);
    if (message !== undefined) context.output.note(message);
    status.set(exitCodeOf(error));
  }
}

/** Completes a command's name, its flags, or the node that it is about. */
async function complete(
  session: Session,
  commands: Command,
  names: readonly string[],
  line: string,
): Promise<[string[], string]> {
  const words = line.trimStart().split(/\s+/);
  const [name = ''] = words;
  const last = words.at(-1) ?? '';
  if (words.length < 2) return [names.filter((each) => each.startsWith(last)), last];
  const command = commands.commands.find((each) => each.name() === name || each.aliases().includes(name));
  if (last.startsWith('-')) {
    const flags = command?.options.flatMap((option) => option.long ?? []) ?? [];
    return [flags.filter((each) => each.startsWith(last)), last];
  }
  if (command === undefined || !takesNode.has(command.name())) return [[], last];
  const nodes = await session.json(overlaySchema, 'RONDO.OVERLAY');
  return [nodes.flatMap((node) => [node.address, node.id]).filter((each) => each.startsWith(last)), last];
}

/** Newest first, as readline wants them. No file yet: no history. */
async function loadHistory(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .reverse();
}

function keepHistory(lines: Interface, file: string): void {
  let latest: string[] = [];
  lines.on('history', (history: string[]) => {
    latest = history;
  });
  lines.on('close', () => {
    if (latest.length === 0) return;
    // Values may be secrets: for the user's eyes only. A read-only home costs the history, not the session.
    writeFile(file, `${[...latest].reverse().join('\n')}\n`, { mode: 0o600 }).catch((error: unknown) => {
      process.stderr.write(`the history could not be kept: ${String(error)}\n`);
    });
  });
}
