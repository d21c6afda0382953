/**
 * Glob patterns as redis has them: `*`, `?`, `[a-z]`, `[^a]`, `\` to escape. Each literal run between stars is found once,
 * leftmost, and never looked for again, so a match costs at most pattern x text, never more.
 */

/** One character of a run: a byte, any byte, or a class of bytes. */
type Part = number | 'any' | ReadonlySet<number>;

/** A run between stars; `text` when it is of plain bytes only. */
interface Run {
  readonly parts: readonly Part[];
  readonly text: string | undefined;
}

export type GlobMatcher = (text: string) => boolean;

export function compileGlob(pattern: string): GlobMatcher {
  if (/^\*+$/.test(pattern)) return () => true;
  const runs = readRuns(pattern);
  const first = runs[0] ?? emptyRun;
  const last = runs.at(-1) ?? emptyRun;
  if (runs.length === 1) {
    return (text) => text.length === first.parts.length && matchesAt(first, text, 0);
  }
  const between = runs.slice(1, -1);
  return (text) => {
    const end = text.length - last.parts.length;
    if (end < first.parts.length || !matchesAt(first, text, 0) || !matchesAt(last, text, end)) return false;
    let at = first.parts.length;
    for (const run of between) {
      const found = find(run, text, at, end);
      if (found === -1) return false;
      at = found + run.parts.length;
    }
    return true;
  };
}

const emptyRun: Run = { parts: [], text: '' };

/** The offset of the run in the text between `from` and `end`, or -1. */
function find(run: Run, text: string, from: number, end: number): number {
  const lastStart = end - run.parts.length;
  if (run.text !== undefined) {
    const found = text.indexOf(run.text, from);
    return found > lastStart ? -1 : found;
  }
  for (let at = from; at <= lastStart; at++) {
    if (matchesAt(run, text, at)) return at;
  }
  return -1;
}

function matchesAt(run: Run, text: string, at: number): boolean {
  if (run.text !== undefined) return text.startsWith(run.text, at);
  return run.parts.every((part, index) => {
    if (part === 'any') return true;
    const code = text.charCodeAt(at + index);
    return typeof part === 'number' ? part === code : part.has(code);
  });
}

function readRuns(pattern: string): Run[] {
  const runs: Run[] = [];
  let parts: Part[] = [];
  let at = 0;
  while (at < pattern.length) {
    const character = pattern.charAt(at);
    if (character === '*') {
      runs.push(runOf(parts));
      parts = [];
      at++;
    } else if (character === '?') {
      parts.push('any');
      at++;
    } else if (character === '[') {
      const readClass = readByteClass(pattern, at + 1);
      parts.push(readClass.bytes);
      at = readClass.end;
    } else {
      const isEscape = character === '\\' && at + 1 < pattern.length;
      parts.push(pattern.charCodeAt(isEscape ? at + 1 : at));
      at += isEscape ? 2 : 1;
    }
  }
  runs.push(runOf(parts));
  return runs;
}

function runOf(parts: readonly Part[]): Run {
  const bytes = parts.filter((part) => typeof part === 'number');
  return { parts, text: bytes.length === parts.length ? String.fromCharCode(...bytes) : undefined };
}

/** A class whose `[` was just read; one that is not closed reaches to the pattern's end, as in redis. */
function readByteClass(pattern: string, from: number): { bytes: ReadonlySet<number>; end: number } {
  const isNegated = pattern.charAt(from) === '^';
  const bytes = new Set<number>();
  let at = isNegated ? from + 1 : from;
  while (at < pattern.length && pattern.charAt(at) !== ']') {
    if (pattern.charAt(at) === '\\' && at + 1 < pattern.length) at++;
    const low = pattern.charCodeAt(at);
    const isRange = pattern.charAt(at + 1) === '-' && at + 2 < pattern.length;
    const high = isRange ? pattern.charCodeAt(at + 2) : low;
    for (let byte = Math.min(low, high); byte <= Math.max(low, high); byte++) bytes.add(byte);
    at += isRange ? 3 : 1;
  }
  const end = at + 1;
  if (!isNegated) return { bytes, end };
  const others = new Set<number>();
  for (let byte = 0; byte < 256; byte++) if (!bytes.has(byte)) others.add(byte);
  return { bytes: others, end };
}
