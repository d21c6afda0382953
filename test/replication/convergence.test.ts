/** Property tests: whatever the network does to messages, copies become equal and nothing acknowledged is lost. */
import { expect } from 'chai';
import fc from 'fast-check';
import { emptyBytes, trustBytes } from '../../src/bytes.js';
import type { Identifier } from '../../src/chord/identifier.js';
import { mergeChange } from '../../src/replication/merging.js';
import { kinds, type Change } from '../../src/replication/packed-records.js';
import type { Replica } from '../../src/replication/replica.js';
import { fillingPartitions, replicaDigest, replicaStats } from '../../src/replication/statistics.js';
import { opcodes, statuses } from '../../src/wire/requests.js';
import { peer, ReplicaWorld } from './harness.js';

const [a, b, c] = [peer('2'), peer('6'), peer('a')];
const keys = ['x', 'y', 'z'];

const changeArbitrary = fc.record({
  key: fc.constantFrom(...keys),
  kind: fc.constantFrom(kinds.value, kinds.tombstone),
  hlc: fc.integer({ min: 1, max: 6 }),
  writer: fc.constantFrom(a.id, b.id, c.id),
});

/** The content follows from the version: a version is never given to two contents. */
function changeOf(given: { key: string; kind: 0 | 1; hlc: number; writer: Identifier }): Change {
  const kind = (given.hlc + given.writer.charCodeAt(0)) % 3 === 0 ? kinds.tombstone : kinds.value;
  const value = kind === kinds.value ? trustBytes(`${given.key}${given.hlc}${given.writer[0]}`) : emptyBytes;
  const { hlc, writer } = given;
  return { partition: 3, kind, key: trustBytes(given.key), value, hlc, writer, expiresAt: Infinity };
}

function merged(changes: readonly Change[]): Replica {
  const replica = new ReplicaWorld({ replicas: 1 }).found(a).replica(a);
  const partition = replica.partitions[3];
  if (partition === undefined) throw new Error('no partition');
  for (const change of changes) mergeChange(replica, partition, change, b.id, 1_000);
  return replica;
}

describe('convergence', () => {
  it('merging changes is commutative, associative and idempotent: any order and repetition gives the same copy', () => {
    fc.assert(
      fc.property(
        fc.array(changeArbitrary, { maxLength: 12 }),
        fc.infiniteStream(fc.nat()),
        (given, numbers) => {
          const changes = given.map(changeOf);
          const shuffled = [...changes, ...changes.slice(0, 3)];
          shuffled.forEach((_, index) => {
            const other = (numbers.next().value ?? 0) % shuffled.length;
            [shuffled[index], shuffled[other]] = [
              shuffled[other] ?? neverChange,
              shuffled[index] ?? neverChange,
            ];
          });
          const [one, two] = [merged(changes), merged(shuffled)];
          expect(replicaDigest(two)).to.equal(replicaDigest(one));
          expect(two.partitions[3]?.live).to.equal(one.partitions[3]?.live);
          expect(two.partitions[3]?.tombstones).to.equal(one.partitions[3]?.tombstones);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('three replicas with lost, repeated and shuffled messages end with equal copies and every acknowledged put', () => {
    const step = fc.record({
      node: fc.constantFrom(a, b, c),
      key: fc.constantFrom(...keys),
      opcode: fc.constantFrom(opcodes.put, opcodes.put, opcodes.delete, opcodes.append),
      moves: fc.constantFrom(0, 2),
      deliveries: fc.nat(6),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), fc.nat(1_000_000), (steps, seed) => {
        const world = new ReplicaWorld({ hintBytesMax: 500 }).found(a, b, c);
        let state = seed;
        const draw = (below: number): number => {
          state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
          return (state >> 8) % below;
        };
        world.carries = (envelope) => {
          if (draw(4) === 0) world.inFlight.push(envelope);
          return draw(4) !== 0;
        };
        const latest = new Map<string, string | null>();
        for (const [index, { node, key, opcode, moves, deliveries }] of steps.entries()) {
          const name = world.request(node, opcode, 3, key, `v${index};`, { moves });
          const acknowledged = world.answers.get(name)?.status === statuses.ok;
          if (acknowledged && node === b) latest.set(key, opcode === opcodes.delete ? null : 'present');
          for (let count = 0; count < deliveries && world.inFlight.length > 0; count++) {
            const [envelope] = world.inFlight.splice(draw(world.inFlight.length), 1);
            if (envelope !== undefined) world.deliverOne(envelope);
          }
          world.nowMs += 1;
        }
        world.carries = () => true;
        world.pass(15_000);
        for (const node of [b, c]) expect(world.contents(node, 3)).to.deep.equal(world.contents(a, 3));
        // Whatever was put and acknowledged is there, unless somebody deleted it later.
        const deletes = steps.some(({ opcode }) => opcode === opcodes.delete);
        for (const key of latest.keys()) {
          const value = world.contents(a, 3)[key];
          if (!deletes) expect(value, `${key} was acknowledged`).to.be.a('string');
          else expect(value, `${key} was acknowledged`).not.to.equal(undefined);
        }
        expect(replicaStats(world.replica(b)).recordsBelowReplicas).to.equal(0);
      }),
      { numRuns: 60 },
    );
  });

  it('joins and crashes of single nodes lose no acknowledged record, whatever the order of messages', () => {
    const digits = ['1', '3', '5', '7', '9', 'b', 'd', 'f'];
    const change = fc.record({ place: fc.nat(7), kills: fc.boolean(), puts: fc.nat(20) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 6 }), fc.nat(1_000_000), (changes, seed) => {
        const world = new ReplicaWorld().found(a, b, c, peer('e'));
        let state = seed;
        const pick = (count: number): number => {
          state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
          return (state >> 8) % count;
        };
        const expected = new Map<string, string>();
        let puts = 0;
        for (const { place, kills, puts: count } of changes) {
          for (let index = 0; index < count; index++) {
            const partition = pick(16);
            const leader = world.live().find((node) => world.replica(node).partitions[partition]?.led);
            if (leader === undefined) continue;
            const key = `${partition}:k${pick(30)}`;
            if (world.put(leader, partition, key, `v${++puts}`).status === statuses.ok)
              expected.set(key, `v${puts}`);
          }
          world.deliver(pick);
          const victim = world.live()[place];
          const joiner = peer(`${digits[place] ?? '0'}${puts % 10}${changes.length}`);
          if (kills && victim !== undefined && world.live().length > 3) world.kill(victim);
          else if (!world.peers.has(joiner.id)) world.join(joiner);
          world.deliver(pick);
          world.pass(8_000);
        }
        world.pass(30_000);
        for (const [key, value] of expected) {
          const partition = Number(key.split(':')[0]);
          const holders = world.live().filter((node) => key in world.contents(node, partition));
          expect(holders.map((node) => world.contents(node, partition)[key])).to.deep.equal([
            value,
            value,
            value,
          ]);
        }
        for (const node of world.live()) expect(fillingPartitions(world.replica(node))).to.deep.equal([]);
      }),
      { numRuns: 15 },
    );
  });
});

const neverChange = changeOf({ key: 'never', kind: 0, hlc: 1, writer: a.id });
