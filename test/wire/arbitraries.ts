/** A generator for each type of message between nodes, of what the protocol may send: for tests of the wire. */
import fc from 'fast-check';
import { trustBytes, type ByteString } from '../../src/bytes.js';
import { trustIdentifier, type Identifier } from '../../src/chord/identifier.js';
import type { Peer } from '../../src/peer.js';
import { ballotOf } from '../../src/replication/linearizable/ballot.js';
import {
  askKinds,
  createWriter,
  finishWriter,
  outcomes,
  writeAsk,
  writeBallot,
  writeOutcome,
  writePromise,
  type PackedAnswers,
  type PackedAsks,
} from '../../src/replication/linearizable/packed-asks.js';
import { packRegisters } from '../../src/replication/linearizable/packed-registers.js';
import type { RegisterState } from '../../src/replication/linearizable/register.js';
import type { View } from '../../src/replication/linearizable/view.js';
import type { VersionList } from '../../src/replication/messages.js';
import {
  createRecordWriter,
  finishRecords,
  kinds,
  writeChange,
  type PackedRecords,
} from '../../src/replication/packed-records.js';
import type { Packet, PeerMessage } from '../../src/wire/messages.js';
import type { WireLimits } from '../../src/wire/wire-limits.js';

export const limits: WireLimits = {
  clusterId: 'test',
  partitions: 256,
  keyBytesMax: 64,
  valueBytesMax: 400,
};
export const from = trustIdentifier('3'.padEnd(40, 'f'));

const digits = fc.constantFrom(...'0123456789abcdef');
export const identifiers: fc.Arbitrary<Identifier> = fc
  .array(digits, { minLength: 40, maxLength: 40 })
  .map((list) => trustIdentifier(list.join('')));
const texts = (maxLength: number): fc.Arbitrary<ByteString> =>
  fc.oneof(
    fc.constantFrom('', '__proto__', 'constructor', '\n', '"\\').map(trustBytes),
    fc
      .array(fc.integer({ min: 0, max: 255 }), { maxLength })
      .map((codes) => trustBytes(String.fromCharCode(...codes))),
  );
const keys = texts(limits.keyBytesMax);
const values = texts(limits.valueBytesMax);
const maybeValues = fc.option(values, { nil: undefined });
const requestId = fc.nat();
/** Those of a departing node's lookups are negative. */
const anyRequestId = fc.maxSafeInteger();
const partition = fc.nat(limits.partitions - 1);
const partitions = fc.uniqueArray(partition, { maxLength: 6 });
const whole = fc.integer({ min: 0, max: 2 ** 52 });
const times = fc.oneof(fc.constant(Infinity), fc.double({ min: 0, max: 2 ** 52, noNaN: true }).map(positive));
const sums = fc.double({ min: 0, max: 2 ** 60, noNaN: true }).map(positive);
const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const epochs = fc
  .integer({ min: 1, max: 16 * 2 ** 21 - 2 ** 17 })
  .filter((epoch) => epoch % 2 ** 21 < 2 ** 20);
const ballots = fc
  .tuple(epochs, fc.integer({ min: 1, max: 2 ** 24 }), fc.nat(6))
  .map(([epoch, round, member]) => ballotOf(epoch, round, member));
const maybeBallots = fc.oneof(fc.constant(0), ballots);
const addresses = fc.oneof(
  fc.constantFrom('local/3', '127.0.0.1:7000/1', '[::1]:7000/2', '__proto__', 'h\u00fc\u4e16'),
  fc.string({ maxLength: 30 }),
);
export const peers: fc.Arbitrary<Peer> = fc.record({
  id: identifiers,
  address: addresses,
  host: addresses,
  incarnation: whole,
});
const peerLists = fc.array(peers, { maxLength: 6 });
const groups = fc.uniqueArray(peers, { maxLength: 5, selector: ({ id }) => id });
const states: fc.Arbitrary<RegisterState> = fc.record({
  value: maybeValues,
  expiresAt: times,
  version: whole,
  recent: fc.array(ballots, { maxLength: 16 }),
});

const asks: fc.Arbitrary<PackedAsks> = fc
  .array(
    fc.tuple(
      partition,
      keys,
      epochs,
      states,
      fc.constantFrom(...Object.values(askKinds)),
      fc.integer({ min: 1, max: 2 ** 24 }),
    ),
    { maxLength: 8 },
  )
  .map((list) => {
    const writer = createWriter();
    for (const [place, key, epoch, state, kind, round] of list) {
      const given = kind === askKinds.accept ? state : undefined;
      writeAsk(writer, kind, place, key, epoch, ballotOf(epoch, round, 2), given);
    }
    return finishWriter(writer);
  });
const answers: fc.Arbitrary<PackedAnswers> = fc
  .array(fc.tuple(fc.constantFrom(...Object.values(outcomes)), maybeBallots, states), { maxLength: 8 })
  .map((list) => {
    const writer = createWriter();
    for (const [outcome, ballot, state] of list) {
      if (outcome === outcomes.promised) writePromise(writer, ballot, state);
      else if (outcome === outcomes.held || outcome === outcomes.refused)
        writeBallot(writer, outcome, ballot);
      else writeOutcome(writer, outcome);
    }
    return finishWriter(writer);
  });
