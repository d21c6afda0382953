/** One machine of a cluster under test: the process of its host, which comes and goes, and that of its clients, which stays. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { NodeStatus, RingStats } from '../../src/admin.js';
import type { Called, ClientQuestion, ClientSetting } from './hosts-client.js';
import type { Machine } from './hosts-network.js';

const cli = fileURLToPath(new URL('../cli/main.js', import.meta.url));
const clientFile = fileURLToPath(new URL('./hosts-client.js', import.meta.url));

const startMsMax = 120_000;
const saidMax = 20_000;

export interface HostFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export class HostMachine {
  readonly address: string;
  readonly #machine: Machine;
  readonly #flags: readonly string[];
  readonly #client: ChildProcess;
  readonly #answers = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  #asked = 0;
  #host: ChildProcess | undefined;
  #said = '';

  /** `flags` are those of `rondo up` that are the same at each start. */
  constructor(
    machine: Machine,
    setting: ClientSetting,
    { listenPort, files, nodes }: { listenPort: number; files: HostFiles; nodes: number },
  ) {
    this.#machine = machine;
    this.address = `${machine.address}:${listenPort}`;
    const doors = ['--resp', `127.0.0.1:${setting.port}`, '--http', 'none', '--listen', this.address];
    const tls = ['--tls-ca', files.ca, '--tls-cert', files.cert, '--tls-key', files.key];
    this.#flags = ['--json', '-n', String(nodes), ...doors, ...tls];
    const [command = '', ...words] = [...machine.enter, process.execPath, clientFile];
    this.#client = spawn(command, words, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
      env: environment(),
    });
    this.#client.on('message', (message) => this.#answered(message as Answer));
    this.#client.once('exit', (code) => {
      for (const { reject } of this.#answers.values())
        reject(new Error(`the clients have ended with ${code}`));
    });
    this.#client.send(setting);
  }

  /** Resolves when all nodes are members; rejects with what the host said when it ends before. */
  async start(more: readonly string[]): Promise<void> {
    const [command = '', ...words] = [
      ...this.#machine.enter,
      process.execPath,
      cli,
      'up',
      ...this.#flags,
      ...more,
    ];
    const host = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'], env: environment() });
    this.#host = host;
    this.#said = '';
    host.stderr.on('data', (chunk: Buffer) => (this.#said = (this.#said + chunk.toString()).slice(-saidMax)));
    let timer: NodeJS.Timeout | undefined;
    const ready = new Promise<void>((resolve, reject) => {
      const fail = (what: string) => reject(new Error(`host ${this.address} ${what}: ${this.#said}`));
      createInterface({ input: host.stdout }).once('line', () => resolve());
      host.once('exit', (code, signal) => fail(`ended with ${code ?? signal} before it was ready`));
      timer = setTimeout(() => fail(`was not ready after ${startMsMax} ms`), startMsMax);
    });
    try {
      await ready;
    } finally {
      clearTimeout(timer);
    }
  }

  /** What the present host, or the last, wrote to stderr, its end. */
  get said(): string {
    return this.#said;
  }

  signal(name: NodeJS.Signals): void {
    this.#host?.kill(name);
  }

  /** Resolves with the exit code or the signal when the host has ended. */
  async ended(): Promise<number | string> {
    const host = this.#host;
    if (host === undefined) return 'nothing';
    const before = host.exitCode ?? host.signalCode;
    if (before !== null) return before;
    return new Promise((resolve) =>
      host.once('exit', (code, signal) => resolve(code ?? signal ?? 'nothing')),
    );
  }

  async ask<T>(question: ClientQuestion): Promise<T> {
    const id = this.#asked++;
    const answer = new Promise<unknown>((resolve, reject) => this.#answers.set(id, { resolve, reject }));
    this.#client.send({ id, question });
    return (await answer) as T;
  }

  /** A command at the machine's gateway. */
  call(timeoutMs: number, ...words: readonly string[]): Promise<Called> {
    return this.ask<Called>({ type: 'call', words, timeoutMs });
  }

  /** Undefined while the gateway does not answer. */
  async overlay(): Promise<readonly NodeStatus[] | undefined> {
    const { text } = await this.call(adminMs, 'RONDO.OVERLAY');
    return text === undefined ? undefined : (JSON.parse(text) as NodeStatus[]);
  }

  async stats(): Promise<RingStats | undefined> {
    const { text } = await this.call(adminMs, 'RONDO.STATS');
    return text === undefined ? undefined : (JSON.parse(text) as RingStats);
  }

  async close(): Promise<void> {
    // A stopped process is ended by this signal alone.
    this.signal('SIGKILL');
    await this.ended();
    if (this.#client.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#client.once('exit', resolve));
    this.#client.disconnect();
    await ended;
  }

  #answered({ id, answer, error }: Answer): void {
    const waiting = this.#answers.get(id);
    this.#answers.delete(id);
    if (error === undefined) waiting?.resolve(answer);
    else waiting?.reject(new Error(error));
  }
}

interface Answer {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: string;
}

const adminMs = 5_000;

/** Without the coverage of the tests that may run this: it would be written by processes that are killed. */
function environment(): NodeJS.ProcessEnv {
  return { ...process.env, NODE_V8_COVERAGE: '', NO_COLOR: '1' };
}
