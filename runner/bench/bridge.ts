/**
 * Operations across hosts: a client in one process, the nodes that it asks in another on loopback (eventual, k = 1), beside an echo of
 * the same batches over a bare Node socket, plain and with TLS, in alternating runs.
 */
import type { TlsTexts } from '../../src/bridge-options.js';
import { issueAuthority, issueHost } from '../certs/issue.js';
import { median } from '../figures.js';
import { measure, standardMix, type Mix } from './closed-loop.js';
import { openFarRing, warmUp, type FarRing } from './far-ring.js';
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

/** A ring over two hosts and the echo beside it, over the same kind of connection. */
interface Contest {
  readonly carrier: BridgeRow['carrier'];
  readonly ring: FarRing;
  readonly echo: TcpEcho;
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
    for (const { ring, echo } of contests) await Promise.all([ring.close(), echo.close()]);
  }
}

async function measureRow(
  { carrier, ring: far, echo }: Contest,
  operation: BridgeRow['operation'],
  outstanding: number,
  runs: number,
  seconds: number,
): Promise<BridgeRow> {
  const mix: Mix = { keys: far.keys, value: standardMix.value, puts: operation === 'put' ? 1 : 0 };
  const [ringRates, echoRates]: [number[], number[]] = [[], []];
  const [ringBefore, echoBefore] = [await far.counters(), { ...echo }];
  for (let run = 0; run < runs; run++) {
    ringRates.push(await measure(far.doors, mix, outstanding, seconds));
    echoRates.push(await measure(echo, mix, outstanding, seconds));
  }
  const ringAfter = await far.counters();
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
  const secured = tls === undefined ? {} : { tls };
  const ring = await openFarRing(nodes, standardMix.keys, { ...secured, listen: '127.0.0.1:0' }, secured);
  const echo = await createTcpEcho(nodes, tls);
  for (const doors of [ring.doors, echo]) await warmUp(doors, ring.keys);
  return { carrier, ring, echo };
}

async function certificates(): Promise<TlsTexts> {
  const authority = await issueAuthority('bench', 1, Date.now());
  const host = await issueHost(['127.0.0.1', 'localhost'], authority, 1, Date.now());
  return { ca: authority.cert, cert: host.cert, key: host.key };
}
