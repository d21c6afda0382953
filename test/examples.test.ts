import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

describe('examples', () => {
  it('shared-cache renders each page once for all threads', async () => {
    const { stdout } = await run(process.execPath, ['examples/shared-cache/main.mjs']);
    expect(stdout.trim()).to.equal('20 pages in the cache, rendered 20 times by 4 threads');
  }).timeout(30_000);
});
