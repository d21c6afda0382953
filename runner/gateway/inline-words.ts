/** Splits a request typed as a line into its words, with quotes and escapes as redis-cli users type them (sds.c, sdssplitargs). */
import { trustBytes, type ByteString } from '../../src/bytes.js';

const escapes: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['b', '\b'],
  ['a', '\u0007'],
]);

/** The words of the line, or undefined when a quote is not closed or is followed by something else than a space. */
export function splitInlineWords(line: string): ByteString[] | undefined {
  const words: ByteString[] = [];
  let at = skipSpaces(line, 0);
  while (at < line.length) {
    let word = '';
    while (at < line.length && !isSpace(line, at)) {
      const character = line.charAt(at);
      if (character !== '"' && character !== "'") {
        word += character;
        at++;
        continue;
      }
      const quoted = character === '"' ? readDoubleQuoted(line, at + 1) : readSingleQuoted(line, at + 1);
      if (quoted === undefined || (quoted.end < line.length && !isSpace(line, quoted.end))) return undefined;
      word += quoted.text;
      at = quoted.end;
    }
    words.push(trustBytes(word));
    at = skipSpaces(line, at);
  }
  return words;
}

/** `end` is the offset after the closing quote. */
interface Quoted {
  readonly text: string;
  readonly end: number;
}

function readDoubleQuoted(line: string, from: number): Quoted | undefined {
  let text = '';
  for (let at = from; at < line.length; at++) {
    const character = line.charAt(at);
    if (character === '"') return { text, end: at + 1 };
    if (character !== '\\' || at + 1 >= line.length) {
      text += character;
      continue;
    }
    const hex = /^x([0-9a-fA-F]{2})/.exec(line.slice(at + 1, at + 4))?.[1];
    const escaped = line.charAt(at + 1);
    text += hex === undefined ? (escapes.get(escaped) ?? escaped) : String.fromCharCode(parseInt(hex, 16));
    at += hex === undefined ? 1 : 3;
  }
  return undefined;
}

function readSingleQuoted(line: string, from: number): Quoted | undefined {
  let text = '';
  for (let at = from; at < line.length; at++) {
    const character = line.charAt(at);
    if (character === "'") return { text, end: at + 1 };
    const isEscapedQuote = character === '\\' && line.charAt(at + 1) === "'";
    if (isEscapedQuote) at++;
    text += isEscapedQuote ? "'" : character;
  }
  return undefined;
}

function skipSpaces(line: string, from: number): number {
  let at = from;
  while (at < line.length && isSpace(line, at)) at++;
  return at;
}

function isSpace(line: string, at: number): boolean {
  const code = line.charCodeAt(at);
  return code === 32 || (code >= 9 && code <= 13) || code === 0;
}
