/**
 * YCSB's core workloads A to F as operations (Cooper et al., "Benchmarking Cloud Serving Systems with YCSB", SoCC 2010, table 2).
 * Where a hash table differs: keys have no order, so that a scan of E reads keys from a place of the circle on; a
 * read-modify-write of F is a read and then an update of the same key, two operations.
 */
import { emptyBytes, bytesFromText, type ByteString } from '../../src/bytes.js';
import { createRandom } from '../../src/random.js';
import type { Random } from '../../src/ports.js';
import { scrambledZipfianChooser, zipfianChooser } from './key-choosers.js';
import type { Content, Operation } from './operation.js';

export const workloadNames = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
export type WorkloadName = (typeof workloadNames)[number];

export interface CoreWorkload {
  readonly name: WorkloadName;
  /** Records that are there before. */
  readonly records: number;
  /** Of all clients together; those of F's pairs count twice. */
  readonly operations: number;
  readonly clients: number;
  readonly valueBytes: number;
  readonly seed: number;
}

interface Mix {
  /** The share of reads; the rest is `other`. */
  readonly reads: number;
  readonly other: 'update' | 'insert' | 'readModifyWrite';
  readonly read: 'get' | 'scan';
  readonly keys: 'zipfian' | 'latest';
}

const mixes: Readonly<Record<WorkloadName, Mix>> = {
  a: { reads: 0.5, other: 'update', read: 'get', keys: 'zipfian' },
  b: { reads: 0.95, other: 'update', read: 'get', keys: 'zipfian' },
  c: { reads: 1, other: 'update', read: 'get', keys: 'zipfian' },
  d: { reads: 0.95, other: 'insert', read: 'get', keys: 'latest' },
  e: { reads: 0.95, other: 'insert', read: 'scan', keys: 'zipfian' },
  f: { reads: 0.5, other: 'readModifyWrite', read: 'get', keys: 'zipfian' },
};

const scanLengthMax = 100;
const scanPartitions = 256;
const unrecorded = { atNs: undefined, client: undefined };

/** The puts that make the records, dealt to the clients. */
export function loadOperations(workload: CoreWorkload): readonly (readonly Operation[])[] {
  const hands = emptyHands(workload.clients);
  for (let index = 0; index < workload.records; index++) {
    const value = { mark: `load-${index}-`, bytes: workload.valueBytes };
    hands[index % workload.clients]?.push(put(keyOf(index), value));
  }
  return hands;
}

/** The operations of each client. Every value is written once, so that what a read returns tells which put it saw. */
export function runOperations(workload: CoreWorkload): readonly (readonly Operation[])[] {
  return emptyHands(workload.clients).map((hand, client) => {
    const share = Math.ceil((workload.operations - client) / workload.clients);
    const draw = drawer(workload, client);
    while (hand.length < share) hand.push(...draw());
    return hand.slice(0, share);
  });
}

/** Draws the next one or two operations of a client. */
function drawer(workload: CoreWorkload, client: number): () => readonly Operation[] {
  const { records, clients, valueBytes, name, seed } = workload;
  const mix = mixes[name];
  const random = createRandom(`${seed}/${name}/${client}`);
  let [inserts, writes] = [0, 0];
  /** Of the client's own inserts, whose numbers no other client uses. */
  const insertedKey = (number: number): ByteString => keyOf(records + number * clients + client);
  const choose = keyChooser(mix, records, random, () => inserts, insertedKey);
  const content = (): Content => ({ mark: `run-${client}-${writes++}-`, bytes: valueBytes });
  return () => {
    if (random() < mix.reads) {
      return mix.read === 'get' ? [get(choose())] : [scan(random)];
    }
    switch (mix.other) {
      case 'insert':
        return [put(insertedKey(inserts++), content())];
      case 'update':
        return [put(choose(), content())];
      case 'readModifyWrite': {
        const key = choose();
        return [get(key), put(key, content())];
      }
    }
  };
}

/** `latest` counts back from the client's newest insert into the records that were there before. */
function keyChooser(
  mix: Mix,
  records: number,
  random: Random,
  inserts: () => number,
  insertedKey: (number: number) => ByteString,
): () => ByteString {
  if (mix.keys === 'zipfian') {
    const index = scrambledZipfianChooser(records, random);
    return () => keyOf(index());
  }
  const rank = zipfianChooser(records, random);
  return () => {
    const back = rank();
    return back < inserts() ? insertedKey(inserts() - 1 - back) : keyOf(records - 1 - (back - inserts()));
  };
}

function emptyHands(clients: number): Operation[][] {
  return Array.from({ length: clients }, () => []);
}

function keyOf(index: number): ByteString {
  return bytesFromText(`user${index}`);
}

function get(key: ByteString): Operation {
  return { type: 'get', key, ...unrecorded };
}

function put(key: ByteString, value: Content): Operation {
  return { type: 'put', key, value, ttlMs: 0, onlyIf: undefined, ...unrecorded };
}

function scan(random: Random): Operation {
  const partition = Math.floor(random() * scanPartitions);
  const count = 1 + Math.floor(random() * scanLengthMax);
  return { type: 'scan', key: emptyBytes, partition, count, ...unrecorded };
}
