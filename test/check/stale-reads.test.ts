import { expect } from 'chai';
import fc from 'fast-check';
import { bytesFromText } from '../../src/bytes.js';
import { checkKey } from '../../runner/check/check-key.js';
import { defaultCheckLimits } from '../../runner/check/limits.js';
import type { Action } from '../../runner/check/observed.js';
import { staleReads } from '../../runner/check/stale-reads.js';
import { append, get, history, put, remove, strict } from './histories.js';

type Row = readonly [start: number, end: number, action: Action];

function stale(...rows: readonly Row[]): number[] {
  return staleReads({ keys: new Map([[bytesFromText('k'), history(...rows)]]) });
}

describe('a stale read', () => {
  it('returns a value older than one acknowledged before it began', () => {
    expect(stale([0, 1, put('a')], [2, 3, put('b')], [4, 5, get('a')], [4, 5, get('b')])).to.deep.equal([3]);
    expect(stale([0, 1, put('a')], [2, 3, get(null)]), 'the key was absent before all').to.deep.equal([2]);
    expect(stale([0, 1, put('a')], [2, 3, remove()], [4, 5, get('a')])).to.deep.equal([3]);
    expect(stale([0, 1, put('a')], [2, 3, remove()], [4, 5, get(null)])).to.deep.equal([]);
  });

  it('is none while the newer value is under way, or its outcome unknown', () => {
    expect(stale([0, 1, put('a')], [2, 9, put('b')], [4, 5, get('a')])).to.deep.equal([]);
    expect(stale([0, 1, put('a')], [2, Infinity, put('b')], [4, 5, get('a')])).to.deep.equal([]);
  });

  it('is none when the writes overlapped, or the value was written again', () => {
    expect(stale([0, 3, put('a')], [2, 4, put('b')], [5, 6, get('a')])).to.deep.equal([]);
    expect(stale([0, 1, put('a')], [2, 3, put('b')], [4, 5, put('a')], [6, 7, get('a')])).to.deep.equal([]);
  });

  it('is not looked for where what is written depends on what was there', () => {
    expect(stale([0, 1, put('a')], [2, 3, append('b')], [4, 5, get('a')])).to.deep.equal([]);
  });

  it('is in no linearizable history', () => {
    const action = fc.oneof(
      fc.constantFrom('a', 'b', 'c').map(put),
      fc.constantFrom('a', 'b', 'c', null).map(get),
      fc.constant(remove()),
    );
    const row = fc.tuple(fc.nat(30), fc.integer({ min: 1, max: 10 }), action);
    fc.assert(
      fc.property(fc.array(row, { maxLength: 7 }), (drawn) => {
        const rows = drawn.map(([start, length, action]): Row => [start, start + length, action]);
        const budget = { stepsLeft: defaultCheckLimits.stepsMax };
        const verdict = checkKey(history(...rows), strict, defaultCheckLimits, budget);
        if (verdict.type === 'ok') expect(stale(...rows)).to.deep.equal([]);
      }),
      { numRuns: 2_000 },
    );
  });
});
