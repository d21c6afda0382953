/** Reads a file as lines of bytes: only a line feed ends a line, and a carriage return before it goes too. */
import { createReadStream } from 'node:fs';
import { trustBytes, type ByteString } from '../../src/bytes.js';
import { RondoError } from '../../src/errors.js';

const byteOrderMark = '\u00ef\u00bb\u00bf';

/** Yields many lines at a time, without their endings. `-` is the standard input. Rejects with a RondoError that names the file. */
export async function* readLines(file: string): AsyncGenerator<readonly ByteString[], void> {
  const stream = file === '-' ? process.stdin : createReadStream(file);
  stream.setEncoding('latin1');
  let rest = '';
  let first = true;
  try {
    for await (const chunk of stream) {
      const text = first ? withoutMark(String(chunk)) : rest + String(chunk);
      first = false;
      const lines = text.split('\n');
      rest = lines.pop() ?? '';
      yield lines.map(withoutReturn);
    }
  } catch (error) {
    throw unreadable(file, error);
  }
  if (rest !== '') yield [withoutReturn(rest)];
}

function withoutMark(text: string): string {
  return text.startsWith(byteOrderMark) ? text.slice(byteOrderMark.length) : text;
}

function withoutReturn(line: string): ByteString {
  return trustBytes(line.endsWith('\r') ? line.slice(0, -1) : line);
}

function unreadable(file: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  switch (error.code) {
    case 'ENOENT':
      return new RondoError('NOT_FOUND', `${file}: no such file`, { cause: error });
    case 'EISDIR':
      return new RondoError(
        'INVALID_ARGUMENT',
        `${file}: is a folder; name its files, such as ${file}/*.txt`,
        {
          cause: error,
        },
      );
    case 'EACCES':
      return new RondoError('NOT_FOUND', `${file}: not allowed to read it`, { cause: error });
    default:
      return new RondoError('NOT_FOUND', `${file}: cannot be read (${error.message})`, { cause: error });
  }
}
