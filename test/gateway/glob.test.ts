/** Glob patterns, against a plain definition of what they mean. */
import { expect } from 'chai';
import * as fc from 'fast-check';
import { compileGlob } from '../../runner/gateway/glob.js';

/** Stars, question marks and letters only: the definition, without any cleverness. */
function matchesPlainly(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  const rest = pattern.slice(1);
  if (pattern.startsWith('*'))
    return matchesPlainly(rest, text) || (text !== '' && matchesPlainly(pattern, text.slice(1)));
  return (
    text !== '' &&
    (pattern.startsWith('?') || pattern.charAt(0) === text.charAt(0)) &&
    matchesPlainly(rest, text.slice(1))
  );
}

describe('a glob pattern', () => {
  const examples: readonly (readonly [
    pattern: string,
    matching: readonly string[],
    other: readonly string[],
  ])[] = [
    ['', [''], ['a']],
    ['*', ['', 'a', '\n\xff'], []],
    ['a', ['a'], ['', 'b', 'aa', 'A']],
    ['h?llo', ['hello', 'h\nllo'], ['hllo', 'heello']],
    ['h*llo', ['hllo', 'heeello'], ['hell']],
    ['h[ae]llo', ['hello', 'hallo'], ['hillo']],
    ['h[^e]llo', ['hallo'], ['hello', 'hllo']],
    ['h[a-c]llo', ['hbllo'], ['hdllo', 'h-llo']],
    ['h[c-a]llo', ['hbllo'], ['hdllo']],
    ['*[0-9]', ['a1', '1'], ['a', '1a']],
    ['[\\]]', [']'], ['\\']],
    ['h\\*llo', ['h*llo'], ['hello']],
    ['[abc', ['a', 'b', 'c'], ['[abc', 'd']],
    ['[]', [], ['', '[]', 'a']],
    ['\\', ['\\'], ['']],
    ['a*b*c', ['abc', 'aXbYc', 'abbcc'], ['acb', 'ab']],
    ['*a*', ['a', 'xax'], ['b']],
    ['ab*ba', ['abba', 'abcba'], ['aba']],
  ];
  for (const [pattern, matching, other] of examples) {
    it(`${JSON.stringify(pattern)} matches what it should`, () => {
      const matches = compileGlob(pattern);
      for (const text of matching) expect(matches(text), text).to.equal(true);
      for (const text of other) expect(matches(text), text).to.equal(false);
    });
  }

  it('of stars, question marks and letters matches by the definition', () => {
    const letters = (alphabet: string, maxLength: number) =>
      fc.array(fc.constantFrom(...alphabet), { maxLength }).map((all) => all.join(''));
    fc.assert(
      fc.property(letters('ab?*', 7), letters('ab', 9), (pattern, text) => {
        expect(compileGlob(pattern)(text)).to.equal(matchesPlainly(pattern, text));
      }),
      { numRuns: 2_000 },
    );
  });

  it('that backtracks for ever elsewhere is quick', () => {
    const matches = compileGlob(`${'*a'.repeat(500)}*b`);
    const started = performance.now();
    expect(matches('a'.repeat(64 * 1024))).to.equal(false);
    expect(performance.now() - started).to.be.lessThan(1_000);
  });
});
