/** Rings in a program: `createRing` starts one on threads of its own, `connect` reaches one from any thread. */
import * as Comlink from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import type { NodeStats, RingAdmin, WithoutQuorum } from '../src/admin.js';
import type { RingClient } from '../src/client-types.js';
import type { RingConfig } from '../src/config.js';
import { validateConfig, type RingOptions } from '../src/ring-options.js';
import { RondoError } from '../src/errors.js';
import { createHistogram, merge, summarize } from '../src/histogram.js';
import { createPortClient, type PortClient } from '../src/io/port-client.js';
import { fromOutcome, type Fault, type Outcome } from './control.js';
import type { HostThreadControl } from './host-worker.js';
import type { ThreadResources } from './thread-resources.js';

export interface Ring extends AsyncDisposable {
  /** A client in this thread. Close it, or the ring, when it is no longer needed. */
  client(): RingClient;
  /** A port for `connect` in another thread; hand it over in workerData and transferList. */
  port(): MessagePort;
  readonly admin: RingAdmin;
  /** What is the same on every node of the ring. */
  readonly config: RingConfig;
  /** `HOST:PORT` under which other hosts reach this one; null for a ring of this host alone. */
  readonly address: string | null;
  /** What the options mean together, for people to read: k above the number of nodes, k without safety. */
  readonly warnings: readonly string[];
  /** Puts a fault into a node's thread: for tests and soaks. NODE as in `admin`. */
  injectFault(node: string, fault: Fault): Promise<void>;
  /** What the host's and the nodes' threads hold: for tests and soaks. A stalled thread is left out. */
  resources(): Promise<readonly ThreadResources[]>;
  /** Lets the nodes of this host depart, one hand-over for all, if other hosts are there; resolves when they have. Then close. */
  leave(): Promise<void>;
  /** Idempotent: stops all threads; what the ring held is gone. */
  close(): Promise<void>;
}

/** Starts a ring on threads of its own and resolves when all nodes are members. Throws RondoError INVALID_ARGUMENT. */
export async function createRing(options: RingOptions = {}): Promise<Ring> {
  const parallelism = availableParallelism();
  const { warnings, ...hostOptions } = validateConfig(options, parallelism, randomUUID());
  const worker = new Worker(new URL('./host-worker.js', import.meta.url), { name: 'rondo-host' });
  const control = Comlink.wrap<HostThreadControl>(nodeEndpoint(worker));
  const ended = new Promise<never>((_resolve, reject) => {
    worker.once('error', (error) =>
      reject(new RondoError('INTERNAL', `the host thread failed: ${error.message}`, { cause: error })),
    );
    worker.once('exit', () => reject(new RondoError('CLOSED', 'the ring is closed')));
  });
  ended.catch(() => undefined);
  /** A control call; a host thread that has ended fails it instead of leaving it open for ever. */
  const call = async <T>(outcome: Promise<Outcome<T>>): Promise<T> =>
    fromOutcome(await Promise.race([outcome, ended]));

  const started = await call(control.start(hostOptions)).catch(async (error: unknown) => {
    await worker.terminate();
    throw error;
  });
  const { config, address } = started;

  const clients = new Set<PortClient>();
  const closedLatency = createHistogram();
  let closing: Promise<void> | undefined;

  const port = (): MessagePort => {
    if (closing !== undefined) throw new RondoError('CLOSED', 'the ring is closed');
    const { port1, port2 } = new MessageChannel();
    call(control.welcome(Comlink.transfer(port2, [port2]))).catch(() => port1.close());
    return port1;
  };

  const client = (): RingClient => {
    const made = createPortClient(port(), () => {
      clients.delete(made);
      const histogram = made.latencyHistogram();
      if (histogram !== undefined) merge(closedLatency, histogram);
    });
    clients.add(made);
    return made.client;
  };

  const close = (): Promise<void> => {
    closing ??= (async () => {
      await Promise.all([...clients].map((open) => open.client.close()));
      await Promise.race([control.close(), ended.catch(() => undefined)]);
      await worker.terminate();
    })();
    return closing;
  };

  let own: RingClient | undefined;
  const admin: RingAdmin = {
    overlay: () => call(control.overlay()),
    stats: async (node) => {
      const perNode = await call(control.stats(node));
      const latency = createHistogram();
      merge(latency, closedLatency);
      for (const open of clients) {
        const histogram = open.latencyHistogram();
        if (histogram !== undefined) merge(latency, histogram);
      }
      return {
        nodes: perNode,
        ring: sumOfStats(perNode),
        latency: summarize(latency),
        hops: sumOfHops([...clients]),
      };
    },
    trace: async (key) => {
      own ??= client();
      return own.trace(key);
    },
    join: (count) => call(control.join(count)),
    depart: (node) => call(control.depart(node)),
    kill: (node) => call(control.kill(node)),
    recover: async (partition) => {
      if (config.consistency === 'linearizable') return call(control.recover(partition));
      const why = 'in eventual mode a partition has no quorum to lose';
      throw new RondoError('UNSUPPORTED', `partition ${partition} cannot be recovered: ${why}`);
    },
  };
  const injectFault = (node: string, fault: Fault): Promise<void> => call(control.injectFault(node, fault));
  const resources = (): Promise<readonly ThreadResources[]> => call(control.resources());
  return {
    client,
    port,
    admin,
    config,
    address,
    warnings,
    injectFault,
    resources,
    leave: () => call(control.leave()),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A client of the ring behind a port that `ring.port()` gave. Operations wait until the ring has answered. */
export function connect(port: MessagePort): RingClient {
  return createPortClient(port).client;
}

function sumOfStats(nodes: readonly NodeStats[]): NodeStats {
  const sum = (field: Exclude<keyof NodeStats, 'partitionsWithoutQuorum'>): number =>
    nodes.reduce((total, node) => total + node[field], 0);
  return {
    reads: sum('reads'),
    writes: sum('writes'),
    hits: sum('hits'),
    misses: sum('misses'),
    evictions: sum('evictions'),
    expirations: sum('expirations'),
    records: sum('records'),
    copies: sum('copies'),
    bytes: sum('bytes'),
    tombstones: sum('tombstones'),
    recordsBelowReplicas: sum('recordsBelowReplicas'),
    hintsDropped: sum('hintsDropped'),
    clockSkewed: sum('clockSkewed'),
    forwarded: sum('forwarded'),
    moved: sum('moved'),
    batches: sum('batches'),
    partitionsWithoutQuorum: withoutQuorum(nodes),
  };
}

/** Each partition once, in order: a member knows more of it than a home that never heard of its view. */
function withoutQuorum(nodes: readonly NodeStats[]): WithoutQuorum[] {
  const found = new Map<number, WithoutQuorum>();
  for (const each of nodes.flatMap(({ partitionsWithoutQuorum }) => partitionsWithoutQuorum)) {
    const known = found.get(each.partition);
    if (known === undefined || known.members.length === 0) found.set(each.partition, each);
  }
  return [...found.values()].sort((one, other) => one.partition - other.partition);
}

function sumOfHops(clients: readonly PortClient[]): { lookups: number; mean: number; max: number } {
  let [lookups, hops, max] = [0, 0, 0];
  for (const { client } of clients) {
    const each = client.hops();
    lookups += each.lookups;
    hops += each.lookups * each.mean;
    max = Math.max(max, each.max);
  }
  return { lookups, mean: lookups === 0 ? 0 : hops / lookups, max };
}
