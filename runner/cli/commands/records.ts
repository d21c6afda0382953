/** The commands on one record: put, get, delete, append. */
import type { Command } from 'commander';
import { bytesFromText, textFromBytes, type ByteString } from '../../../src/bytes.js';
import { RondoError } from '../../../src/errors.js';
import { bytesOf, type RespValue } from '../../gateway/resp-value.js';
import { jsonBytes } from '../../workload/history.js';
import { clientCommand, type ClientOptions, type Context } from '../context.js';
import { exitCodes } from '../exit-code.js';
import { flag, numberFlag } from '../flag.js';
import type { Session } from '../session.js';
import { printEveryRecord } from './every-record.js';

interface PutFlags extends ClientOptions {
  readonly ttlMs?: number;
  readonly ifAbsent?: true;
  readonly ifPresent?: true;
}

export function registerRecordCommands(program: Command, context: Context): void {
  const put = program
    .command('put <key> <value>')
    .aliases(['set', 'insert'])
    .description('store a record; an existing one is replaced')
    .addOption(numberFlag('--ttl-ms <ms>', 'forget the record after this time', 1, Number.MAX_SAFE_INTEGER))
    .addOption(flag('--if-absent', 'only if there is no such record').conflicts('ifPresent'))
    .addOption(flag('--if-present', 'only if there is one'));
  clientCommand(put, [
    'put "Like a Rolling Stone" 1965',
    'put session:7 token --ttl-ms 60000',
    'put -- --key-with-dashes value',
  ]).action(async (key: string, value: string, options: PutFlags) => {
    const stored = await context.withSession(options, (session) =>
      putRecord(session, bytesFromText(key), bytesFromText(value), options),
    );
    if (options.json) context.output.json({ key, stored });
    else if (stored) context.output.data('OK');
    if (stored) return;
    const presence = options.ifAbsent ? 'there is one already' : 'there is none';
    if (!options.json) context.output.note(`not stored: ${presence} under ${JSON.stringify(key)}`);
    context.setExitCode(exitCodes.failure);
  });

  const get = program
    .command('get <key>')
    .alias('query')
    .description("print a record's value; query '*' prints every record, grouped by node");
  clientCommand(get, ['get "Like a Rolling Stone"', "query '*'", 'get session:7 --json']).action(
    async (key: string, options: ClientOptions, command: Command) => {
      // The star means every record to `query` alone: to `get` it is a key like any other.
      if (key === '*' && wasCalled(command, 'query')) {
        return context.withSession(options, (session) =>
          printEveryRecord(session, context.output, options.json === true),
        );
      }
      const value = await context.withSession(options, async (session) =>
        valueOf(await session.call('GET', bytesFromText(key))),
      );
      if (options.json)
        context.output.json({ key, ...(value === undefined ? { value: null } : jsonBytes('value', value)) });
      else if (value !== undefined) context.output.bytes(value);
      else context.output.note('(nil)');
      if (value === undefined) context.setExitCode(exitCodes.failure);
    },
  );

  const remove = program.command('delete <key>').alias('del').description('delete a record');
  clientCommand(remove, ['delete "Like a Rolling Stone"']).action(
    async (key: string, options: ClientOptions) => {
      const deleted = await context.withSession(
        options,
        async (session) => integerOf(await session.call('DEL', bytesFromText(key))) > 0,
      );
      if (options.json) context.output.json({ key, deleted });
      else if (deleted) context.output.data('OK');
      else context.output.note('(nil)');
      if (!deleted) context.setExitCode(exitCodes.failure);
    },
  );

  const append = program
    .command('append <key> <value>')
    .description('append to a record, or make it; prints the new length in bytes');
  clientCommand(append, ['append log ", one more line"']).action(
    async (key: string, value: string, options: ClientOptions) => {
      const length = await context.withSession(options, async (session) =>
        integerOf(await session.call('APPEND', bytesFromText(key), bytesFromText(value))),
      );
      if (options.json) context.output.json({ key, length });
      else context.output.data(String(length));
    },
  );
}

/** False when a condition did not hold. */
async function putRecord(
  session: Session,
  key: ByteString,
  value: ByteString,
  options: PutFlags,
): Promise<boolean> {
  const words = [
    ...(options.ttlMs === undefined ? [] : ['PX', String(options.ttlMs)]),
    ...(options.ifAbsent ? ['NX'] : []),
    ...(options.ifPresent ? ['XX'] : []),
  ];
  const reply = await session.call('SET', key, value, ...words.map((word) => bytesFromText(word)));
  return reply.type !== 'null';
}

/** Undefined for a key that is absent. */
export function valueOf(reply: RespValue): ByteString | undefined {
  return reply.type === 'null' ? undefined : bytesOf(reply);
}

export function integerOf(reply: RespValue): number {
  const bytes = bytesOf(reply);
  const value = bytes === undefined ? NaN : Number(textFromBytes(bytes));
  if (Number.isFinite(value)) return value;
  throw new RondoError('INTERNAL', `expected a number from the ring, found a reply of type ${reply.type}`);
}

/** Commander hides which alias was typed; the words before parsing tell. */
function wasCalled(command: Command, alias: string): boolean {
  return command.parent?.args[0] === alias;
}
