/** A soak of a linearizable ring on threads: clients at full load under faults; what they observed is judged while they go on. */
import { Worker } from 'node:worker_threads';
import { createRing, type Ring } from '../../actors/index.js';
import type { ThreadResources } from '../../actors/thread-resources.js';
import { textFromBytes, type ByteString } from '../../src/bytes.js';
import type { RingClient } from '../../src/client-types.js';
import { RondoError } from '../../src/errors.js';
import { createRandom } from '../../src/random.js';
import { rounded, total } from '../figures.js';
import { torment, type FaultCounts } from './faults.js';
import { Judge, type Judgement } from './judge.js';
import { ledgerKeys } from './plan.js';
import { growthOf, type Growth, type Sample } from './resources.js';
import type { ClientReport, ClientTask } from './task.js';

export interface SoakOptions {
  readonly nodes: number;
  readonly replicas: number;
  readonly clients: number;
  /** Operations that a client has under way at once. */
  readonly lanes: number;
  readonly seconds: number;
  readonly operations: number;
  readonly seed: number;
  readonly progress: (line: string) => void;
}

export interface SoakResult {
  readonly ok: boolean;
  readonly operations: number;
  readonly seconds: number;
  readonly errorsByCode: Readonly<Record<string, number>>;
  readonly firstErrors: readonly string[];
  readonly faults: FaultCounts;
  readonly judged: Judgement;
  /** Acknowledged increments of counters that lived through the whole run, and what did not fit the counters at the end. */
  readonly ledger: {
    readonly acknowledged: number;
    readonly unknown: number;
    readonly wrong: readonly string[];
  };
  /** Empty when the run was too short to tell. */
  readonly growth: readonly Growth[];
}

type EndReport = Extract<ClientReport, { readonly type: 'end' }>;

const partitions = 256;
/** Founders that are never ended. */
const spared = 3;
/** Each sample collects all heaps. */
const sampleMs = 2_000;
const tellMs = 10_000;

export async function soak(options: SoakOptions): Promise<SoakResult> {
  const { nodes, replicas, seed } = options;
  const ring = await createRing({ nodes, replicas, partitions, consistency: 'linearizable' });
  try {
    return await run(ring, options, createRandom(`${seed}/faults`));
  } finally {
    await ring.close();
  }
}

async function run(ring: Ring, options: SoakOptions, random: () => number): Promise<SoakResult> {
  const { nodes, clients, seed } = options;
  const client = ring.client();
  const ledger = ledgerKeys(partitions);
  await Promise.all(ledger.map((key) => client.increment(key, 0)));
  const progress = new Int32Array(new SharedArrayBuffer(8));
  progress[1] = options.operations;
  const begun = (): number => Math.min(Atomics.load(progress, 0), Atomics.load(progress, 1));
  const judge = new Judge(client, clients, `soak-${seed}`);
  const ofClients = new Map<number, ThreadResources>();
  const startedMs = performance.now();
  const tormentor = torment(ring, nodes, partitions, spared, random);
  const samples: Sample[] = [];
  const sampling = repeat(sampleMs, async () => {
    const threads = [...(await ring.resources()), ...ofClients.values()];
    samples.push({ operations: begun(), threads });
  });
  const telling = repeat(tellMs, () => {
    const { keys } = judge.judgement;
    const seconds = Math.round((performance.now() - startedMs) / 1_000);
    const residentMb = Math.round(process.memoryUsage.rss() / 2 ** 20);
    options.progress(
      `${seconds} s: ${begun()} operations, ${residentMb} MB, keys judged ${JSON.stringify(keys)}`,
    );
    return Promise.resolve();
  });
  const timer = setTimeout(() => Atomics.store(progress, 1, begun()), options.seconds * 1_000);
  const ends = await Promise.all(
    Array.from({ length: clients }, (_, thread) =>
      runClient(ring, options, thread, progress.buffer as SharedArrayBuffer, (report) => {
        ofClients.set(thread, report.resources);
        judge.add(report.generation, report.history);
      }),
    ),
  );
  clearTimeout(timer);
  await sampling.stop();
  const seconds = (performance.now() - startedMs) / 1_000;
  const faults = await tormentor.stop();
  const judged = await judge.end();
  await telling.stop();
  const checked = await checkLedger(client, ledger, ends);
  const operations = total(ends.map((end) => end.operations));
  const growth = growthOf(samples, operations);
  return {
    ok:
      judged.complaints.length + faults.complaints.length + checked.wrong.length === 0 &&
      growth.every(({ flat }) => flat),
    operations,
    seconds: rounded(seconds, 1),
    errorsByCode: sumOf(ends),
    firstErrors: ends.flatMap(({ firstErrors }) => firstErrors).slice(0, 8),
    faults,
    judged,
    ledger: checked,
    growth,
  };
}

/** Resolves with what the thread says at its end. */
function runClient(
  ring: Ring,
  { clients, lanes, seed }: SoakOptions,
  thread: number,
  progress: SharedArrayBuffer,
  ended: (report: Extract<ClientReport, { readonly type: 'generation' }>) => void,
): Promise<EndReport> {
  const port = ring.port();
  const task: ClientTask = { port, seed, thread, threads: clients, lanes, partitions, progress };
  const worker = new Worker(new URL('./task.js', import.meta.url), {
    workerData: task,
    transferList: [port],
    name: `soak-client-${thread}`,
  });
  return new Promise((resolve, reject) => {
    worker.on('message', (report: ClientReport) => {
      if (report.type === 'generation') ended(report);
      else resolve(report);
    });
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`client thread ${thread} has ended early: ${code}`)));
  });
}

/** A counter holds every acknowledged increment, and none that was never asked for. */
async function checkLedger(
  client: RingClient,
  keys: readonly ByteString[],
  ends: readonly EndReport[],
): Promise<SoakResult['ledger']> {
  const wrong: string[] = [];
  const sums = await Promise.all(keys.map((key) => incrementByNothing(client, key)));
  for (const [index, key] of keys.entries()) {
    const least = total(ends.map(({ acknowledged }) => acknowledged[index] ?? 0));
    const most = least + total(ends.map(({ unknown }) => unknown[index] ?? 0));
    const sum = sums[index];
    if (sum === undefined || sum < least || sum > most) {
      const held = sum === undefined ? 'cannot be read' : `holds ${sum}`;
      wrong.push(`${textFromBytes(key)} ${held}; ${least} increments were acknowledged, ${most} sent`);
    }
  }
  return {
    acknowledged: total(ends.flatMap(({ acknowledged }) => acknowledged)),
    unknown: total(ends.flatMap(({ unknown }) => unknown)),
    wrong,
  };
}

const readTries = 10;

async function incrementByNothing(client: RingClient, key: ByteString): Promise<number | undefined> {
  for (let tried = 0; tried < readTries; tried++) {
    try {
      return await client.increment(key, 0);
    } catch (error) {
      if (!(error instanceof RondoError)) throw error;
    }
  }
  return undefined;
}

function repeat(everyMs: number, work: () => Promise<void>): { stop(): Promise<void> } {
  let running: Promise<void> = Promise.resolve();
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    running = work().finally(() => (busy = false));
  }, everyMs);
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}

function sumOf(ends: readonly EndReport[]): Readonly<Record<string, number>> {
  const sums = new Map<string, number>();
  for (const { errorsByCode } of ends)
    for (const [code, count] of errorsByCode) sums.set(code, (sums.get(code) ?? 0) + count);
  return Object.fromEntries(sums);
}
