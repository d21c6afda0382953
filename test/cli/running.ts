/** The command line under test: in this process for words alone, as child processes for streams, signals and a ring that is up. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pc from 'picocolors';
import { textFromBytes } from '../../src/bytes.js';
import { createOutput } from '../../runner/cli/output.js';
import { run } from '../../runner/cli/run.js';

const plain = pc.createColors(false);

/** Runs `rondo` with the words in this process: quick, but without standard input and signals. */
export async function runHere(
  words: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  let [stdout, stderr] = ['', ''];
  const output = createOutput(
    (line) => (stdout += textFromBytes(line)),
    (line) => (stderr += line),
    plain,
  );
  Object.assign(process.env, variables);
  try {
    const code = await run(words, output);
    return { code, stdout, stderr };
  } finally {
    for (const name of Object.keys(variables)) Reflect.deleteProperty(process.env, name);
  }
}

const main = fileURLToPath(new URL('../../runner/cli/main.js', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Colours off and no RONDO_ variables but those given, so that the tests' own environment says nothing. */
function environment(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('RONDO_'));
  return { ...Object.fromEntries(own), NO_COLOR: '1', ...more };
}

/** Runs `rondo` with the words and the input on its standard input; `readLines` closes its standard output after so many. */
export async function rondo(
  words: readonly string[],
  options: {
    readonly env?: Readonly<Record<string, string>>;
    readonly input?: string;
    readonly readLines?: number;
  } = {},
): Promise<Ran> {
  const child = spawn(process.execPath, [main, ...words], { env: environment(options.env ?? {}) });
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const [stdout, stderr, code] = await Promise.all([
    options.readLines === undefined ? textOf(child.stdout) : headOf(child.stdout, options.readLines),
    textOf(child.stderr),
    new Promise<number | null>((resolve) => child.once('close', resolve)),
  ]);
  return { code, stdout, stderr };
}

/** Leaving the loop destroys the stream: the child's next write finds no reader. */
async function headOf(stream: NodeJS.ReadableStream, lines: number): Promise<string> {
  let text = '';
  for await (const chunk of stream) {
    text += String(chunk);
    if (text.split('\n').length > lines) break;
  }
  return text;
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

export interface RunningRing {
  readonly resp: string;
  readonly http: string;
  readonly nodes: readonly string[];
  readonly process: ChildProcessWithoutNullStreams;
  /** What it has written to standard error. */
  stderr(): string;
  /** Sends the signal; resolves with the exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

interface Ready {
  readonly event: string;
  readonly resp: string;
  readonly http: string;
  readonly nodes: readonly string[];
}

/** Starts `rondo up --json` at free ports and resolves when its ready line is there. */
export async function upRing(words: readonly string[] = []): Promise<RunningRing> {
  const child = spawn(process.execPath, [main, 'up', '--json', '--resp', '0', '--http', '0', ...words], {
    env: environment({}),
  });
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const ready = await Promise.race([
    firstLine(child.stdout),
    exited.then((code) => {
      throw new Error(`the ring ended with ${code}: ${stderr}`);
    }),
  ]);
  const { resp, http, nodes } = JSON.parse(ready) as Ready;
  return {
    resp,
    http,
    nodes,
    process: child,
    stderr: () => stderr,
    end: (signal) => {
      child.kill(signal);
      return exited;
    },
  };
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: stream })) return line;
  return new Promise(() => undefined);
}
