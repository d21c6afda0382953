/** INFO: the sections that clients and dashboards read, as `name:value` lines. */
import type { Call, Handler } from '../command.js';
import { errorFrom } from '../outcome.js';
import { bulkText, type RespValue } from '../resp-value.js';
import { redisVersion } from '../version.js';
import { countRecords } from './scan.js';

type Lines = readonly (readonly [name: string, value: string | number])[];

interface Section {
  readonly name: string;
  readonly lines: (call: Call) => Lines | Promise<Lines>;
}

const sections: readonly Section[] = [
  { name: 'Server', lines: server },
  { name: 'Clients', lines: clients },
  { name: 'Memory', lines: memory },
  { name: 'Persistence', lines: () => [['loading', 0]] },
  { name: 'Stats', lines: stats },
  {
    name: 'Replication',
    lines: () => [
      ['role', 'master'],
      ['connected_slaves', 0],
    ],
  },
  { name: 'Cluster', lines: () => [['cluster_enabled', 0]] },
  { name: 'Keyspace', lines: keyspace },
];

const everySection: ReadonlySet<string> = new Set(['all', 'default', 'everything']);

export const info: Handler = async (call): Promise<RespValue> => {
  const wanted = new Set(call.args.slice(1).map((name) => name.toLowerCase()));
  const isAll = wanted.size === 0 || [...wanted].some((name) => everySection.has(name));
  const texts: string[] = [];
  for (const { name, lines } of sections) {
    if (!isAll && !wanted.has(name.toLowerCase())) continue;
    const shown = (await lines(call)).map(([field, value]) => `${field}:${value}\r\n`);
    texts.push(`# ${name}\r\n${shown.join('')}`);
  }
  return bulkText(texts.join('\r\n'));
};

function server({ gateway }: Call): Lines {
  const upSeconds = Math.max(0, Math.floor((gateway.nowMs() - gateway.startedMs) / 1000));
  return [
    ['redis_version', redisVersion],
    ['redis_mode', 'standalone'],
    ['server_name', 'rondo'],
    ['process_id', process.pid],
    ['tcp_port', gateway.port],
    ['uptime_in_seconds', upSeconds],
    ['uptime_in_days', Math.floor(upSeconds / 86_400)],
  ];
}

function clients({ gateway }: Call): Lines {
  return [
    ['connected_clients', [...gateway.sessions()].length],
    ['maxclients', gateway.connectionsMax],
  ];
}

function memory(): Lines {
  const { heapUsed, rss } = process.memoryUsage();
  return [
    ['used_memory', heapUsed],
    ['used_memory_rss', rss],
    ['maxmemory', 0],
    ['maxmemory_policy', 'allkeys-lru'],
  ];
}

function stats({ gateway }: Call): Lines {
  const counters = gateway.counters();
  return [
    ['total_connections_received', counters.connectionsReceived],
    ['rejected_connections', counters.connectionsRejected],
    ['total_commands_processed', counters.commandsProcessed],
    ['total_net_input_bytes', counters.bytesReceived],
    ['total_net_output_bytes', counters.bytesSent],
  ];
}

/** INFO is how clients find out whether a server is there: it answers even when the nodes do not. */
async function keyspace(call: Call): Promise<Lines> {
  try {
    const count = await countRecords(call);
    if (count.type === 'integer') return [['db0', `keys=${count.value},expires=0,avg_ttl=0`]];
    return [['rondo_unavailable', count.type === 'error' ? count.message : count.type]];
  } catch (thrown) {
    return [['rondo_unavailable', errorFrom(thrown).message.replace(/[\r\n]+/g, ' ')]];
  }
}
