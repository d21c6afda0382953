/** The names of a host in its certificate: those by which others dial it. */
import { isIP } from 'node:net';
import { RondoError } from '../../src/errors.js';

const nameMax = 253;
/** Letters, digits, hyphens and, as containers' names have them, underscores; the first label may be a wildcard. */
const namePattern =
  /^(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i;

/** Takes words with commas in them; drops repetitions. Throws INVALID_ARGUMENT for what is neither a name nor an IP address. */
export function readNames(words: readonly string[]): readonly string[] {
  const names = words.flatMap((word) => word.split(',')).map((name) => name.trim());
  const wrong = names.find((name) => !isName(name));
  if (wrong !== undefined) {
    throw new RondoError(
      'INVALID_ARGUMENT',
      `'${wrong}' is neither a DNS name nor an IP address: name the host as others dial it, without port and brackets`,
    );
  }
  return [...new Set(names)];
}

function isName(name: string): boolean {
  if (isIP(name) !== 0) return !name.includes('%');
  // What looks like an address and is none was meant for one.
  return name.length <= nameMax && namePattern.test(name) && !/^[\d.]+$/.test(name);
}

/** For a pair of files: `::1` is no name of a file everywhere, `*` is none that one likes to type. */
export function fileNameOf(name: string): string {
  return name.replaceAll(':', '_').replaceAll('*', 'any');
}
