/** Loads workload files whole, before anything is sent: a broken line is known while it still has done no harm. */
import type { ByteString } from '../../src/bytes.js';
import { RondoError } from '../../src/errors.js';
import type { Operation } from '../workload/operation.js';
import { detectFormat, parserFor } from './detect.js';
import { formatNames, type Existing, type FormatName, type LineParser } from './format.js';
import { readLines } from './lines.js';

export interface LoadOptions {
  /** Undefined: told by each file's name or first lines. */
  readonly format: FormatName | undefined;
  readonly existing: Existing;
}

export interface LoadedFile {
  readonly file: string;
  readonly format: FormatName;
  readonly operations: readonly Operation[];
  /** `file:line: what was expected`, the first ones. */
  readonly problems: readonly string[];
  /** All broken lines, also those beyond `problems`. */
  readonly broken: number;
}

/** Messages kept of one file. */
const problemsMax = 10;
/** Lines looked at for the format: a YCSB log starts with a page of properties. */
const detectionLines = 200;

/** Rejects with a RondoError when the file cannot be read or its format not told; broken lines are reported, not thrown. */
export async function loadFile(file: string, options: LoadOptions): Promise<LoadedFile> {
  const operations: Operation[] = [];
  const problems: string[] = [];
  let broken = 0;
  let line = 0;
  let format: FormatName | undefined;
  let parse: LineParser | undefined;
  for await (const lines of readLines(file)) {
    if (lines.length === 0) continue;
    if (format === undefined || parse === undefined) {
      format = options.format ?? detect(file, lines);
      parse = parser(format, file, lines, options.existing);
    }
    for (const text of lines) {
      line++;
      const parsed = parse(text, { file, line });
      if (parsed.type === 'operations') {
        for (const operation of parsed.operations) operations.push(operation);
      } else if (parsed.type === 'problem') {
        broken++;
        if (problems.length < problemsMax) problems.push(`${file}:${line}: ${parsed.message}`);
      }
    }
  }
  return { file, format: format ?? options.format ?? 'jsonl', operations, problems, broken };
}

function detect(file: string, lines: readonly ByteString[]): FormatName {
  const format = detectFormat(file, lines.slice(0, detectionLines));
  if (format !== undefined) return format;
  throw new RondoError(
    'INVALID_ARGUMENT',
    `${file}: cannot tell its format; name it with --format ${formatNames.join('|')}`,
  );
}

function parser(
  format: FormatName,
  file: string,
  lines: readonly ByteString[],
  existing: Existing,
): LineParser {
  const firstLine = lines.find((line) => line !== '');
  const parse = firstLine === undefined ? undefined : parserFor(format, file, firstLine, existing);
  if (parse !== undefined) return parse;
  throw new RondoError(
    'INVALID_ARGUMENT',
    `${file}: cannot tell which of the course's files it is; name it insert_*_part.txt, insert.txt, query_*.txt or requests_*.txt`,
  );
}
