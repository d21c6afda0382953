/** `dump` and `restore`: all records as JSON lines, with the time that each has left. The ring itself is in memory only. */
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import type { Command } from 'commander';
import { bytesFromText } from '../../../src/bytes.js';
import { RondoError } from '../../../src/errors.js';
import { parseJsonLine } from '../../replay/jsonl.js';
import { readLines } from '../../replay/lines.js';
import { jsonBytes } from '../../workload/history.js';
import { bytesOfContent, type Operation } from '../../workload/operation.js';
import { clientCommand, type ClientOptions, type Context } from '../context.js';
import { recordsOfRing } from '../records-of-ring.js';
import type { Session } from '../session.js';
import { integerOf } from './records.js';

/** SETs under way at once. */
const restoreWindow = 128;

export function registerDump(program: Command, context: Context): void {
  const { output } = context;
  const dump = program
    .command('dump <file>')
    .description('write all records to a file as JSON lines (values that are not UTF-8 as value_base64)');
  clientCommand(dump, ['dump records.jsonl']).action(async (file: string, options: ClientOptions) => {
    const records = await context.withSession(options, (session) => dumpTo(session, file));
    if (options.json) output.json({ file, records });
    else output.data(`${records} records written to ${file}`);
  });

  const restore = program
    .command('restore <file>')
    .description('put all records of a dump; others are left as they are');
  clientCommand(restore, ['restore records.jsonl']).action(async (file: string, options: ClientOptions) => {
    const records = await context.withSession(options, (session) => restoreFrom(session, file));
    if (options.json) output.json({ file, records });
    else output.data(`${records} records restored from ${file}`);
  });
}

/** Written beside and then renamed: whatever happens, FILE is a whole dump, the former one or this. */
async function dumpTo(session: Session, file: string): Promise<number> {
  const part = `${file}.part`;
  const handle = await open(part, 'w').catch((error: unknown) => {
    throw new RondoError('NOT_FOUND', `${part}: cannot be written (${String(error)})`, { cause: error });
  });
  let count: number;
  try {
    count = await writeRecords(session, handle);
    // On the disk before it takes the former one's place.
    await handle.sync();
  } catch (error) {
    await handle.close();
    await rm(part, { force: true });
    throw error;
  }
  await handle.close();
  await rename(part, file);
  return count;
}

async function writeRecords(session: Session, handle: FileHandle): Promise<number> {
  let count = 0;
  for await (const { records } of recordsOfRing(session)) {
    const ttls = await Promise.all(
      records.map(async ({ key }) => integerOf(await session.call('PTTL', key))),
    );
    const lines = records.flatMap(({ key, value }, index) => {
      const ttlMs = ttls[index] ?? -1;
      // -2: gone since the page was read.
      if (ttlMs === -2) return [];
      const expiry = ttlMs > 0 ? { ttl_ms: ttlMs } : {};
      return [
        `${JSON.stringify({ op: 'put', ...jsonBytes('key', key), ...jsonBytes('value', value), ...expiry })}\n`,
      ];
    });
    count += lines.length;
    // Not `write`, which may stop short of the end without an error.
    await handle.appendFile(lines.join(''));
  }
  return count;
}

/** Stops at the first line that is none of a dump, and names it; what stood before it has been put. */
async function restoreFrom(session: Session, file: string): Promise<number> {
  let count = 0;
  let number = 0;
  for await (const lines of readLines(file)) {
    const operations: Operation[] = [];
    for (const line of lines) {
      number++;
      const parsed = parseJsonLine(line);
      if (parsed.type === 'operations') operations.push(...parsed.operations);
      else if (parsed.type === 'problem') {
        await putAll(session, operations);
        throw new RondoError(
          'NOT_FOUND',
          `${file}:${number}: ${parsed.message}; the ${count + operations.length} records before it are restored`,
        );
      }
    }
    await putAll(session, operations);
    count += operations.length;
  }
  return count;
}

async function putAll(session: Session, operations: readonly Operation[]): Promise<void> {
  for (let at = 0; at < operations.length; at += restoreWindow) {
    await Promise.all(operations.slice(at, at + restoreWindow).map((operation) => put(session, operation)));
  }
}

async function put(session: Session, operation: Operation): Promise<void> {
  if (operation.type !== 'put')
    throw new RondoError('NOT_FOUND', `a dump holds puts, not a ${operation.type}`);
  const expiry = operation.ttlMs > 0 ? ['PX', String(Math.ceil(operation.ttlMs))] : [];
  await session.call(
    'SET',
    operation.key,
    bytesOfContent(operation.value),
    ...expiry.map((word) => bytesFromText(word)),
  );
}