export const records: fc.Arbitrary<PackedRecords> = fc
  .array(
    fc.record({
      partition,
      kind: fc.constantFrom(...Object.values(kinds)),
      key: keys,
      value: values,
      hlc: whole,
      writer: identifiers,
      expiresAt: times,
    }),
    { maxLength: 8 },
  )
  .map((changes) => {
    const run = createRecordWriter();
    for (const change of changes) writeChange(run, change);
    return finishRecords(run);
  });
const registers = fc
  .array(
    fc.tuple(keys, maybeBallots, states).map(([key, accepted, state]) => ({ key, accepted, ...state })),
    { maxLength: 8 },
  )
  .map(packRegisters);

const view: fc.Arbitrary<View> = fc
  .record({
    partition,
    epoch: epochs,
    members: groups.filter(({ length }) => length > 0),
    previous: groups,
    wipes: fc.boolean(),
    recovers: fc.option(fc.constant(true as const), { nil: undefined }),
  })
  .map(({ recovers, ...rest }) => {
    const known = { ...rest, previousEpoch: rest.epoch - 1 };
    return recovers === undefined ? known : { ...known, recovers };
  });
const views = fc.array(view, { maxLength: 3 });
const maybeView = fc.option(view, { nil: null });
const viewBallot = fc.nat(2 ** 40);
const inEpochs = fc.array(fc.record({ partition, epoch: epochs }), { maxLength: 5 });
const distinct = <T extends { readonly partition: number }>(items: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.uniqueArray(items, { maxLength: 4, selector: (item) => item.partition });

const directory = fc.array(fc.record({ peer: peers, dead: fc.boolean() }), { maxLength: 5 });
const told = fc.uniqueArray(partition, { maxLength: 8 }).chain((list) =>
  fc.array(
    fc.record({
      home: identifiers,
      asOf: whole,
      members: groups,
      ranges: fc.constant(list.flatMap((at) => [at, at])),
    }),
    { maxLength: list.length === 0 ? 3 : 1 },
  ),
);
const digests = distinct(
  fc
    .record({
      partition,
      low: word,
      high: word,
      copy: fc.constantFrom('none', 'filling', 'complete'),
      flushedHlc: whole,
      flushedWriter: identifiers,
      passesOn: fc.boolean(),
    })
    .map(({ passesOn, ...rest }) => (passesOn ? { ...rest, passesOn } : rest)),
);
const buckets = fc.uniqueArray(fc.nat(63), { maxLength: 5 });
const lists = distinct(
  fc
    .tuple(
      partition,
      buckets,
      fc.array(fc.tuple(whole, whole, fc.nat(1)), { maxLength: 6 }),
      fc.tuple(identifiers, identifiers),
    )
    .map(([place, wanted, versions, writers]): VersionList => ({
      partition: place,
      buckets: wanted,
      keyHashes: new Float64Array(versions.map(([hash]) => hash)),
      hlcs: new Float64Array(versions.map(([, hlc]) => hlc)),
      writerPlaces: new Int32Array(versions.map(([, , writer]) => writer)),
      writers,
    })),
);
const bucketed = distinct(
  fc.record({
    partition,
    digests: fc.array(word, { minLength: 128, maxLength: 128 }).map((sums) => new Int32Array(sums)),
  }),
);
const fetchBuckets = fc.nat(10).map((power) => 2 ** power);

type Fields<T extends PeerMessage['type']> = Omit<
  Extract<PeerMessage, { readonly type: T }>,
  'type' | 'from'
>;

/** The own fields of each type of message: the compiler asks for every type of the union. */
const fields: { readonly [T in PeerMessage['type']]: fc.Arbitrary<Fields<T>> } = {
  getNeighbours: fc.record({ requestId, directoryAfter: whole, directory }),
  neighbours: fc.record({
    requestId,
    self: peers.map((peer) => ({ ...peer, id: from })),
    predecessor: fc.option(peers, { nil: null }),
    successors: peerLists,
    directory,
    directoryThrough: whole,
  }),
  busy: fc.record({ requestId }),
  ping: fc.record({ requestId }),
  pong: fc.record({ requestId }),
  notify: fc.record({ peer: peers.map((peer) => ({ ...peer, id: from })) }),
  newPredecessor: fc.record({ peer: peers }),
  getNextHop: fc.record({
    requestId: anyRequestId,
    target: identifiers,
    avoid: fc.array(identifiers, { maxLength: 5 }),
  }),
  nextHop: fc.record({
    requestId: anyRequestId,
    kind: fc.constantFrom('home', 'hop'),
    via: fc.constantFrom('self', 'finger 12', 'successor 1'),
    peers: peerLists,
  }),
  leaving: fc.record({ peer: peers.map((peer) => ({ ...peer, id: from })) }),
  replicate: fc.record({ requestId, records }),
  replicated: fc.record({ requestId }),
  compare: fc.record({ requestId, told, digests }),
  compared: fc.record({
    requestId,
    told,
    digests,
    equal: partitions,
    different: lists,
    bucketed,
    later: partitions,
  }),
  getVersions: fc.record({ requestId, wanted: distinct(fc.record({ partition, buckets })) }),
  versions: fc.record({ requestId, lists }),
  records: fc.record({ requestId, records }),
  recordsTaken: fc.record({ requestId }),
  confirmed: fc.record({ partitions }),
  forward: fc.record({ requestId, partition, key: keys }),
  forwarded: fc.record({ requestId, outcome: fc.constantFrom('found', 'absent', 'notHere'), records }),
  getGroups: fc.record({ requestId, partitions }),
  groups: fc.record({ requestId, told, closer: distinct(fc.record({ partition, peer: identifiers })) }),
  registerAsks: fc.record({ requestId, asks }),
  registerAnswers: fc.record({ requestId, answers, views: fc.oneof(fc.constant([]), views) }),
  prepareAll: fc.record({
    requestId,
    partitions: fc.array(fc.record({ partition, epoch: epochs, ballot: ballots, low: sums, high: sums }), {
      maxLength: 5,
    }),
  }),
  preparedAll: fc.record({
    requestId,
    partitions: fc.array(
      fc.record({
        partition,
        epoch: epochs,
        ballot: ballots,
        outcome: fc.constantFrom('promised', 'refused', 'wrongView'),
        exceed: maybeBallots,
        equal: fc.boolean(),
      }),
      { maxLength: 5 },
    ),
    views,
  }),
  prepareView: fc.record({ partition, epoch: epochs, ballot: viewBallot }),
  viewPromised: fc.record({
    partition,
    epoch: epochs,
    ballot: viewBallot,
    accepted: viewBallot,
    value: maybeView,
  }),
  acceptView: fc.record({ ballot: viewBallot, view }),
  viewAccepted: fc.record({ partition, epoch: epochs, ballot: viewBallot }),
  viewRefused: fc.record({ partition, epoch: epochs, ballot: viewBallot, promised: viewBallot }),
  views: fc.record({ views }),
  getViews: fc.record({ partitions }),
  fetch: fc
    .record({
      requestId,
      view: maybeView,
      partition,
      epoch: epochs,
      buckets: fetchBuckets,
      bucket: fc.nat(1_024),
    })
    .chain((given) =>
      fc
        .oneof(
          fc.constant(new Float64Array(0)),
          fc
            .array(sums, { minLength: 2 * given.buckets, maxLength: 2 * given.buckets, size: 'max' })
            .map((list) => new Float64Array(list)),
        )
        .map((found) => ({ ...given, digests: found, partition: given.view?.partition ?? given.partition })),
    ),
  fetched: fc.record({
    requestId,
    partition,
    epoch: epochs,
    kind: fc.constantFrom('sealed', 'copy', 'none'),
    bucket: fc.nat(500),
    nextBucket: fc.integer({ min: 501, max: 1_024 }),
    different: fc.uniqueArray(fc.nat(1_023), { maxLength: 6 }),
    registers,
    versionFloor: whole,
    views,
  }),
  activated: fc.record({ partition, epoch: epochs }),
  warmUp: fc.record({ view }),
  warmedUp: fc.record({ partition, epoch: epochs }),
  suggest: fc.record({ suggestions: distinct(fc.record({ partition, epoch: epochs, group: groups })) }),
  wantsToLeave: fc.constant({}),
  getSurvivor: fc.record({ requestId, partition }),
  survivor: fc.record({ requestId, partition, view: maybeView, epoch: epochs, leaves: fc.boolean() }),
  listKeys: fc.record({
    requestId,
    partition,
    epoch: epochs,
    after: fc.oneof(whole, fc.constantFrom(-1, NaN)),
    through: fc.oneof(whole, fc.constant(Infinity)),
  }),
  keysListed: fc.record({ requestId, active: fc.boolean(), keys: fc.array(keys, { maxLength: 6 }) }),
  compareRegisters: fc.record({
    partitions: distinct(fc.record({ partition, epoch: epochs, low: sums, high: sums })),
  }),
  uniform: fc.record({ partitions: inEpochs }),
  registersEqual: fc.record({ partitions: inEpochs }),
  settleKeys: fc.record({ partition, epoch: epochs, keys: fc.array(keys, { maxLength: 6 }) }),
};

export const messageTypes = Object.keys(fields) as readonly PeerMessage['type'][];

export function messagesOf(type: PeerMessage['type']): fc.Arbitrary<PeerMessage> {
  return (fields[type] as fc.Arbitrary<object>).map((own) => ({ type, from, ...own }) as PeerMessage);
}

export function packetOf(messages: readonly PeerMessage[]): Packet {
  return { clusterId: limits.clusterId, from, messages };
}

/** JSON knows no other zero than 0, and nothing in the protocol makes one. */
function positive(value: number): number {
  return value === 0 ? 0 : value;
}
