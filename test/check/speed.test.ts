/** Large histories of an atomic register are decided, within generous bounds. */
import { expect } from 'chai';
import { checkHistory, type HistoryVerdict } from '../../runner/check/check-history.js';
import { historyOf, type History } from '../../runner/check/load-history.js';
import { strict } from './histories.js';
import { createRandom } from '../../src/random.js';

/** Sixteen clients without pause: gets, puts, compareAndSets, and deletes that do not tell; each acts at a moment within its time. */
function registerHistory(operations: number, keys: number): string[] {
  const next = createRandom(7);
  /** A whole number below the bound. */
  const random = (bound: number): number => Math.floor(next() * bound);
  const freeNs = new Array<number>(16).fill(0);
  const rows = Array.from({ length: operations }, (_, index) => {
    const client = index % 16;
    const startNs = (freeNs[client] ?? 0) + random(20_000);
    const endNs = startNs + 1 + random(100_000);
    freeNs[client] = endNs;
    return { client, startNs, endNs, momentNs: startNs + random(endNs - startNs) };
  });
  rows.sort((a, b) => a.momentNs - b.momentNs);
  const state = new Map<string, string>();
  return rows.map(({ client, startNs, endNs }, index) => {
    const key = `k${random(keys)}`;
    const held = state.get(key) ?? null;
    const value = `v${index}`;
    const roll = random(100);
    const times = { client, key, start_ns: startNs, end_ns: endNs, ok: true };
    if (roll < 50) return JSON.stringify({ ...times, op: 'get', output: held });
    if (roll < 90) state.set(key, value);
    else state.delete(key);
    if (roll < 80) return JSON.stringify({ ...times, op: 'put', value });
    if (roll < 90) return JSON.stringify({ ...times, op: 'cas', expected: held, value, output: true });
    return JSON.stringify({ ...times, op: 'delete' });
  });
}

function secondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

describe('100,000 operations', function () {
  this.timeout(60_000);

  const decide = (lines: readonly string[]): HistoryVerdict & { readonly seconds: number } => {
    // Of the processor: other programs do not count.
    const before = process.cpuUsage();
    const history: History = historyOf(lines, 'history');
    expect(history.broken).to.equal(0);
    return { ...checkHistory(history, strict), seconds: secondsSince(before) };
  };

  for (const keys of [1_000, 1]) {
    it(`on ${keys === 1 ? 'one hot key' : `${keys} keys`} are decided, good and bad`, () => {
      const lines = registerHistory(100_000, keys);
      const good = decide(lines);
      expect(good.verdict).to.equal('ok');
      expect(good.seconds).to.be.below(15);
      // A stale read near the end.
      const early = lines.find((line) => /"op":"put"/.test(line)) ?? '';
      const { key, value } = JSON.parse(early) as { key: string; value: string };
      const late = lines.findLastIndex(
        (line) => line.includes(`"key":"${key}"`) && line.includes('"op":"get"'),
      );
      lines[late] = JSON.stringify({ ...(JSON.parse(lines[late] ?? '') as object), output: value });
      const bad = decide(lines);
      expect(bad.verdict).to.equal('illegal');
      expect(bad.seconds).to.be.below(30);
      expect(bad.failures[0]?.operations).to.have.length.below(8);
    });
  }
});
