/** Commands that describe the server: COMMAND, CONFIG, INFO, TIME. */
import { textFromBytes } from '../../../src/bytes.js';
import { argument, noKeys, rowsOf, type Call, type Command, type Handler } from '../command.js';
import { compileGlob } from '../glob.js';
import { array, bulkText, errorValue, integer, map, nil, simple, type RespValue } from '../resp-value.js';
import { info } from './info.js';
import { refusePattern } from './scan.js';

const command: Handler = (call) => {
  const { commands } = call.gateway;
  const names = call.args.slice(2).map((name) => name.toLowerCase());
  switch (argument(call, 1).toUpperCase()) {
    case '':
      return array([...commands.values()].map(describe));
    case 'COUNT':
      return integer(commands.size);
    case 'LIST':
      return array([...commands.keys()].map(bulkText));
    case 'INFO': {
      const wanted = names.length === 0 ? [...commands.keys()] : names;
      return array(
        wanted.map((name) => {
          const found = commands.get(name);
          return found === undefined ? nil : describe(found);
        }),
      );
    }
    case 'DOCS': {
      const wanted = names.length === 0 ? [...commands.keys()] : names;
      const found = wanted.map((name) => commands.get(name)).filter((row) => row !== undefined);
      return map(found.map((row) => [row.name, document(row)]));
    }
    default:
      return errorValue('ERR unknown subcommand of COMMAND. Try COUNT, DOCS, INFO or LIST.');
  }
};

/** Flags as redis names them; ours that it has no name for stay out. */
const redisFlags: ReadonlySet<string> = new Set(['readonly', 'write', 'fast', 'admin', 'no_auth']);

function describe(row: Command): RespValue {
  const flags = row.flags.filter((flag) => redisFlags.has(flag)).map(simple);
  return array([
    bulkText(row.name),
    integer(row.arity),
    { type: 'set', items: flags },
    integer(row.firstKey),
    integer(row.lastKey),
    integer(row.keyStep),
    { type: 'set', items: [] },
    array([]),
    array([]),
    array([]),
  ]);
}

function document(row: Command): RespValue {
  return map([
    ['summary', bulkText(row.summary)],
    ['since', bulkText('0.1.0')],
    ['group', bulkText(row.group)],
  ]);
}

const config: Handler = (call) => {
  switch (argument(call, 1).toUpperCase()) {
    case 'GET':
      return configGet(call);
    case 'SET':
      return errorValue(
        'ERR CONFIG SET is not offered: a ring is configured when it is created, a gateway when it is started',
      );
    case 'RESETSTAT':
      return errorValue('ERR CONFIG RESETSTAT is not offered: counters run from the start');
    default:
      return errorValue('ERR unknown subcommand of CONFIG. Try CONFIG GET pattern.');
  }
};

function configGet(call: Call): RespValue {
  const patterns = call.args.slice(2);
  if (patterns.length === 0) return errorValue("ERR wrong number of arguments for 'config|get' command");
  const refusal = patterns
    .map((pattern) => refusePattern(call, pattern))
    .find((refused) => refused !== undefined);
  if (refusal !== undefined) return refusal;
  const matchers = patterns.slice(0, 64).map((pattern) => compileGlob(textFromBytes(pattern).toLowerCase()));
  const found = parametersOf(call).filter(([name]) => matchers.some((matches) => matches(name)));
  return map(found.map(([name, value]) => [name, bulkText(value)]));
}

/** The parameters that clients and benchmarks look for, with what is true of them here. */
function parametersOf({ gateway }: Call): readonly (readonly [name: string, value: string])[] {
  const { limits } = gateway;
  return [
    ['appendonly', 'no'],
    ['databases', '1'],
    ['maxclients', String(gateway.connectionsMax)],
    ['maxmemory', '0'],
    ['maxmemory-policy', 'allkeys-lru'],
    ['port', String(gateway.port)],
    ['proto-max-bulk-len', String(limits.bulkBytesMax)],
    ['rondo-key-bytes-max', String(limits.keyBytesMax)],
    ['rondo-partitions', String(gateway.submitter.partitions)],
    ['rondo-value-bytes-max', String(limits.valueBytesMax)],
    ['save', ''],
    ['timeout', String(Math.floor(limits.idleMs / 1000))],
  ];
}

const time: Handler = ({ gateway }) => {
  const nowMs = gateway.nowMs();
  return array([bulkText(String(Math.floor(nowMs / 1000))), bulkText(String((nowMs % 1000) * 1000))]);
};

const row = rowsOf('server');

export const serverCommands: readonly Command[] = [
  row('command', -1, ['fast'], noKeys, 'Describes the commands', command),
  row('config', -2, ['fast', 'admin'], noKeys, 'Shows the configuration', config),
  row('info', -1, ['readonly'], noKeys, 'Describes the server', info),
  row('time', 1, ['fast'], noKeys, 'Tells the time', time),
];
