/** Where a command writes: data on standard output, all else on standard error. */
import pc from 'picocolors';
import { bytesFromText, trustBytes, type ByteString } from '../../src/bytes.js';

export type Colors = ReturnType<typeof pc.createColors>;

export interface Output {
  /** A line of data. */
  data(text: string): void;
  /** Bytes of data as they are, and a line end. */
  bytes(bytes: ByteString): void;
  /** One line of JSON. */
  json(value: unknown): void;
  /** A line for people: progress, warnings, errors. */
  note(text: string): void;
  /** For standard output; off when it is no terminal or NO_COLOR is set. */
  readonly colors: Colors;
}

/** Makes an output of two sinks; `writeData` gets bytes as Latin-1 text. Colours are as given. */
export function createOutput(
  writeData: (line: ByteString) => void,
  writeNote: (line: string) => void,
  colors: Colors,
): Output {
  return {
    data: (text) => writeData(bytesFromText(`${text}\n`)),
    bytes: (bytes) => writeData(trustBytes(`${bytes}\n`)),
    json: (value) => writeData(bytesFromText(`${JSON.stringify(value)}\n`)),
    note: (text) => writeNote(`${text}\n`),
    colors,
  };
}

/** The process's own streams. A reader that goes away (`| head`) ends the process quietly. */
export function processOutput(): Output {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  return createOutput(
    (line) => void process.stdout.write(line, 'latin1'),
    (line) => void process.stderr.write(line),
    colorsFor(process.stdout),
  );
}

/** See no-color.org: any value but an empty one switches colours off. */
function colorsFor(stream: { readonly isTTY?: boolean }): Colors {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  const refused = NO_COLOR !== undefined && NO_COLOR !== '';
  const forced = FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0';
  return pc.createColors(!refused && (forced || (stream.isTTY === true && TERM !== 'dumb')));
}

/** Rows as aligned columns, two spaces apart; numbers (as `right` says by column) end at the same place. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: ReadonlySet<number> = new Set(),
): readonly string[] {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [head, ...rows].map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return right.has(column) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}
