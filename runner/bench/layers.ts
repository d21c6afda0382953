/**
 * Where the time of a get goes: the same 1,024 gets outstanding, with one layer after the other replaced by the least that can
 * stand in its place. All rows but the first run in one thread, so a row's gain over the one before is what its layer cost. Rows take
 * turns: measured one after the other, a later row found more of the code compiled.
 */
import { createNode } from '../../actors/node/runtime.js';
import { createRing } from '../../actors/index.js';
import { emptyBytes, trustBytes, type ByteString } from '../../src/bytes.js';
import { placeNodes } from '../../src/chord/placement.js';
import { sha1FirstWord } from '../../src/chord/sha1.js';
import { createClient, type ClientCore } from '../../src/client/client.js';
import { defaultClientSettings } from '../../src/client/state.js';
import { defaultConfig, type RingConfig } from '../../src/config.js';
import {
  detach,
  microseconds,
  systemClock,
  systemDefer,
  systemRandom,
  toArray,
} from '../../src/io/system.js';
import type { Peer } from '../../src/peer.js';
import { handleRequests, overlayChanged } from '../../src/replication/eventual.js';
import { partitionOfFirstWord } from '../../src/replication/partition.js';
import { createReplica } from '../../src/replication/replica.js';
import {
  createReplyWriter,
  createRequestWriter,
  finishReplies,
  finishRequests,
  opcodes,
  requestStride,
  statuses,
  writeReply,
  writeRequest,
  type ReplyBatch,
  type RequestBatch,
} from '../../src/wire/requests.js';
import { median } from '../figures.js';
import { measure, standardMix, type Doors, type Mix } from './closed-loop.js';
import { ratio } from './throughput.js';

export interface LayerRow {
  readonly replaced: string;
  /** Gets per second, medians. */
  readonly gets: number;
  readonly microsecondsEach: number;
}

type Answer = (batch: RequestBatch, reply: (replies: ReplyBatch) => void) => void;

const gets: Mix = { ...standardMix, puts: 0 };
const config: RingConfig = {
  ...defaultConfig,
  clusterId: 'bench',
  replicas: 1,
  consistency: 'eventual',
};
const batchSize = 128;

export async function measureLayers(runs: number, seconds: number): Promise<LayerRow[]> {
  const [self] = placeNodes([{ address: 'local/0', host: 'local', incarnation: 0 }], 'balanced');
  if (self === undefined) throw new Error('one node was to be placed');
  const ring = await createRing({ nodes: 8, replicas: 1, consistency: 'eventual' });
  const client = ring.client();
  const node = startNode(self);
  const replica = startReplica(self);
  const layers: readonly [replaced: string, run: () => Promise<number>][] = [
    ['nothing: 8 node threads', () => measureGets(client, seconds)],
    ['threads and ports, by a function call', measureThrough(self, node, seconds)],
    ['... and the chart, by its data plane', measureThrough(self, replica, seconds)],
    ['... and the store, by one constant value', measureThrough(self, constant, seconds)],
    ['client and promises instead, by batches made before', () => batches(replica, seconds)],
  ];
  await fill(client);
  const rates = layers.map((): number[] => []);
  for (let round = 0; round < runs; round++) {
    for (const [index, [, run]] of layers.entries()) rates[index]?.push(await run());
  }
  await ring.close();
  return layers.map(([replaced], index) => {
    const rate = median(rates[index] ?? []);
    return { replaced, gets: Math.round(rate), microsecondsEach: ratio(1e6, rate) };
  });
}

function measureGets(doors: Doors, seconds: number): Promise<number> {
  return measure(doors, gets, 1_024, seconds);
}

/** One client for all runs, so that later ones find it warm. */
function measureThrough(self: Peer, answer: Answer, seconds: number): () => Promise<number> {
  const { client } = loopback(self, answer);
  let filled: Promise<void> | undefined;
  return async () => {
    filled ??= fill(client);
    await filled;
    return measureGets(client, seconds);
  };
}

