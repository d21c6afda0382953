/**
 * Operations across hosts: a client in one process, the nodes that it asks in another on loopback (eventual, k = 1), beside an echo of
 * the same batches over a bare Node socket, plain and with TLS, in alternating runs.
 */
import { createRing, type Ring } from '../../actors/index.js';
import type { TlsTexts } from '../../src/bridge-options.js';
import { issueAuthority, issueHost } from '../certs/issue.js';
import { startChild, type Child } from './child.js';
import { measure, median, standardMix, type Doors, type Mix } from './closed-loop.js';
import { createTcpEcho, type TcpEcho } from './tcp-echo.js';
import { ratio } from './throughput.js';

export interface BridgeRow {
  readonly operation: 'get' | 'put';
  readonly carrier: 'TCP' | 'TLS';
  readonly outstanding: number;
  /** Operations per second, medians. */
  readonly ring: number;
  readonly echo: number;
  readonly ringToEcho: number;
  /** Mean operations per batch. */
  readonly ringBatch: number;
  readonly echoBatch: number;
}

const nodes = 8;
const warmUpSeconds = 1;

/** A ring over two hosts and the echo beside it, over the same kind of connection. */
interface Contest {
  readonly carrier: BridgeRow['carrier'];
  readonly ring: Ring;
  readonly host: Child<{ readonly address: string }>;
  readonly echo: TcpEcho;
  readonly doors: Doors;
  readonly keys: readonly string[];
}

/** Most outstanding first, so that all code is compiled by the engine when fewer are timed. */
export async function measureBridge(runs: number, seconds: number): Promise<BridgeRow[]> {
  const contests = [await openContest('TCP', undefined), await openContest('TLS', await certificates())];
  try {
    const rows: BridgeRow[] = [];
    for (const outstanding of [1_024, 64]) {
      for (const operation of ['get', 'put'] as const) {
        for (const contest of contests)
          rows.push(await measureRow(contest, operation, outstanding, runs, seconds));
      }
    }
    return rows;
  } finally {
    for (const { ring, host, echo } of contests) {
      await ring.close();
      await Promise.all([host.stop(), echo.close()]);
    }
  }
}

async function measureRow(
  { carrier, doors, echo, keys, host }: Contest,
  operation: BridgeRow['operation'],
  outstanding: number,
  runs: number,
  seconds: number,
): Promise<BridgeRow> {
  const mix: Mix = { keys, value: standardMix.value, puts: operation === 'put' ? 1 : 0 };
  const [ringRates, echoRates]: [number[], number[]] = [[], []];
  const [ringBefore, echoBefore] = [await countersOf(host), { ...echo }];
  for (let run = 0; run < runs; run++) {
    ringRates.push(await measure(doors, mix, outstanding, seconds));
    echoRates.push(await measure(echo, mix, outstanding, seconds));
  }
  const ringAfter = await countersOf(host);
  const [ring, bare] = [median(ringRates), median(echoRates)];
  return {
    operation,
    carrier,
    outstanding,
    ring: Math.round(ring),
    echo: Math.round(bare),
    ringToEcho: ratio(ring, bare),
    ringBatch: ratio(ringAfter.operations - ringBefore.operations, ringAfter.batches - ringBefore.batches),
    echoBatch: ratio(echo.operations - echoBefore.operations, echo.batches - echoBefore.batches),
  };
}

async function openContest(carrier: Contest['carrier'], tls: TlsTexts | undefined): Promise<Contest> {
  const common = { logLevel: 'error', ...(tls === undefined ? {} : { tls }) } as const;
  const founding = { ...common, nodes, replicas: 1, consistency: 'eventual', listen: '127.0.0.1:0' } as const;
  const host = await startChild<{ readonly address: string }>('bridge-host', founding);
  const ring = await createRing({ ...common, nodes: 1, join: [host.ready.address] });
  const client = ring.client();
  const doors: Doors = {
    get: (key) => client.get(key),
    put: (key, value) => client.put(key, value),
  };
  const keys = await keysBeyond(ring);
  const echo = await createTcpEcho(nodes, tls);
  // The engine compiles what is timed: the first contest must not be slower for being the first.
  for (const each of [doors, echo]) {
    await Promise.all(keys.map((key) => each.put(key, standardMix.value)));
    await measure(each, { ...standardMix, keys, puts: 0.5 }, 1_024, warmUpSeconds);
  }
  return { carrier, ring, host, echo, doors, keys };
}

/** The keys that nodes of the other host lead. */
async function keysBeyond({ admin, address }: Ring): Promise<readonly string[]> {
  const isOwn = new Map<number, boolean>();
  const keys: string[] = [];
  for (const key of standardMix.keys) {
    const { partition, group } = await admin.trace(key);
    const known = isOwn.get(partition) ?? group[0]?.address.startsWith(`${address}/`) ?? true;
    isOwn.set(partition, known);
    if (!known) keys.push(key);
  }
  return keys;
}

interface Counters {
  readonly operations: number;
  readonly batches: number;
}

function countersOf({ process }: Child<unknown>): Promise<Counters> {
  return new Promise((resolve) => {
    process.once('message', (message) => resolve(message as Counters));
    process.send('counters');
  });
}

async function certificates(): Promise<TlsTexts> {
  const authority = await issueAuthority('bench', 1, Date.now());
  const host = await issueHost(['127.0.0.1', 'localhost'], authority, 1, Date.now());
  return { ca: authority.cert, cert: host.cert, key: host.key };
}
