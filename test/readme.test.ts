import { expect } from 'chai';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);
const readme = readFileSync('README.md', 'utf8');
const command = 'dist/runner/cli/main.js';

/** The fenced blocks of README in a language. */
function blocks(language: string): string[] {
  return [...readme.matchAll(/```(\w+)\n([\s\S]*?)```/g)]
    .filter(([, name]) => name === language)
    .map(([, , body]) => body ?? '');
}

/** The words of a shell line: quotes are removed, a comment ends it, and the shell's own globbing is left to the shell. */
function commandsIn(block: string): string[] {
  return block
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '');
}

describe('README', () => {
  let ring: ChildProcess;
  let address: string;

  before(async function () {
    this.timeout(30_000);
    ring = spawn(process.execPath, [command, 'up', '--json', '--resp', '0', '--http', '0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (ring.stdout === null) throw new Error('the ring has no output');
    for await (const line of createInterface(ring.stdout)) {
      const ready = JSON.parse(line) as { event: string; resp: string };
      expect(ready.event).to.equal('ready');
      address = ready.resp;
      break;
    }
  });

  after(async function () {
    this.timeout(30_000);
    const ended = new Promise((resolve) => ring.once('exit', resolve));
    ring.kill('SIGTERM');
    await ended;
  });

  for (const line of blocks('sh').flatMap(commandsIn)) {
    if (line.startsWith('npx rondo ')) {
      it(`runs: ${line}`, async () => {
        const rest = line.slice('npx rondo '.length);
        await run('bash', ['-c', `"${process.execPath}" ${command} ${rest}`], {
          env: { ...process.env, RONDO_CONNECT: address },
        });
      }).timeout(60_000);
    } else {
      it(`names scripts that exist: ${line}`, () => {
        const scripts = JSON.parse(readFileSync('package.json', 'utf8')) as {
          scripts: Record<string, string>;
        };
        for (const part of line.split('&&').map((words) => words.trim())) {
          const script = /^npm (?:run )?(\S+)$/.exec(part)?.[1];
          if (script !== 'ci') expect(scripts.scripts).to.have.property(script ?? part);
        }
      });
    }
  }

  for (const [index, source] of blocks('js').entries()) {
    it(`runs its program ${index + 1}`, async () => {
      mkdirSync('.build', { recursive: true });
      const file = `.build/readme-${index}.mjs`;
      writeFileSync(file, source);
      try {
        const { stdout } = await run(process.execPath, [file]);
        expect(stdout).to.contain('value');
      } finally {
        rmSync(file);
      }
    }).timeout(30_000);
  }
});
