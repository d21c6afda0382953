/** Splits a line of the prompt into words, with quotes and backslashes as a shell has them. */

export type Words =
  | { readonly type: 'words'; readonly words: readonly string[] }
  | { readonly type: 'problem'; readonly message: string };

/**
 * Single quotes keep everything; in double quotes and outside, a backslash keeps the next character (`\n`, `\r` and `\t` in
 * double quotes are the control characters). A `#` at the start of a word begins a comment.
 */
export function splitWords(line: string): Words {
  const words: string[] = [];
  let word: string | undefined;
  let quote: '"' | "'" | undefined;
  for (let index = 0; index < line.length; index++) {
    const character = line.charAt(index);
    if (quote !== undefined) {
      if (character === quote) quote = undefined;
      else if (quote === '"' && character === '\\') word = (word ?? '') + escaped(line.charAt(++index));
      else word = (word ?? '') + character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (character === '\\') {
      word = (word ?? '') + line.charAt(++index);
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === '#' && word === undefined) {
      break;
    } else {
      word = (word ?? '') + character;
    }
  }
  if (quote !== undefined) return { type: 'problem', message: `a ${quote} is not closed` };
  if (word !== undefined) words.push(word);
  return { type: 'words', words };
}

function escaped(character: string): string {
  switch (character) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return character;
  }
}