async function fill(doors: Doors): Promise<void> {
  await Promise.all(gets.keys.map((key) => doors.put(key, gets.value)));
}

function loopback(self: Peer, answer: Answer): ClientCore {
  const core: ClientCore = createClient(
    {
      clock: systemClock,
      random: systemRandom,
      defer: systemDefer,
      firstWord: sha1FirstWord,
      microseconds,
      sendRequests: (_, batch) =>
        answer(batch, (replies) => setImmediate(() => core.receiveReplies(replies))),
      toArray,
      detach,
    },
    { ...defaultClientSettings, partitions: 256, replicas: 1, keyBytesMax: 1_024, valueBytesMax: 1_024 },
    [self],
  );
  return core;
}

/** A whole node, its chart included. */
function startNode(self: Peer): Answer {
  let reply: (replies: ReplyBatch) => void = () => undefined;
  const node = createNode({
    self,
    config,
    entry: { type: 'founder', founders: [self] },
    ports: {
      clock: { ...systemClock, setTimeout: () => undefined },
      random: systemRandom,
      defer: systemDefer,
      sendPacket: () => undefined,
      sendReplies: (_, replies) => reply(replies),
      detach,
      log: () => undefined,
      failed: (error) => {
        throw error;
      },
      left: () => undefined,
    },
  });
  return (batch, answer) => {
    reply = answer;
    node.receiveRequests(1, batch);
  };
}

/** The replica alone, as the data plane calls it. */
function startReplica(self: Peer): Answer {
  let writer = createReplyWriter();
  const replica = createReplica({
    self,
    config,
    clock: systemClock,
    random: systemRandom,
    founders: [self],
    send: () => undefined,
    reply: (_, id, status, value) => writeReply(writer, id, status, value),
    detach,
    raise: () => undefined,
  });
  overlayChanged(replica, {
    self,
    predecessor: undefined,
    successors: [],
    isHome: () => true,
    homeOf: () => [self],
    nextHops: () => ({ kind: 'home', via: 'self', peers: [self] }),
    isDead: () => false,
  });
  return (batch, answer) => {
    handleRequests(replica, 1, batch);
    const replies = finishReplies(writer);
    writer = createReplyWriter();
    answer(replies);
  };
}

/** Every request is answered with the same value; lookups with this node. */
const constant: Answer = (batch, answer) => {
  const writer = createReplyWriter();
  for (let at = 0; at < batch.head.length; at += requestStride) {
    const isLookup = ((batch.head[at + 1] ?? 0) & 0xff) === opcodes.route;
    writeReply(
      writer,
      batch.head[at] ?? 0,
      isLookup ? statuses.moved : statuses.ok,
      isLookup ? onlyNode : gets.value,
    );
  }
  answer(finishReplies(writer));
};

const onlyNode = placeNodes([{ address: 'local/0', host: 'local', incarnation: 0 }], 'balanced')[0]?.id ?? '';

/** Operations per second of the replica alone, fed with batches of 128 gets. */
async function batches(replica: Answer, seconds: number): Promise<number> {
  await Promise.resolve();
  const made: RequestBatch[] = [];
  for (let first = 0; first + batchSize <= gets.keys.length; first += batchSize) {
    const writer = createRequestWriter();
    for (const [id, key] of gets.keys.slice(first, first + batchSize).entries()) {
      const bytes: ByteString = trustBytes(key);
      writeRequest(
        writer,
        id,
        opcodes.get,
        0,
        0,
        partitionOfFirstWord(sha1FirstWord(bytes), 256),
        bytes,
        emptyBytes,
        0,
      );
    }
    made.push(finishRequests(writer));
  }
  let done = 0;
  const startMs = performance.now();
  while (performance.now() - startMs < seconds * 1_000) {
    for (const batch of made) replica(batch, () => undefined);
    done += made.length * batchSize;
  }
  return done / ((performance.now() - startMs) / 1_000);
}
