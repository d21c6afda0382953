/** `rondo check` and `rondo replay --check`: what they print and how they end. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runHere, upRing } from '../cli/running.js';

describe('rondo check', () => {
  let folder: string;
  const file = (name: string, ...lines: readonly object[]): string => {
    const path = join(folder, name);
    writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return path;
  };
  const row = (client: number, op: string, time: number, more: object): object => ({
    client,
    op,
    key: 'k',
    start_ns: time,
    end_ns: time + 1,
    ok: true,
    ...more,
  });
  const stale = [
    row(1, 'put', 0, { value: 'a' }),
    row(1, 'put', 10, { value: 'b' }),
    row(2, 'get', 20, { output: 'a' }),
  ];
  before(() => (folder = mkdtempSync(join(tmpdir(), 'rondo-check-'))));
  after(() => rmSync(folder, { recursive: true }));

  it('a good history ends with 0', async () => {
    const ran = await runHere(['check', file('good.jsonl', row(1, 'put', 0, { value: 'a' }))]);
    expect(ran).to.deep.equal({
      code: 0,
      stdout: 'verdict     ok\noperations  1 on 1 keys\nkeys        1 ok, 0 illegal, 0 unknown\n',
      stderr: '',
    });
  });

  it('a bad one ends with 5, names the lines, and leaves a picture', async () => {
    const picture = join(folder, 'failing.html');
    const ran = await runHere(['check', file('bad.jsonl', ...stale), '--html', picture]);
    expect(ran).to.include({ code: 5, stderr: '' });
    expect(ran.stdout).to.match(/^verdict {5}illegal\n[\s\S]*> line 3, client 2: get found "a" \[20, 21\]\n/);
    expect(readFileSync(picture, 'utf8')).to.match(
      /^<!doctype html>[\s\S]*<svg [\s\S]*get found &quot;a&quot;/,
    );
  });

  it('says the same in JSON', async () => {
    const ran = await runHere(['check', file('bad.jsonl', ...stale), '--json']);
    const verdict = JSON.parse(ran.stdout) as { failures: { part: object[] }[] };
    expect(verdict).to.deep.include({ verdict: 'illegal', keys: { ok: 0, illegal: 1, unknown: 0 } });
    expect(verdict.failures[0]?.part).to.have.length(3);
  });

  it('a cache may lose a value', async () => {
    const lost = file('lost.jsonl', row(1, 'put', 0, { value: 'a' }), row(1, 'get', 10, { output: null }));
    expect((await runHere(['check', lost])).code).to.equal(5);
    expect((await runHere(['check', lost, '--cache'])).code).to.equal(0);
  });

  it('a history beyond the limits is unknown, and ends with 1', async () => {
    const appends = Array.from({ length: 2_001 }, (_, index) => row(1, 'append', index * 2, { value: 'x' }));
    const ran = await runHere(['check', file('large.jsonl', ...appends)]);
    expect(ran.code).to.equal(1);
    expect(ran.stdout).to.match(/^verdict {5}unknown\n[\s\S]*unknown {5}"k", 2001 operations: /);
  });

  it('broken lines end with 1, with file, line and what was expected', async () => {
    const path = file('broken.jsonl', ...stale);
    writeFileSync(path, 'nonsense\n', { flag: 'a' });
    const ran = await runHere(['check', path]);
    expect(ran).to.include({ code: 1, stdout: '' });
    expect(ran.stderr).to.match(/broken\.jsonl:4: expected a JSON object, found nonsense\n1 broken lines/);
  });

  it('replay --check judges what it observed, in the last JSON line', async () => {
    const ring = await upRing(['-n', '1', '-k', '1', '--http', 'none']);
    try {
      const workload = file('workload.jsonl', ...stale.map((line, index) => ({ ...line, t_ns: index })));
      const words = ['replay', workload, '--connect', ring.resp, '--check'];
      const ran = await runHere([...words, '--json']);
      expect(ran.code).to.equal(0);
      expect(JSON.parse(ran.stdout)).to.include({ operations: 3, verdict: 'ok' });
      expect((await runHere(words)).stdout).to.match(/^verdict {5}ok$/m);
    } finally {
      await ring.end('SIGKILL');
    }
  }).timeout(20_000);
});
