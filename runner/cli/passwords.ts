/** Passwords out of a flag, its environment variable, or a file; the file is the one that nobody else sees. */
import { RondoError } from '../../src/errors.js';
import { readText } from './tls-files.js';

export interface PasswordSource {
  /** The flag's name; the file's is that with -file. */
  readonly flag: string;
  readonly given: readonly string[] | undefined;
  readonly file: string | undefined;
}

/** In order, none empty; none at all when no flag is given. Throws INVALID_ARGUMENT when there are none or more than two. */
export function readPasswords({ flag, given, file }: PasswordSource): readonly string[] {
  if (file === undefined && given === undefined) return [];
  const what = file === undefined ? flag : `${flag}-file ${file}`;
  // A line end at the end is how editors write files, not part of the password.
  const passwords = file === undefined ? (given ?? []) : linesOf(readText(`${flag}-file`, file));
  if (passwords.length === 0 || passwords.includes('')) {
    throw new RondoError(
      'INVALID_ARGUMENT',
      `${what} holds an empty password: give one, or leave the flag out`,
    );
  }
  if (passwords.length > passwordsMax) {
    throw new RondoError(
      'INVALID_ARGUMENT',
      `${what} holds ${passwords.length} passwords: one is valid, or two during a rotation`,
    );
  }
  return passwords;
}

const passwordsMax = 2;

function linesOf(text: string): readonly string[] {
  const lines = text.split(/\r?\n/);
  while (lines.length > 0 && lines.at(-1) === '') lines.pop();
  return lines;
}
