/** `up`: starts a ring on this host, with its Redis-protocol door and its inspector, and keeps it until a signal ends it. */
import { availableParallelism } from 'node:os';
import { InvalidArgumentError, type Command } from 'commander';
import { createRing, type Ring } from '../../../actors/index.js';
import type { Consistency, OverlayKind, Placement } from '../../../src/config.js';
import { RondoError } from '../../../src/errors.js';
import { isLoopback } from '../../gateway/address.js';
import { startGateway } from '../../gateway/server.js';
import { createBridge } from '../../inspector/bridge.js';
import { startInspector } from '../../inspector/server.js';
import { defaultConnect, jsonFlag, withExamples, type Context } from '../context.js';
import { exitCodes } from '../exit-code.js';
import { flag, numberFlag, parseListenAddress, parseSize, parseWhole, type Address } from '../flag.js';
import type { Output } from '../output.js';
import { untilSignal } from '../until-signal.js';

interface UpFlags {
  readonly nodes: number;
  readonly replicas: number;
  readonly consistency: Consistency;
  readonly partitions?: number;
  readonly maxEntries: number;
  readonly maxBytes: number;
  readonly resp: Address | 'none';
  readonly http: Address | 'none';
  readonly placement: Placement;
  readonly successors?: number;
  readonly overlay: OverlayKind;
  readonly listen?: string;
  readonly join?: string;
  readonly record?: string;
  readonly json?: true;
}

/** Flags of the design that this version knows only to refuse. */
const later = ['listen', 'join', 'record'] as const;

export function registerUp(program: Command, context: Context): void {
  const up = program
    .command('up')
    .description('start a ring: every node on a worker thread of its own; its records are in memory only')
    .addOption(numberFlag('-n, --nodes <count>', 'nodes', 1, 4_096).default(8))
    .addOption(numberFlag('-k, --replicas <count>', 'copies of each record', 1, 7).default(3))
    .addOption(
      flag('--consistency <mode>', 'eventual; linearizable is not in this version')
        .choices(['eventual', 'linearizable'])
        .default('eventual'),
    )
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
    .addOption(numberFlag('-r, --successors <count>', 'length of successor lists (4)', 1, 32))
    .addOption(flag('--overlay <kind>', 'chord').choices(['chord', 'kademlia']).default('chord'))
    .addOption(flag('--listen <host:port>', 'a bridge for other hosts: not yet in this version').hideHelp())
    .addOption(
      flag('--join <host:port>', 'join the ring behind a bridge: not yet in this version').hideHelp(),
    )
    .addOption(flag('--record <file>', 'record the workload: not yet in this version').hideHelp())
    .addOption(jsonFlag());
  withExamples(up, ['up', 'up -n 16 -k 5', 'up --max-entries 100000 --resp 0 --http none --json']).action(
    (options: UpFlags) => runUp(options, context),
  );
}

async function runUp(options: UpFlags, context: Context): Promise<void> {
  const { output } = context;
  refuseWhatIsLater(options);
  const closing: (() => Promise<void>)[] = [];
  // Listened for from here on: a signal while nodes start must not leave threads behind.
  const signal = untilSignal((name) => output.note(`${name}: leaving; once more to exit at once`));
  try {
    const ring = await startRing(options);
    closing.unshift(() => ring.close());
    for (const warning of ring.warnings) output.note(`note: ${warning}`);
    const processors = availableParallelism();
    if (options.nodes > processors) {
      output.note(
        `note: ${options.nodes} nodes share ${processors} processors: fine for trying, not for speed`,
      );
    }
    const resp = await openResp(ring, options.resp, closing);
    const http = await openHttp(ring, options.http, closing);
    const nodes = (await ring.admin.overlay()).map((node) => node.id);
    if (options.json) output.json({ event: 'ready', resp, http, listen: null, nodes });
    else welcome(output, options, resp, http);
    const name = await signal.raised;
    context.setExitCode(name === 'SIGINT' ? exitCodes.interrupted : exitCodes.terminated);
  } finally {
    for (const close of closing) await close();
    signal.stop();
  }
}

