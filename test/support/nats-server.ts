/** A real nats-server for tests, on a free port of the loopback; undefined where none is installed. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface NatsServer {
  readonly port: number;
  readonly url: string;
  /** Ends the process without a word to anybody, and starts another at the same port `afterMs` later. */
  restart(afterMs?: number): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** Resolves when the process has ended. */
  kill(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

export const natsMissing = 'no nats-server is installed here (apt-get install nats-server): skipped';

export function hasNatsServer(): boolean {
  return spawnSync('nats-server', ['--version']).error === undefined;
}

/** `config` is in the server's own language. */
export async function startNatsServer(config = ''): Promise<NatsServer> {
  const directory = await mkdtemp(join(tmpdir(), 'rondo-nats-'));
  const file = join(directory, 'nats.conf');
  const port = await freePort();
  await writeFile(file, `listen: "127.0.0.1:${port}"\n${config}\n`);
  let running: ChildProcess | undefined;

  const start = async (): Promise<void> => {
    const server = spawn('nats-server', ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
    running = server;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      server.once('exit', (code) => reject(new Error(`nats-server ended with ${code}: ${said}`)));
      server.stderr.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (said.includes('Server is ready')) resolve();
      });
    });
  };
  const kill = async (): Promise<void> => {
    const server = running;
    running = undefined;
    if (server === undefined || server.exitCode !== null) return;
    server.removeAllListeners('exit');
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  };
  await start();
  return {
    port,
    url: `nats://127.0.0.1:${port}`,
    async restart(afterMs = 0) {
      await kill();
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      await start();
    },
    signal: (name) => void running?.kill(name),
    kill,
    start,
    async close() {
      await kill();
      await rm(directory, { recursive: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
