/** Packets as text for another host: what is sent comes out as it was, and what nobody may send is refused with the place where it is wrong. */
import { expect } from 'chai';
import fc from 'fast-check';
import { trustBytes } from '../../src/bytes.js';
import { trustIdentifier } from '../../src/chord/identifier.js';
import { packRegisters } from '../../src/replication/linearizable/packed-registers.js';
import { decodePlainPacket, encodePlainPacket, messageShapes } from '../../src/wire/codec.js';
import type { PeerMessage } from '../../src/wire/messages.js';
import { WireError } from '../../src/wire/wire-error.js';
import { from, limits, messagesOf, messageTypes, packetOf } from './arbitraries.js';

const other = trustIdentifier('4'.repeat(40));
const peer = { id: from, address: 'local/1', host: 'local', incarnation: 1 };
const requestId = 1;
const view = {
  partition: 3,
  epoch: 2,
  members: [peer],
  previousEpoch: 1,
  previous: [peer],
  wipes: false,
};

/** Why the message is refused, although the compiler may have nothing against it. */
function refusal(message: PeerMessage): string {
  try {
    decodePlainPacket(encodePlainPacket(packetOf([message])), limits);
  } catch (error) {
    if (error instanceof WireError) return error.message;
    throw error;
  }
  return 'taken';
}

function problemOf(text: string): string {
  try {
    decodePlainPacket(text, limits);
  } catch (error) {
    if (error instanceof WireError) return error.message;
    throw error;
  }
  return 'taken';
}

