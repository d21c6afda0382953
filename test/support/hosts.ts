/** Hosts as separate processes on the loopback: started by the command line, asked through their gateways, ended like machines. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { NodeStatus } from '../../src/admin.js';
import { Redis } from 'ioredis';

const main = fileURLToPath(new URL('../../runner/cli/main.js', import.meta.url));

export interface TestHost {
  readonly process: ChildProcess;
  /** `HOST:PORT` under which other hosts reach it. */
  readonly address: string;
  readonly nodes: readonly string[];
  /** A client of its gateway. */
  readonly redis: Redis;
  /** What it wrote to stderr. */
  said(): string;
  signal(name: NodeJS.Signals): void;
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

export class Hosts {
  readonly #all: ChildProcess[] = [];
  readonly #clients: Redis[] = [];

  /** Resolves when all its nodes are members; rejects with what it said when it ends before. */
  async start(...flags: readonly string[]): Promise<TestHost> {
    const { child, ended, said } = this.#spawn(flags);
    const lines = createInterface({ input: child.stdout ?? process.stdin });
    const ready = new Promise<string>((resolve) => lines.once('line', resolve));
    const first = await Promise.race([ready, ended]);
    if (typeof first !== 'string' || !first.startsWith('{'))
      throw new Error(`a host ended with ${first} before it was ready: ${said()}`);
    const { listen, resp, nodes } = JSON.parse(first) as { listen: string; resp: string; nodes: string[] };
    const port = Number(resp.slice(resp.lastIndexOf(':') + 1));
    const redis = new Redis({ port, host: '127.0.0.1', maxRetriesPerRequest: 0, enableOfflineQueue: true });
    redis.on('error', () => undefined);
    this.#clients.push(redis);
    return {
      process: child,
      address: listen,
      nodes,
      redis,
      said,
      ended,
      signal: (name) => void child.kill(name),
    };
  }

  /** A host that is expected not to get ready: its exit code, and what it said. */
  async fail(
    ...flags: readonly string[]
  ): Promise<{ readonly code: number | string; readonly said: string }> {
    const { ended, said } = this.#spawn(flags);
    const code = await ended;
    return { code, said: said() };
  }

  /** Ends all of them without a word. */
  async end(): Promise<void> {
    for (const client of this.#clients.splice(0)) client.disconnect();
    const ending = this.#all.splice(0).map((child) => {
      if (child.exitCode !== null || child.signalCode !== null) return undefined;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      return ended;
    });
    await Promise.all(ending);
  }

  #spawn(flags: readonly string[]) {
    const common = ['up', '--resp', '0', '--http', 'none', '--json'];
    const child = spawn(process.execPath, [main, ...common, ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_V8_COVERAGE: '' },
    });
    this.#all.push(child);
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const ended = new Promise<number | string>((resolve) =>
      child.once('close', (code, signal) => resolve(code ?? signal ?? 'nothing')),
    );
    return { child, ended, said: () => said };
  }
}

export async function overlayOf({ redis }: TestHost): Promise<readonly NodeStatus[]> {
  return JSON.parse(String(await redis.call('RONDO.OVERLAY'))) as NodeStatus[];
}

/** Waits for a condition on real processes; fails with the last state seen when it does not come true in time. */
export async function eventually<T>(
  look: () => Promise<T>,
  holds: (state: T) => boolean,
  timeoutMs = 40_000,
): Promise<T> {
  const untilMs = Date.now() + timeoutMs;
  for (;;) {
    const state = await look();
    if (holds(state)) return state;
    if (Date.now() > untilMs) throw new Error(`it did not come true: ${JSON.stringify(state)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Whether predecessors and first successors are inverse to each other all around, and all are members. */
export function isIdeal(nodes: readonly NodeStatus[], count: number): boolean {
  return (
    nodes.length === count &&
    nodes.every((node, index) => {
      const next = nodes[(index + 1) % nodes.length];
      return (
        node.state === 'member' &&
        (nodes.length === 1 || (node.successors[0] === next?.id && next?.predecessor === node.id))
      );
    })
  );
}
