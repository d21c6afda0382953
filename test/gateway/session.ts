/** Runs an example that reads as a session at a prompt does. */
import { expect } from 'chai';
import { createHarness, type Harness, type HarnessOptions } from './harness.js';
import { show } from './show.js';

export type ExampleSession = readonly [situation: string, lines: string, options?: HarnessOptions];

/** Lines of `command => reply`; `(pass 100)` lets milliseconds pass. Words as a user types them. */
export async function runSession(lines: string, options: HarnessOptions = {}): Promise<Harness> {
  const harness = createHarness(options);
  for (const line of lines.split('\n')) {
    const [request = '', expected] = line.trimStart().split(' => ');
    const pause = /^\(pass (\d+)\)$/.exec(request)?.[1];
    if (pause !== undefined) harness.pass(Number(pause));
    else {
      await harness.send(`${request}\r\n`);
      expect(harness.replies().map(show), request).to.deep.equal([expected]);
    }
  }
  return harness;
}