function startRing(options: UpFlags): Promise<Ring> {
  return createRing({
    nodes: options.nodes,
    replicas: options.replicas,
    consistency: options.consistency,
    placement: options.placement,
    maxEntries: options.maxEntries,
    maxBytes: options.maxBytes,
    ...(options.partitions === undefined ? {} : { partitions: options.partitions }),
    ...(options.successors === undefined ? {} : { successors: options.successors }),
  });
}

async function openResp(
  ring: Ring,
  at: Address | 'none',
  closing: (() => Promise<void>)[],
): Promise<string | null> {
  if (at === 'none') return null;
  const client = ring.client();
  // The gateway asks the client how many partitions there are: it must have been welcomed.
  await client.count();
  try {
    const gateway = await startGateway({ client, admin: ring.admin, host: at.host, port: at.port });
    closing.unshift(() => gateway.close());
    return gateway.address;
  } catch (error) {
    throw asFailure(error);
  }
}

async function openHttp(
  ring: Ring,
  at: Address | 'none',
  closing: (() => Promise<void>)[],
): Promise<string | null> {
  if (at === 'none') return null;
  if (!isLoopback(at.host)) {
    throw new RondoError(
      'INVALID_ARGUMENT',
      `--http ${at.host}: the inspector has no password and listens on loopback only, such as 127.0.0.1:${at.port}`,
    );
  }
  const inspector = await startInspector(createBridge(ring.admin), at.host, at.port);
  closing.unshift(() => inspector.close());
  return inspector.address;
}

/** A port in use is no mistake in the words typed: it ends with 1, not with usage's 2. */
function asFailure(error: unknown): unknown {
  const cause = error instanceof RondoError ? error.cause : undefined;
  if (error instanceof RondoError && cause instanceof Error && 'code' in cause) {
    return new RondoError('BUSY', error.message, { cause });
  }
  return error;
}

function refuseWhatIsLater(options: UpFlags): void {
  const refuse = (what: string, instead: string): never => {
    throw new RondoError('UNSUPPORTED', `${what} is not yet in this version: ${instead}`);
  };
  for (const name of later) {
    if (options[name] !== undefined) refuse(`--${name}`, 'leave it out');
  }
  if (options.overlay === 'kademlia') refuse('--overlay kademlia', 'leave it at chord');
  if (options.consistency === 'linearizable') refuse('--consistency linearizable', 'leave it at eventual');
}

function door(name: string, what: string, address: Address): ReturnType<typeof flag> {
  return flag(`${name} <host:port>`, `${what}; 0 = any free port, none = off`)
    .argParser(parseListenAddress)
    .default(address, `${address.host}:${address.port}`);
}

function parsePartitions(text: string): number {
  const partitions = parseWhole(text, 256, 4_096);
  if (Number.isInteger(Math.log2(partitions))) return partitions;
  throw new InvalidArgumentError('It must be a power of two from 256 to 4096.');
}

function welcome(output: Output, options: UpFlags, resp: string | null, http: string | null): void {
  const { colors } = output;
  const connect = resp === null || resp === defaultConnect ? '' : ` --connect ${resp}`;
  output.data(
    `${colors.bold(`A ring of ${options.nodes} nodes is up`)}: k = ${options.replicas}, ${options.consistency}, in memory only`,
  );
  output.data(`  Redis protocol  ${resp ?? 'off'}`);
  output.data(`  inspector       ${http === null ? 'off' : `http://${http}/`}`);
  output.data('  bridge          off (not yet in this version)');
  if (resp === null) return;
  output.data('Try, in another terminal:');
  output.data(`  npx rondo put "Like a Rolling Stone" 1965${connect}`);
  output.data(`  npx rondo get "Like a Rolling Stone"${connect}`);
  output.data(`  npx rondo overlay${connect}`);
  output.data(`  redis-cli -p ${resp.slice(resp.lastIndexOf(':') + 1)}`);
}
