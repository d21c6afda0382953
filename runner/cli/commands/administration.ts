/** The commands that show a ring or change its nodes: overlay, stats, trace, join, depart, kill, recover. */
import type { Command } from 'commander';
import { bytesFromText } from '../../../src/bytes.js';
import { ringPicture } from '../../inspector/ring-picture.js';
import { clientCommand, membershipTimeoutMs, type ClientOptions, type Context } from '../context.js';
import { flag, numberFlag, parseWhole } from '../flag.js';
import { table, type Output } from '../output.js';
import {
  overlaySchema,
  recoverySchema,
  statsSchema,
  traceSchema,
  type NodeStatusReply,
  type StatsReply,
} from '../replies.js';

const nodeHelp = 'an identifier, a unique prefix of one, or an address';

const lostShownMax = 32;

interface OverlayFlags extends ClientOptions {
  readonly svg?: true;
}
interface JoinFlags extends ClientOptions {
  readonly count: number;
}

export function registerAdministration(program: Command, context: Context): void {
  const { output } = context;
  const overlay = program
    .command('overlay')
    .description('print the nodes in ring order')
    .addOption(flag('--svg', 'print a picture of the ring as SVG').conflicts('json'));
  clientCommand(overlay, ['overlay', 'overlay --svg > ring.svg']).action(async (options: OverlayFlags) => {
    const nodes = await context.withSession(options, (session) =>
      session.json(overlaySchema, 'RONDO.OVERLAY'),
    );
    if (options.svg) output.data(ringPicture(nodes));
    else if (options.json) output.json(nodes);
    else printOverlay(output, nodes);
  });

  const stats = program
    .command('stats')
    .argument('[node]', nodeHelp)
    .description('print counters and latencies, of each node and of the ring');
  clientCommand(stats, ['stats', 'stats local/3 --json']).action(
    async (node: string | undefined, options: ClientOptions) => {
      const reply = await context.withSession(options, (session) =>
        session.json(statsSchema, 'RONDO.STATS', ...(node === undefined ? [] : [bytesFromText(node)])),
      );
      if (options.json) output.json(reply);
      else printStats(output, reply, node === undefined);
    },
  );

  const trace = program
    .command('trace <key>')
    .description('print the route of a lookup, hop by hop, and the replica group that holds the key');
  clientCommand(trace, ['trace "Like a Rolling Stone"']).action(
    async (key: string, options: ClientOptions) => {
      const reply = await context.withSession(options, (session) =>
        session.json(traceSchema, 'RONDO.TRACE', bytesFromText(key)),
      );
      if (options.json) return output.json(reply);
      output.data(`${key}  ${output.colors.dim(reply.identifier)}  partition ${reply.partition}`);
      reply.hops.forEach((hop, index) =>
        output.data(
          `  hop ${index + 1}  ${hop.address}  ${shortId(hop.id)}  ${hop.via}  ${hop.micros.toFixed(0)} us`,
        ),
      );
      output.data(`  held by ${reply.group.map((peer) => `${peer.address} ${shortId(peer.id)}`).join(', ')}`);
    },
  );

  const join = program
    .command('join')
    .description('let nodes enter the ring; ready when all are members')
    .addOption(numberFlag('-n, --count <count>', 'how many', 1, 64).default(1));
  clientCommand(join, ['join', 'join -n 4'], membershipTimeoutMs).action(async (options: JoinFlags) => {
    const before = new Set<string>();
    const joined = await context.withSession(options, async (session) => {
      for (const node of await session.json(overlaySchema, 'RONDO.OVERLAY')) before.add(node.id);
      await session.call('RONDO.JOIN', bytesFromText(String(options.count)));
      const after = await session.json(overlaySchema, 'RONDO.OVERLAY');
      return after.filter((node) => !before.has(node.id));
    });
    for (const node of joined) {
      if (options.json) output.json({ event: 'joined', id: node.id, address: node.address });
      else output.data(`joined ${node.address} ${node.id}`);
    }
  });

  for (const [name, summary] of [
    ['depart', 'let a node leave gracefully: it hands over its records first'],
    ['kill', 'end a node without a word, as a crash would'],
  ] as const) {
    const command = program.command(name).argument('<node>', nodeHelp).description(summary);
    clientCommand(command, [`${name} local/3`, `${name} 5c1f`], membershipTimeoutMs).action(
      async (node: string, options: ClientOptions) => {
        await context.withSession(options, (session) =>
          session.call(`RONDO.${name.toUpperCase()}`, bytesFromText(node)),
        );
        const event = name === 'kill' ? 'killed' : 'departed';
        if (options.json) output.json({ event, node });
        else output.data(`${event} ${node}`);
      },
    );
  }

  const recover = program
    .command('recover')
    .argument('<partition>', 'its number, as trace prints it', (text) => parseWhole(text, 0, 4_095))
    .description(
      'begin a partition that lost its quorum anew, from the nodes that are left of it (see: stats)',
    )
    .addOption(flag('--accept-loss', 'what only lost nodes held is lost for good').makeOptionMandatory());
  clientCommand(recover, ['recover 17 --accept-loss'], membershipTimeoutMs).action(
    async (partition: number, options: ClientOptions) => {
      const words = [bytesFromText(String(partition)), bytesFromText('ACCEPT-LOSS')];
      const recovery = await context.withSession(options, (session) =>
        session.json(recoverySchema, 'RONDO.RECOVER', ...words),
      );
      if (options.json) return output.json({ event: 'recovered', ...recovery });
      const { epoch, records, survivors } = recovery;
      const origin =
        survivors.length === 0 ? 'empty, for no member survived' : `from ${survivors.join(', ')}`;
      output.data(`recovered partition ${partition} in epoch ${epoch}: ${records} records, ${origin}`);
    },
  );
}

