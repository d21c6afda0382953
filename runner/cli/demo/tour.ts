/** The first part of the demo: a ring lives through a join, a departure and a crash, and keeps every song. */
import { setTimeout as pause } from 'node:timers/promises';
import { createRing, type Ring } from '../../../actors/index.js';
import { textFromBytes } from '../../../src/bytes.js';
import type { Consistency } from '../../../src/config.js';
import { RondoError } from '../../../src/errors.js';
import { play, type Songs } from './songs.js';
import type { Steps } from './steps.js';

const repairMsMax = 30_000;

export async function tour(
  steps: Steps,
  songs: Songs,
  nodes: number,
  consistency: Consistency,
): Promise<void> {
  steps.say(
    'start',
    { nodes, replicas: 3, consistency },
    `A ring of ${nodes} nodes starts, each on a thread of its own; k = 3, ${consistency} mode`,
  );
  const ring = await createRing({ nodes, replicas: 3, consistency });
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

    if (consistency === 'eventual') await untilReplicated(ring);
    const killed = await someNode(ring, 5);
    await ring.admin.kill(killed);
    steps.say('kill', { node: killed }, `Node ${killed.slice(0, 12)} is killed without a word`);
    await verify(steps, ring, expected);

    await step(steps, ring, 'requests', songs.requests);
  } finally {
    await ring.close();
  }
}

async function step(steps: Steps, ring: Ring, event: string, clients: Songs['inserts']): Promise<void> {
  const { summary } = await play(ring, clients, false);
  steps.count(summary);
  const { operations, throughput, latencyUs, errors, hits, misses } = summary;
  const found = hits + misses === 0 ? '' : `, ${hits} found, ${misses} missing`;
  steps.say(
    event,
    { ...summary },
    `Ten clients play ${operations} operations (${event}): ${Math.round(throughput)}/s, p50 ${latencyUs.p50} us, p99 ${latencyUs.p99} us, ${errors} errors${found}`,
  );
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
    await pause(50);
  }
}

async function someNode(ring: Ring, position: number): Promise<string> {
  const nodes = (await ring.admin.overlay()).filter((node) => node.state === 'member');
  const node = nodes[position % nodes.length];
  if (node === undefined) throw new RondoError('INTERNAL', 'the ring shows no member');
  return node.id;
}
