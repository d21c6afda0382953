/** The work of `up`: a ring, its Redis-protocol door and its inspector, kept until a signal ends them. */
import { availableParallelism } from 'node:os';
import { createRing, type Ring } from '../../actors/index.js';
import { RondoError } from '../../src/errors.js';
import { startGateway } from '../gateway/server.js';
import { createBridge } from '../inspector/bridge.js';
import { startInspector } from '../inspector/server.js';
import type { UpFlags } from './commands/up.js';
import { defaultConnect, type Context } from './context.js';
import { exitCodes } from './exit-code.js';
import type { Address } from './flag.js';
import type { Output } from './output.js';
import { protect, type Protected } from './protection.js';
import { untilSignal } from './until-signal.js';

/** Flags of the design that this version knows only to refuse. */
const later = ['record'] as const;

/** `isGiven`: whether the user gave the flag. Resolves when a signal has ended the ring, everything closed. */
export async function runUp(
  options: UpFlags,
  isGiven: (name: keyof UpFlags) => boolean,
  context: Context,
): Promise<void> {
  const { output } = context;
  refuseWhatIsLater(options);
  const doors = protect(options, Date.now());
  for (const warning of doors.warnings) output.note(`warning: ${warning}`);
  const closing: (() => Promise<void>)[] = [];
  let isLeaving = false;
  // Listened for from here on: a signal while nodes start must not leave threads behind.
  const signal = untilSignal((name) => output.note(`${name}: leaving; once more to exit at once`));
  try {
    const ring = await startRing(options, isGiven, doors.peers);
    closing.unshift(() => (isLeaving ? leave(ring) : ring.close()));
    for (const warning of ring.warnings) output.note(`note: ${warning}`);
    const processors = availableParallelism();
    if (options.nodes > processors) {
      output.note(
        `note: ${options.nodes} nodes share ${processors} processors: fine for trying, not for speed`,
      );
    }
    const resp = await openResp(ring, options.resp, doors.resp, closing);
    const http = await openHttp(ring, options.http, doors.http, closing);
    const overlay = await ring.admin.overlay();
    const isOwn = (address: string): boolean =>
      ring.address === null || address.startsWith(`${ring.address}/`);
    const nodes = overlay.filter(({ address }) => isOwn(address)).map(({ id }) => id);
    if (options.json) output.json({ event: 'ready', resp, http, listen: ring.address, nodes });
    else welcome(output, options, ring, resp, http, doors.hints);
    const name = await signal.raised;
    isLeaving = true;
    context.setExitCode(name === 'SIGINT' ? exitCodes.interrupted : exitCodes.terminated);
  } finally {
    await closeAll(closing);
    signal.stop();
  }
}

/** What only the nodes here hold goes to other hosts, where there are any, before they end. */
async function leave(ring: Ring): Promise<void> {
  try {
    await ring.leave();
  } finally {
    await ring.close();
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

function startRing(
  options: UpFlags,
  isGiven: (name: keyof UpFlags) => boolean,
  peers: Protected['peers'],
): Promise<Ring> {
  const { nodes, allowEven = false, listen, join, advertise, cluster, joinTimeoutMs } = options;
  // A host that joins takes all that it was not given from the ring.
  const ringWide = [
    'replicas',
    'consistency',
    'placement',
    'maxEntries',
    'maxBytes',
    'partitions',
    'successors',
  ] as const;
  const wanted = ringWide.filter((name) => join === undefined || isGiven(name));
  return createRing({
    nodes,
    allowEven,
    cluster,
    joinTimeoutMs,
    ...Object.fromEntries(wanted.map((name) => [name, options[name]])),
    ...peers,
    ...(listen === undefined ? {} : { listen }),
    ...(join === undefined ? {} : { join }),
    ...(advertise === undefined ? {} : { advertise }),
  });
}

async function openResp(
  ring: Ring,
  at: Address | 'none',
  protection: Protected['resp'],
  closing: (() => Promise<void>)[],
): Promise<string | null> {
  if (at === 'none') return null;
  const client = ring.client();
  // The gateway asks the client how many partitions there are: it must have been welcomed.
  await client.count();
  try {
    const gateway = await startGateway({ client, admin: ring.admin, ...at, ...protection });
    closing.unshift(() => gateway.close());
    return gateway.address;
  } catch (error) {
    throw asFailure(error);
  }
}

async function openHttp(
  ring: Ring,
  at: Address | 'none',
  { insecure }: Protected['http'],
  closing: (() => Promise<void>)[],
): Promise<string | null> {
  if (at === 'none') return null;
  const inspector = await startInspector(createBridge(ring.admin), at.host, at.port, insecure);
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
}

function welcome(
  output: Output,
  options: UpFlags,
  ring: Ring,
  resp: string | null,
  http: string | null,
  hints: Protected['hints'],
): void {
  const { colors } = output;
  const opening =
    options.join === undefined
      ? `A ring of ${options.nodes} nodes is up`
      : `${options.nodes} nodes have joined the ring of ${options.join.join(', ')}`;
  const address = resp === null || resp === defaultConnect ? '' : ` --connect ${resp}`;
  const connect = `${address}${hints.rondo}`;
  output.data(
    `${colors.bold(opening)}: k = ${ring.config.replicas}, ${ring.config.consistency}, in memory only`,
  );
  output.data(`  Redis protocol  ${resp ?? 'off'}`);
  output.data(`  inspector       ${http === null ? 'off' : `http://${http}/`}`);
  output.data(`  other hosts     ${ring.address ?? 'off'}`);
  if (resp === null) return;
  output.data('Try, in another terminal:');
  output.data(`  npx rondo put "Like a Rolling Stone" 1965${connect}`);
  output.data(`  npx rondo get "Like a Rolling Stone"${connect}`);
  output.data(`  npx rondo overlay${connect}`);
  output.data(`  redis-cli -p ${resp.slice(resp.lastIndexOf(':') + 1)}${hints.redisCli}`);
}
