/** JSON from another host: bounded before it is parsed, and Latin-1, so that a character is a byte. */
import { isByteString } from '../bytes.js';
import { WireError } from './wire-error.js';

/** Ten times the longest list of nodes and partitions that a message holds. */
export const jsonBytesMax = 4 * 1024 * 1024;
/** More than any message has. The parser takes a thousand times as long for brackets within brackets as for the same number in a row. */
const depthMax = 16;
const quote = 0x22;
const backslash = 0x5c;

/** Throws WireError when the text would be refused for its length. */
export function stringifyJson(frame: string, value: unknown): string {
  const json = JSON.stringify(value);
  const text = isByteString(json) ? json : json.replace(/[\u0100-\uffff]/g, escape);
  checkLength(frame, text);
  return text;
}

export function parseJson(frame: string, text: string): unknown {
  checkLength(frame, text);
  if (isTooDeep(text)) throw new WireError(frame, '', `has JSON of more than ${depthMax} levels`);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new WireError(frame, '', 'has what is no JSON');
  }
}

function checkLength(frame: string, { length }: string): void {
  if (length > jsonBytesMax)
    throw new WireError(frame, '', `has ${length} bytes of JSON, more than ${jsonBytesMax}`);
}

function isTooDeep(text: string): boolean {
  let depth = 0;
  let isInText = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (isInText) {
      if (code === backslash) index++;
      else if (code === quote) isInText = false;
    } else if (code === quote) isInText = true;
    // [ and {, ] and }
    else if ((code & ~0x20) === 0x5b) {
      if (++depth > depthMax) return true;
    } else if ((code & ~0x20) === 0x5d) depth--;
  }
  return false;
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