describe('Packets as text', () => {
  for (const type of messageTypes) {
    it(`come out as they went in: ${type}`, () => {
      fc.assert(
        fc.property(fc.array(messagesOf(type), { maxLength: 3 }), (messages) => {
          const text = encodePlainPacket(packetOf(messages));
          expect(text).to.match(/^[\u0000-\u00ff]*$/);
          expect(decodePlainPacket(text, limits)).to.deep.equal(packetOf(messages));
        }),
        { numRuns: 50 },
      );
    });
  }

  it('have a shape for every type of message, and a generator for every shape', () => {
    expect(Object.keys(messageShapes)).to.have.members([...messageTypes]);
  });

  it('name each peer once, however often messages do', () => {
    const views = Array.from({ length: 100 }, (_, partition) => ({ ...view, partition }));
    const text = encodePlainPacket(packetOf([{ type: 'views', from, views }]));
    expect(text.split(peer.address)).to.have.lengthOf(2);
  });

  it('pass over fields that a later version may have', () => {
    const text = encodePlainPacket(packetOf([{ type: 'ping', from, requestId: 7 }]));
    const later = text.replace('"requestId":7', '"requestId":7,"later":[1,{"__proto__":2}]');
    expect(decodePlainPacket(later, limits)).to.deep.equal(packetOf([{ type: 'ping', from, requestId: 7 }]));
  });

  it('are refused with the place and the reason', () => {
    const ping = encodePlainPacket(packetOf([{ type: 'ping', from, requestId: 7 }]));
    const most = Number.MAX_SAFE_INTEGER;
    const table: readonly (readonly [string, string])[] = [
      ['', 'packet: has no end of its first line'],
      ['{}\n', 'packet: clusterId must be a text, not undefined'],
      ['[]\n', 'packet: must be an object, not an array'],
      ['{"clusterId":\n', 'packet: has what is no JSON'],
      [`${'['.repeat(17)}\n`, 'packet: has JSON of more than 16 levels'],
      [`"${'['.repeat(17)}"\n`, 'packet: must be an object, not "[[[[[[[[[[[[[[[[["'],
      [`"${' '.repeat(5_000_000)}"\n`, 'packet: has 5000002 bytes of JSON, more than 4194304'],
      [ping.replace('test', 'else'), 'packet: is of the ring "else"'],
      [ping.replace('"ping"', '"pang"'), 'packet: messages.0 is of the unknown type "pang"'],
      [ping.replace('"ping"', '"__proto__"'), 'packet: messages.0 is of the unknown type "__proto__"'],
      [
        ping.replace(':7', ':"7"'),
        `packet: messages.0.requestId must be a whole number from ${-most} to ${most}, not "7"`,
      ],
      [
        ping.replace(':7', ':1.5'),
        `packet: messages.0.requestId must be a whole number from ${-most} to ${most}, not 1.5`,
      ],
      [`${ping}x`, 'packet: has 1 bytes too many'],
      [ping.replace(from, 'x'), 'packet: from must be 40 hexadecimal digits, not "x"'],
    ];
    for (const [text, reason] of table) expect(problemOf(text)).to.equal(reason);
  });

  it('may not hold what would harm the node that takes them', () => {
    const head = [0];
    const digest = { low: 0, high: 0, copy: 'none', flushedHlc: 0, flushedWriter: other } as const;
    const told = { home: other, asOf: 1, members: [peer], ranges: [0, 255] };
    const fetched = {
      type: 'fetched',
      from,
      requestId,
      partition: 3,
      epoch: 2,
      kind: 'copy',
      bucket: 3,
      nextBucket: 4,
      different: [],
      registers: packRegisters([]),
      versionFloor: 0,
      views: [],
    } as const;
    const fetch = { type: 'fetch', from, requestId, partition: 3, epoch: 2, view: null } as const;
    const list = {
      partition: 3,
      buckets: [],
      keyHashes: new Float64Array(1),
      hlcs: new Float64Array(1),
      writerPlaces: new Int32Array(1),
      writers: [other],
    };
    const key = trustBytes('k'.repeat(65));
    const text = trustBytes('');
    const table: readonly (readonly [string, PeerMessage])[] = [
      [
        'self is not the sender',
        {
          type: 'neighbours',
          from,
          requestId,
          self: { ...peer, id: other },
          predecessor: null,
          successors: [],
          directory: [],
          directoryThrough: 0,
        },
      ],
      ['peer is not the sender', { type: 'leaving', from, peer: { ...peer, id: other } }],
      ['peer is not the sender', { type: 'notify', from, peer: { ...peer, id: other } }],
      [
        'peers has 65 members, more than 64',
        {
          type: 'nextHop',
          from,
          requestId,
          kind: 'hop',
          via: '',
          peers: Array.from({ length: 65 }, () => peer),
        },
      ],
      [
        'wanted names something twice',
        {
          type: 'getVersions',
          from,
          requestId,
          wanted: [
            { partition: 1, buckets: [] },
            { partition: 1, buckets: [] },
          ],
        },
      ],
      [
        'wanted.0.buckets.0 must be a whole number from 0 to 63, not 64',
        { type: 'getVersions', from, requestId, wanted: [{ partition: 1, buckets: [64] }] },
      ],
      [
        'wanted.0.partition must be a whole number from 0 to 255, not 256',
        { type: 'getVersions', from, requestId, wanted: [{ partition: 256, buckets: [] }] },
      ],
      [
        'digests names something twice',
        {
          type: 'compare',
          from,
          requestId,
          told: [],
          digests: [
            { partition: 1, ...digest },
            { partition: 1, ...digest },
          ],
        },
      ],
      [
        'told names 512 partitions of 256',
        { type: 'compare', from, requestId, told: [told, told], digests: [] },
      ],
      [
        'told.0.ranges ends within a range',
        { type: 'compare', from, requestId, told: [{ ...told, ranges: [0] }], digests: [] },
      ],
      [
        'told.0.ranges has a range that ends before it begins',
        { type: 'compare', from, requestId, told: [{ ...told, ranges: [2, 1] }], digests: [] },
      ],
      [
        'told.0.ranges.1 must be a whole number from 0 to 255, not 9007199254740991',
        { type: 'compare', from, requestId, told: [{ ...told, ranges: [0, 2 ** 53 - 1] }], digests: [] },
      ],
      [
        'told.0.members names a peer twice',
        { type: 'compare', from, requestId, told: [{ ...told, members: [peer, peer] }], digests: [] },
      ],
      [
        'lists.0 names a writer that is not among 0',
        { type: 'versions', from, requestId, lists: [{ ...list, writers: [] }] },
      ],
      [
        'lists.0 lists 1 keys with 0 readings of 1 writers',
        { type: 'versions', from, requestId, lists: [{ ...list, hlcs: new Float64Array(0) }] },
      ],
      [
        'lists.0 has a clock reading that is none',
        { type: 'versions', from, requestId, lists: [{ ...list, hlcs: new Float64Array([NaN]) }] },
      ],
      ['key has 65 bytes, more than 64', { type: 'forward', from, requestId, partition: 1, key }],
      [
        'records has 1 words, not 4 for each record',
        { type: 'records', from, requestId, records: { head, numbers: [], writers: [], text } },
      ],
      ['epoch must be an epoch, not 2097151', { type: 'activated', from, partition: 1, epoch: 2 ** 21 - 1 }],
      ['epoch must be an epoch, not 33554433', { type: 'activated', from, partition: 1, epoch: 2 ** 25 + 1 }],
      ['epoch must be an epoch, not 1.5', { type: 'activated', from, partition: 1, epoch: 1.5 }],
      ['view.members names a peer twice', { type: 'warmUp', from, view: { ...view, members: [peer, peer] } }],
      ['view has no members', { type: 'warmUp', from, view: { ...view, members: [] } }],
      ['view has epoch 2, not after 2', { type: 'warmUp', from, view: { ...view, previousEpoch: 2 } }],
      ['covers buckets 4 to 4', { ...fetched, bucket: 4 }],
      ['different names something twice', { ...fetched, different: [1, 1] }],
      [
        'has 3 buckets, not a power of two',
        { ...fetch, buckets: 3, digests: new Float64Array(0), bucket: 0 },
      ],
      ['has 4 sums for 4 buckets', { ...fetch, buckets: 4, digests: new Float64Array(4), bucket: 0 }],
      [
        'has a view of another partition',
        { ...fetch, partition: 4, view, buckets: 4, digests: new Float64Array(0), bucket: 0 },
      ],
    ];
    for (const [reason, message] of table) {
      const place = /^(?:has|covers) /.test(reason) ? ' ' : '.';
      expect(refusal(message), message.type).to.equal(`packet: messages.0${place}${reason}`);
    }
  });
});
