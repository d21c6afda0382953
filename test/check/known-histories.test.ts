/** Histories known to be good or bad, by hand: what each kind of fault looks like, and what its smallest part is. */
import { expect } from 'chai';
import { bytesFromText } from '../../src/bytes.js';
import { checkHistory, type HistoryVerdict } from '../../runner/check/check-history.js';
import type { CheckRules } from '../../runner/check/limits.js';
import { parseHistoryLine } from '../../runner/check/history-line.js';
import type { ObservedOperation } from '../../runner/check/observed.js';
import { timelinePage } from '../../runner/check/timeline.js';
import { append, exchange, get, history, incr, put, refusal, remove, strict } from './histories.js';

const judge = (operations: readonly ObservedOperation[], rules: CheckRules = strict): HistoryVerdict =>
  checkHistory({ keys: new Map([[bytesFromText('k'), operations]]) }, rules);

const good: Readonly<Record<string, readonly ObservedOperation[]>> = {
  'no operation': history(),
  'a read that overlaps a write sees the old or the new value': history(
    [0, 1, put('a')],
    [2, 9, put('b')],
    [3, 4, get('a')],
    [5, 6, get('b')],
  ),
  'a write of unknown outcome takes effect late': history(
    [0, 1, put('a')],
    [2, Infinity, put('b')],
    [3, 4, get('a')],
    [50, 51, get('b')],
  ),
  'a write of unknown outcome never takes effect': history(
    [0, 1, put('a')],
    [2, Infinity, put('b')],
    [50, 51, get('a')],
  ),
  'one of two compareAndSets wins': history(
    [0, 1, put('a')],
    [2, 5, exchange('a', 'b')],
    [2, 5, refusal('a', 'b')],
  ),
  'two deletes at once, one finds the value': history(
    [0, 1, put('a')],
    [2, 5, remove(true)],
    [2, 5, remove(false)],
  ),
  'appends in the order of their lengths': history(
    [0, 9, append('x', 1)],
    [0, 9, append('y', 2)],
    [10, 11, get('xy')],
  ),
  'values that touch at one time follow each other': history(
    [0, 1, put('a')],
    [5, 6, get('a')],
    [4, 5, put('b')],
    [9, 10, get('b')],
  ),
  'of two deletes the one that must end first explains the first absence': history(
    [0, 30, remove()],
    [0, 10, remove()],
    [1, 2, put('a')],
    [3, 4, get(null)],
    [20, 21, put('b')],
    [25, 26, get(null)],
  ),
  'increments from nothing': history([0, 9, incr(1, 2)], [0, 9, incr(1, 1)], [10, 11, get('2')]),
};

const bad: Readonly<Record<string, readonly [number, readonly ObservedOperation[]]>> = {
  'a stale read': [3, history([0, 1, put('a')], [2, 3, put('b')], [4, 5, get('a')])],
  'reads that go back': [4, history([0, 1, put('a')], [2, 9, put('b')], [3, 4, get('b')], [5, 6, get('a')])],
  'a read before the write': [1, history([0, 1, get('a')], [2, 3, put('a')])],
  'a value that nobody wrote': [1, history([0, 1, put('a')], [2, 3, get('ghost')])],
  'a lost write': [2, history([0, 1, put('a')], [2, 3, get(null)])],
  'a lost update': [
    3,
    history([0, 1, put('a')], [2, 5, exchange('a', 'b')], [2, 5, exchange('a', 'c')], [6, 7, get('c')]),
  ],
  'a compareAndSet refused by what it expected': [2, history([0, 1, put('a')], [2, 3, refusal('a', 'a')])],
  'two creations of one key': [2, history([0, 5, exchange(null, 'a')], [0, 5, exchange(null, 'b')])],
  'a resurrected delete': [3, history([0, 1, put('a')], [2, 3, remove()], [4, 5, get('a')])],
  'a delete that found what was gone': [
    3,
    history([0, 1, put('a')], [2, 3, remove(true)], [4, 5, remove(true)]),
  ],
  'an append done twice': [2, history([0, 1, append('x', 1)], [2, 3, get('xx')])],
  'a counter that lost one': [2, history([0, 1, incr(1, 1)], [2, 3, incr(1, 1)], [4, 5, get('1')])],
};

describe('histories known to be good', () => {
  for (const [name, operations] of Object.entries(good)) {
    it(name, () => {
      for (const cache of [false, true])
        for (const preloaded of [false, true])
          expect(judge(operations, { cache, preloaded }).verdict).to.equal('ok');
    });
  }
});