function printOverlay(output: Output, nodes: readonly NodeStatusReply[]): void {
  const rows = nodes.map((node) => [
    shortId(node.id),
    node.address,
    node.state,
    node.predecessor === null ? '-' : shortId(node.predecessor),
    node.successors.map(shortId).join(' '),
    String(node.partitionsLed),
    String(node.records),
  ]);
  const head = ['identifier', 'address', 'state', 'predecessor', 'successors', 'partitions', 'records'];
  printTable(output, table(head, rows, new Set([5, 6])));
}

function printStats(output: Output, stats: StatsReply, ofRing: boolean): void {
  const columns = ['records', 'copies', 'bytes', 'reads', 'writes', 'hits', 'misses', 'evictions'] as const;
  const row = (name: string, each: StatsReply['ring']): readonly string[] => [
    name,
    ...columns.map((column) => String(each[column])),
    each.hits + each.misses === 0 ? '-' : `${((100 * each.hits) / (each.hits + each.misses)).toFixed(1)}%`,
  ];
  const rows = stats.nodes.map((node) => row(`${node.address} ${shortId(node.id)}`, node));
  if (ofRing) rows.push(row('ring', stats.ring));
  printTable(output, table(['node', ...columns, 'hit rate'], rows, new Set([1, 2, 3, 4, 5, 6, 7, 8, 9])));
  const { latency, hops } = stats;
  output.data('');
  output.data(
    `latency of ${latency.count} operations (us): mean ${latency.meanUs.toFixed(0)}, p50 ${latency.p50Us.toFixed(0)}, p90 ${latency.p90Us.toFixed(0)}, p99 ${latency.p99Us.toFixed(0)}, p999 ${latency.p999Us.toFixed(0)}, max ${latency.maxUs.toFixed(0)}`,
  );
  printWithoutQuorum(output, stats.ring.partitionsWithoutQuorum);
  output.data(`hops of ${hops.lookups} lookups: mean ${hops.mean.toFixed(2)}, max ${hops.max}`);
}

function printWithoutQuorum(output: Output, lost: StatsReply['ring']['partitionsWithoutQuorum']): void {
  if (lost.length === 0) return;
  output.data(`partitions without a quorum: ${lost.length} (see: rondo recover --help)`);
  for (const { partition, epoch, waitsFor } of lost.slice(0, lostShownMax))
    output.data(
      `  partition ${partition}  epoch ${epoch}  waits for ${waitsFor.join(', ') || 'all its members'}`,
    );
  if (lost.length > lostShownMax) output.data(`  and ${lost.length - lostShownMax} more (see: stats --json)`);
}

function printTable(output: Output, lines: readonly string[]): void {
  lines.forEach((line, index) => output.data(index === 0 ? output.colors.bold(line) : line));
}

function shortId(id: string): string {
  return id.slice(0, 12);
}
