/** `up`: the flags of starting a ring on this host. */
import { InvalidArgumentError, type Command } from 'commander';
import type { Consistency, OverlayKind, Placement } from '../../../src/config.js';
import { jsonFlag, withExamples, type Context } from '../context.js';
import { addBridgeFlags, type BridgeFlags } from './bridge-flags.js';
import { addDoorFlags, type DoorFlags } from './door-flags.js';
import { flag, numberFlag, parseListenAddress, parseSize, parseWhole, type Address } from '../flag.js';

export interface UpFlags extends DoorFlags, BridgeFlags {
  readonly nodes: number;
  readonly replicas: number;
  readonly consistency: Consistency;
  readonly allowEven?: true;
  readonly partitions?: number;
  readonly maxEntries: number;
  readonly maxBytes: number;
  readonly resp: Address | 'none';
  readonly http: Address | 'none';
  readonly placement: Placement;
  readonly successors?: number;
  readonly overlay: OverlayKind;
  readonly listen?: string;
  readonly join?: readonly string[];
  readonly advertise?: string;
  readonly cluster: string;
  readonly joinTimeoutMs: number;
  readonly record?: string;
  readonly json?: true;
}

export function registerUp(program: Command, context: Context): void {
  const up = program
    .command('up')
    .description('start a ring: every node on a worker thread of its own; its records are in memory only')
    .addOption(numberFlag('-n, --nodes <count>', 'nodes', 1, 4_096).default(8))
    .addOption(numberFlag('-k, --replicas <count>', 'copies of each record', 1, 7).default(3))
    .addOption(
      flag('--consistency <mode>', 'linearizable: reads are never stale; eventual: faster, and may be')
        .choices(['eventual', 'linearizable'])
        .default('linearizable'),
    )
    .addOption(flag('--allow-even', 'let k be even in linearizable mode: it tolerates no more crashes'))
    .addOption(
      flag(
        '--partitions <count>',
        'arcs of the circle, a power of two from 256 to 4096 (256, or 32 a node)',
      ).argParser(parsePartitions),
    )
    .addOption(
      numberFlag(
        '--max-entries <count>',
        'records a node leads before it evicts; 0 = no bound',
        0,
        Number.MAX_SAFE_INTEGER,
      ).default(0),
    )
    .addOption(
      flag('--max-bytes <size>', 'bytes a node leads before it evicts, such as 64mb; 0 = no bound')
        .argParser(parseSize)
        .default(0),
    )
    .addOption(door('--resp', 'the Redis-protocol door', { host: '127.0.0.1', port: 7379 }))
    .addOption(door('--http', 'the inspector page', { host: '127.0.0.1', port: 7480 }))
    .addOption(
      flag('--placement <how>', 'how identifiers are chosen')
        .choices(['balanced', 'hash'])
        .default('balanced'),
    )
    .addOption(
      numberFlag('-r, --successors <count>', 'length of successor lists (4, or 8 with --listen)', 1, 32),
    )
    .addOption(flag('--overlay <kind>', 'chord').choices(['chord', 'kademlia']).default('chord'))
    .addOption(flag('--listen <host:port>', 'where other hosts reach this one; port 0 = any free port'))
    .addOption(
      flag('--join <host:port,...>', 'join the ring of these hosts: the first that answers').argParser(
        parseList,
      ),
    )
    .addOption(
      flag('--advertise <host:port>', 'where other hosts dial this one, if not where it listens (NAT)'),
    )
    .addOption(flag('--cluster <name>', 'hosts of another cluster are refused').default('rondo'))
    .addOption(numberFlag('--join-timeout-ms <ms>', 'how long to try to join', 1, 86_400_000).default(60_000))
    .addOption(flag('--record <file>', 'record the workload: not yet in this version').hideHelp())
    .addOption(jsonFlag());
  addBridgeFlags(up);
  addDoorFlags(up);
  withExamples(up, [
    'up',
    'up -n 16 -k 5',
    'up --max-entries 100000 --resp 0 --http none --json',
    'up --listen 127.0.0.1:7400',
    'up --join 127.0.0.1:7400 --resp 0 --http 0',
  ]).action(async (options: UpFlags, command: Command) => {
    const { runUp } = await import('../run-up.js');
    const isGiven = (name: keyof UpFlags): boolean => command.getOptionValueSource(name) !== 'default';
    await runUp(options, isGiven, context);
  });
}

function door(name: string, what: string, address: Address): ReturnType<typeof flag> {
  return flag(`${name} <host:port>`, `${what}; 0 = any free port, none = off`)
    .argParser(parseListenAddress)
    .default(address, `${address.host}:${address.port}`);
}

function parseList(text: string): readonly string[] {
  return text.split(',').map((part) => part.trim());
}

function parsePartitions(text: string): number {
  const partitions = parseWhole(text, 256, 4_096);
  if (Number.isInteger(Math.log2(partitions))) return partitions;
  throw new InvalidArgumentError('It must be a power of two from 256 to 4096.');
}
