/** Loading of whole files: line ends, places of problems, the songs of examples/songs, and the dealing to clients. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { songFiles } from '../../examples/songs/generate.js';
import { trustBytes } from '../../src/bytes.js';
import { RondoError } from '../../src/errors.js';
import type { Operation } from '../../runner/workload/operation.js';
import { dealOperations } from '../../runner/replay/deal.js';
import { loadFile } from '../../runner/replay/load-workload.js';

const options = { format: undefined, existing: 'replace' } as const;

describe('loading a workload file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rondo-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (name: string, content: string): string => {
    const file = join(folder, name);
    writeFileSync(file, content, 'latin1');
    return file;
  };

  it('strips line ends and a byte order mark, and nothing else', async () => {
    const file = write(
      'query_00.txt',
      '\u00ef\u00bb\u00bfA song \r\nB\u2028'.replace('\u2028', '\u00e9') + '\n\nC',
    );
    const loaded = await loadFile(file, options);
    expect(loaded.operations.map((operation) => operation.key)).to.deep.equal(['A song ', 'B\u00e9', 'C']);
  });

  it('names file and line of what is broken, and goes on to find the rest', async () => {
    const file = write('requests_00.txt', 'query, A\nquary, B\ninsert, C\nquery, D\n');
    const loaded = await loadFile(file, options);
    expect(loaded.broken).to.equal(2);
    expect(loaded.problems[0]).to.match(/requests_00\.txt:2: expected "query, TITLE"/);
    expect(loaded.problems[1]).to.match(/requests_00\.txt:3: /);
    expect(loaded.operations).to.have.length(2);
  });

  it('fails with the file named when there is none, or its format cannot be told', async () => {
    const failure = async (file: string): Promise<unknown> =>
      loadFile(file, options).catch((error: unknown) => error);
    expect(await failure(join(folder, 'none.txt')))
      .to.be.instanceOf(RondoError)
      .and.have.property('code', 'NOT_FOUND');
    expect(await failure(write('notes', 'hello\n')))
      .to.have.property('message')
      .match(/cannot tell its format; name it with --format/);
    expect(await failure(folder))
      .to.have.property('message')
      .match(/is a folder/);
  });

  it('reads an empty file as no operations', async () => {
    expect(await loadFile(write('query_00.txt', ''), options)).to.include({ broken: 0 });
  });

  it('reads a line longer than a chunk', async () => {
    const title = 'x'.repeat(300_000);
    const loaded = await loadFile(write('query_00.txt', `${title}\nB\n`), options);
    expect(loaded.operations.map((operation) => operation.key.length)).to.deep.equal([300_000, 1]);
  });
});

describe('examples/songs', () => {
  for (const [name, content] of songFiles()) {
    it(`${name} is what the generator writes, and all of it can be played`, async () => {
      expect(readFileSync(join('examples/songs', name), 'utf8')).to.equal(content);
      const loaded = await loadFile(join('examples/songs', name), options);
      expect(loaded.broken).to.equal(0);
      expect(loaded.operations).to.have.length(content.split('\n').length - 1);
    });
  }
});

describe('dealing', () => {
  const operation = (key: string, client?: string): Operation => ({
    type: 'get',
    key: trustBytes(key),
    atNs: undefined,
    client,
  });
  const keys = (hands: readonly (readonly Operation[])[]): string[] =>
    hands.map((hand) => hand.map((dealt) => dealt.key).join(''));
  const files = [[operation('a'), operation('b')], [operation('c')], []];

  it('gives each file its client, and an empty one none', () => {
    expect(keys(dealOperations(files, undefined))).to.deep.equal(['ab', 'c']);
  });

  it('keeps files whole while there are enough, and deals operation by operation beyond', () => {
    expect(keys(dealOperations(files, 2))).to.deep.equal(['ab', 'c']);
    expect(keys(dealOperations([[operation('a'), operation('b'), operation('c')]], 2))).to.deep.equal([
      'ac',
      'b',
    ]);
  });

  it('keeps the operations of a recorded client together', () => {
    const recorded = [
      ['x', '1'],
      ['y', '2'],
      ['z', '1'],
      ['w', '3'],
    ].map(([key = '', client]) => operation(key, client));
    expect(keys(dealOperations([recorded], 2))).to.deep.equal(['xzw', 'y']);
  });
});