describe('histories known to be bad', () => {
  for (const [name, [size, operations]] of Object.entries(bad)) {
    it(`${name}: the smallest part has ${size} of ${operations.length} operations`, () => {
      const verdict = judge(operations);
      expect(verdict.verdict).to.equal('illegal');
      expect(verdict.failures[0]?.operations).to.have.length(size);
      expect(verdict.failures[0]?.operations.map(({ line }) => line)).to.include(
        verdict.failures[0]?.culprit.line,
      );
    });
  }

  it('the smallest part of a long history holds what contradicts, and its reason', () => {
    const rows: [number, number, ReturnType<typeof put>][] = [];
    for (let turn = 0; turn < 500; turn++)
      rows.push([turn * 10, turn * 10 + 4, put(`v${turn}`)], [turn * 10 + 5, turn * 10 + 8, get(`v${turn}`)]);
    rows[801] = [4005, 4008, get('v390')];
    const [failure] = judge(history(...rows)).failures;
    expect(failure?.observed).to.equal(1000);
    expect(failure?.operations.map(({ line }) => line))
      .to.include(802)
      .and.have.length.below(5);
    expect(failure?.culprit.line).to.equal(802);
    expect(failure?.conflict?.why).to.match(/"v390" cannot be the key's value both before and after/);
  });
});

describe('rules', () => {
  it('in a cache a value may vanish, but not come back', () => {
    const cache = { cache: true, preloaded: false };
    expect(judge(history([0, 1, put('a')], [2, 3, get(null)]), cache).verdict).to.equal('ok');
    expect(judge(history([0, 1, put('a')], [2, 3, get(null)], [4, 5, get('a')]), cache).verdict).to.equal(
      'illegal',
    );
    expect(judge(history([0, 1, append('a', 1)], [2, 3, append('b', 1)]), cache).verdict).to.equal('ok');
  });

  it('with records from before one value may have been there, not two', () => {
    const preloaded = { cache: false, preloaded: true };
    expect(judge(history([0, 1, get('old')], [2, 3, get('old')]), preloaded).verdict).to.equal('ok');
    expect(judge(history([0, 1, get('old')], [2, 3, get('older')]), preloaded).verdict).to.equal('illegal');
    expect(judge(history([0, 1, append('b', 4)], [2, 3, get('oldb')]), preloaded).verdict).to.equal('ok');
    expect(judge(history([0, 1, append('b', 5)], [2, 3, get('oldb')]), preloaded).verdict).to.equal(
      'illegal',
    );
  });

  it('too many appends for a search are unknown, and say so', () => {
    const rows = Array.from({ length: 2_001 }, (_, index) => [index, index, append('x')] as const);
    const verdict = judge(history(...rows));
    expect(verdict.verdict).to.equal('unknown');
    expect(verdict.undecided[0]?.why).to.match(/2001 operations, .*more than 2000/);
  });
});

describe('a line of a history', () => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['nonsense', /expected a JSON object, found nonsense/],
    ['{"op":"set"}', /expected "op" to be one of get, put/],
    ['{"op":"get"}', /expected "key" or "key_base64"/],
    ['{"op":"get","key":"k","client":1,"ok":"no"}', /expected "ok" to be true, false or "unknown", found no/],
    ['{"op":"get","key":"k","client":1,"ok":true,"start_ns":2,"end_ns":1}', /"end_ns" not before "start_ns"/],
    ['{"op":"get","key":"k","client":1,"ok":true,"start_ns":1,"end_ns":2}', /"output" or "output_base64"/],
    [
      '{"op":"cas","key":"k","client":1,"ok":true,"start_ns":1,"end_ns":2,"expected":"a"}',
      /"output" of a cas/,
    ],
  ];
  for (const [text, says] of wrong) {
    it(`is refused in words: ${text}`, () => {
      expect(parseHistoryLine(text, 1)).to.have.property('message').that.matches(says);
    });
  }

  it('constrains nothing when it certainly did not happen', () => {
    const text = '{"client":3,"op":"put","key":"k","value":"v","start_ns":1,"end_ns":2,"ok":false}';
    expect(parseHistoryLine(text, 1)).to.deep.equal({ type: 'dropped' });
  });
});

describe('the picture of a failing part', () => {
  it('escapes what the history holds, and marks the culprit', () => {
    const evil = '</text><script>alert("1")</script>';
    const [failure] = judge(history([0, 1, put(evil)], [2, 3, put('b')], [4, 5, get(evil)])).failures;
    if (failure === undefined) throw new Error('nothing fails');
    const page = timelinePage(failure);
    expect(page).to.not.contain('<script');
    expect(page).to.contain('&lt;script&gt;');
    expect(page.match(/class="culprit"/g)).to.have.length(1);
  });
});
