/** The work of `demo`: a ring lives through a join, a departure and a crash, then the course's experiment; any error fails it. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createRing, type Ring } from '../../actors/index.js';
import { RondoError } from '../../src/errors.js';
import { textFromBytes } from '../../src/bytes.js';
import { loadFile } from '../replay/load-workload.js';
import type { Operation } from '../workload/operation.js';
import { runClients } from '../workload/run-clients.js';
import type { RunSummary } from '../workload/statistics.js';
import { table, type Output } from './output.js';
import { packageFolder } from './package-folder.js';

type Clients = readonly (readonly Operation[])[];

interface Songs {
  readonly inserts: Clients;
  readonly queries: Clients;
  readonly requests: Clients;
}

const replicasOfExperiment = [1, 3, 5];
const repairMsMax = 30_000;

export async function runDemo(output: Output, nodes: number, asJson: boolean): Promise<void> {
  const steps = new Steps(output, asJson);
  const songs = await loadSongs();
  await tour(steps, songs, nodes);
  steps.say(
    'experiment',
    {},
    `The course's experiment: ${nodes} nodes, ten clients, k copies of each record, eventual mode`,
  );
  steps.say('note', {}, '(the linearizable mode is not in this version yet)');
  const rows: string[][] = [];
  for (const replicas of replicasOfExperiment)
    rows.push(...(await experiment(steps, songs, nodes, replicas)));
  const head = ['k', 'workload', 'ops/s', 'p50 us', 'p99 us', 'max us', 'hops', 'errors'];
  steps.lines(table(head, rows, new Set([2, 3, 4, 5, 6, 7])));
  steps.say('done', { errors: steps.errors }, `Done: ${steps.errors} errors.`);
  if (steps.errors > 0) throw new RondoError('INTERNAL', `the tour met ${steps.errors} errors`);
}

async function tour(steps: Steps, songs: Songs, nodes: number): Promise<void> {
  steps.say(
    'start',
    { nodes, replicas: 3 },
    `A ring of ${nodes} nodes starts, each on a thread of its own; k = 3`,
  );
  const ring = await createRing({ nodes, replicas: 3, consistency: 'eventual' });
  try {
    const expected = new Map<string, string>();
    for (const operation of songs.inserts.flat()) {
      if (operation.type === 'put' && typeof operation.value === 'string') {
        expected.set(operation.key, textFromBytes(operation.value));
      }
    }
    await step(steps, ring, 'insert', songs.inserts);
    await step(steps, ring, 'query', songs.queries);

    const [joined = ''] = await ring.admin.join(1);
    steps.say('join', { node: joined }, `Node ${joined.slice(0, 12)} joins`);
    await verify(steps, ring, expected);

    const leaving = await someNode(ring, 2);
    await ring.admin.depart(leaving);
    steps.say(
      'depart',
      { node: leaving },
      `Node ${leaving.slice(0, 12)} departs: it hands over its records first`,
    );
    await verify(steps, ring, expected);

    await untilReplicated(ring);
    const killed = await someNode(ring, 5);
    await ring.admin.kill(killed);
    steps.say('kill', { node: killed }, `Node ${killed.slice(0, 12)} is killed without a word`);
    await verify(steps, ring, expected);

    await step(steps, ring, 'requests', songs.requests);
  } finally {
    await ring.close();
  }
}

async function experiment(steps: Steps, songs: Songs, nodes: number, replicas: number): Promise<string[][]> {
  const ring = await createRing({ nodes, replicas, consistency: 'eventual' });
  try {
    const rows: string[][] = [];
    for (const [workload, clients] of [
      ['inserts', songs.inserts],
      ['queries', songs.queries],
      ['requests', songs.requests],
    ] as const) {
      const summary = await play(ring, clients);
      steps.count(summary);
      steps.json({ event: 'experiment', replicas, workload, ...summary });
      const { latencyUs, hops } = summary;
      rows.push([
        String(replicas),
        workload,
        String(Math.round(summary.throughput)),
        ...[latencyUs.p50, latencyUs.p99, latencyUs.max].map((value) => value.toFixed(0)),
        hops === null ? '-' : hops.mean.toFixed(2),
        String(summary.errors),
      ]);
    }
    return rows;
  } finally {
    await ring.close();
  }
}

async function step(steps: Steps, ring: Ring, event: string, clients: Clients): Promise<void> {
  const summary = await play(ring, clients);
  steps.count(summary);
  const { operations, throughput, latencyUs, errors, hits, misses } = summary;
  const found = hits + misses === 0 ? '' : `, ${hits} found, ${misses} missing`;
  steps.say(
    event,
    { ...summary },
    `Ten clients play ${operations} operations (${event}): ${Math.round(throughput)}/s, p50 ${latencyUs.p50} us, p99 ${latencyUs.p99} us, ${errors} errors${found}`,
  );
}

async function play(ring: Ring, clients: Clients): Promise<RunSummary> {
  const { summary } = await runClients({
    clients,
    target: () => ({ type: 'port', port: ring.port() }),
    outstanding: 1,
    speed: 'max',
    history: false,
  });
  return summary;
}

/** Reads every acknowledged song back. Each that is missing or differs is an error. */
async function verify(steps: Steps, ring: Ring, expected: ReadonlyMap<string, string>): Promise<void> {
  const client = ring.client();
  try {
    const keys = [...expected.keys()];
    const values = await Promise.all(keys.map((key) => client.getString(Buffer.from(key, 'latin1'))));
    const missing = keys.filter((key, index) => values[index] !== expected.get(key)).length;
    steps.errors += missing;
    steps.say(
      'verify',
      { records: keys.length, missing },
      `  all read back: ${keys.length - missing} of ${keys.length} songs are there`,
    );
  } finally {
    await client.close();
  }
}

