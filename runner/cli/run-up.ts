/** The work of `up`: a ring, its Redis-protocol door and its inspector, kept until a signal ends them. */
import { availableParallelism } from 'node:os';
import { createRing, type Ring } from '../../actors/index.js';
import { RondoError } from '../../src/errors.js';
import { isLoopback } from '../gateway/address.js';
import { startGateway } from '../gateway/server.js';
import { createBridge } from '../inspector/bridge.js';
import { startInspector } from '../inspector/server.js';
import type { UpFlags } from './commands/up.js';
import { defaultConnect, type Context } from './context.js';
import { exitCodes } from './exit-code.js';
import type { Address } from './flag.js';
import type { Output } from './output.js';
import { untilSignal } from './until-signal.js';

/** Flags of the design that this version knows only to refuse. */
const later = ['listen', 'join', 'record'] as const;

/** Resolves when a signal has ended the ring, everything closed. */
export async function runUp(options: UpFlags, context: Context): Promise<void> {
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
    await closeAll(closing);
    signal.stop();
  }
}

/** One after the other, all of them; the first failure is thrown when nothing is left open. */
async function closeAll(closing: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const close of closing) {
    try {
      await close();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

function startRing(options: UpFlags): Promise<Ring> {
  return createRing({
    nodes: options.nodes,
    replicas: options.replicas,
    consistency: options.consistency,
    allowEven: options.allowEven === true,
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
  for (const name of ['resp', 'http'] as const) {
    const at = options[name];
    if (at === 'none' || isLoopback(at.host)) continue;
    throw new RondoError(
      'INVALID_ARGUMENT',
      `--${name} ${at.host}: neither TLS nor passwords are in this version, so only loopback is served: use 127.0.0.1:${at.port}`,
    );
  }
  if (options.overlay === 'kademlia') refuse('--overlay kademlia', 'leave it at chord');
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