/** An asynchronous copy that is still on its way may die with its node: waits until every record has all its copies. */
async function untilReplicated(ring: Ring): Promise<void> {
  const deadlineMs = Date.now() + repairMsMax;
  while ((await ring.admin.stats()).ring.recordsBelowReplicas > 0) {
    if (Date.now() > deadlineMs)
      throw new RondoError('TIMEOUT', `some records still lack copies after ${repairMsMax} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function someNode(ring: Ring, position: number): Promise<string> {
  const nodes = (await ring.admin.overlay()).filter((node) => node.state === 'member');
  const node = nodes[position % nodes.length];
  if (node === undefined) throw new RondoError('INTERNAL', 'the ring shows no member');
  return node.id;
}

async function loadSongs(): Promise<Songs> {
  const folder = join(packageFolder(), 'examples', 'songs');
  const names = readdirSync(folder).sort();
  const load = (pattern: RegExp): Promise<Clients> =>
    Promise.all(
      names
        .filter((name) => pattern.test(name))
        .map(
          async (name) =>
            (await loadFile(join(folder, name), { format: 'chordify', existing: 'replace' })).operations,
        ),
    );
  return {
    inserts: await load(/^insert_\d+_part\.txt$/),
    queries: await load(/^query_\d+\.txt$/),
    requests: await load(/^requests_\d+\.txt$/),
  };
}

/** Tells the steps: sentences for people, or one JSON object a line. */
class Steps {
  errors = 0;
  readonly #output: Output;
  readonly #asJson: boolean;

  constructor(output: Output, asJson: boolean) {
    this.#output = output;
    this.#asJson = asJson;
  }

  say(event: string, facts: Readonly<Record<string, unknown>>, sentence: string): void {
    if (!this.#asJson) this.#output.data(sentence);
    else if (event !== 'note') this.#output.json({ event, ...facts });
  }

  json(value: unknown): void {
    if (this.#asJson) this.#output.json(value);
  }

  lines(lines: readonly string[]): void {
    if (!this.#asJson) for (const line of lines) this.#output.data(line);
  }

  count(summary: RunSummary): void {
    this.errors += summary.errors;
  }
}
