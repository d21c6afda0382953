/** A ring in one Map: answers the gateway at once, or as a test says, and remembers what it was asked. */
import type { NodeStats, NodeStatus, RingAdmin } from '../../src/admin.js';
import { bytesFromArray, emptyBytes, trustBytes, type ByteString } from '../../src/bytes.js';
import type { Reply, Submitter } from '../../src/client-types.js';
import { RondoError } from '../../src/errors.js';
import { noCounts } from '../../src/replication/engine-state.js';
import { absentState, operations, type RecordState } from '../../src/replication/operations.js';
import { opcodes, packScanPage, statuses, type Opcode, type Status } from '../../src/wire/requests.js';

export interface FakeQuestion {
  readonly opcode: Opcode;
  /** Empty for a question to a partition or to every node. */
  readonly key: ByteString;
  readonly partition: number;
}

/** What a test makes of a question; undefined = the ring's own answer. */
export type Intercept = (question: FakeQuestion) => Reply | Promise<Reply> | undefined;

export interface FakeRing {
  readonly client: { readonly submitter: Submitter };
  readonly admin: RingAdmin;
  readonly submitter: Submitter;
  readonly records: Map<ByteString, RecordState>;
  readonly questions: FakeQuestion[];
  /** What administration was asked to do: `join 2`, `kill a1`. */
  readonly orders: string[];
  nowMs: number;
  intercept: Intercept;
  partitionOf(key: ByteString): number;
}

export function replyOf(status: Status, value = ''): Reply {
  return { status, value: trustBytes(value) };
}

const nodeIds = ['2', '8', 'c'].map((digit) => digit.repeat(40));

export function createFakeRing(partitions = 16): FakeRing {
  const records = new Map<ByteString, RecordState>();
  const ring: FakeRing = {
    records,
    questions: [],
    orders: [],
    nowMs: 1_000_000_000,
    intercept: () => undefined,
    partitionOf: (key) =>
      [...key].reduce((sum, character) => sum * 31 + character.charCodeAt(0), 7) % partitions,
    submitter: {
      partitions,
      submit: (opcode, key, value, flags, number) =>
        ask({ opcode, key, partition: ring.partitionOf(key) }, () =>
          apply(opcode, key, value, flags, number),
        ),
      submitToPartition: (opcode, partition, value, number) =>
        ask({ opcode, key: emptyBytes, partition }, () =>
          opcode === opcodes.scan ? scan(partition, value, number) : flush(partition),
        ),
      submitToEveryNode: async (opcode) => {
        const half = Math.floor(live().length / 2);
        return Promise.all(
          [half, live().length - half].map((count, partition) =>
            ask({ opcode, key: emptyBytes, partition }, () => replyOf(statuses.ok, String(count))),
          ),
        );
      },
    },
    get client() {
      return { submitter: ring.submitter };
    },
    admin: createFakeAdmin(
      (order) => ring.orders.push(order),
      (key) => ring.partitionOf(key),
    ),
  };

  async function ask(question: FakeQuestion, answer: () => Reply): Promise<Reply> {
    ring.questions.push(question);
    return ring.intercept(question) ?? answer();
  }

  function live(): ByteString[] {
    return [...records].filter(([, { expiresAt }]) => expiresAt > ring.nowMs).map(([key]) => key);
  }

  function apply(opcode: Opcode, key: ByteString, value: ByteString, flags: number, number: number): Reply {
    const kept = records.get(key);
    const state = kept === undefined || kept.expiresAt <= ring.nowMs ? absentState : kept;
    const operation = operations.get(opcode);
    if (operation === undefined) return replyOf(statuses.error, `no operation ${opcode}`);
    const outcome = operation(state, { value, flags, number }, ring.nowMs);
    if (outcome.state.value === undefined) records.delete(key);
    else records.set(key, outcome.state);
    return replyOf(outcome.status, outcome.reply);
  }

  function scan(partition: number, cursor: ByteString, count: number): Reply {
    const keys = live().filter((key) => ring.partitionOf(key) === partition);
    const start = cursor === '' ? 0 : Number(cursor);
    const end = start + Math.max(1, count);
    const page = keys.slice(start, end).map((key) => [key, records.get(key)?.value ?? emptyBytes] as const);
    const next = end >= keys.length ? undefined : String(end);
    return replyOf(statuses.ok, packScanPage({ next, records: page }));
  }

  function flush(partition: number): Reply {
    for (const key of [...records.keys()]) if (ring.partitionOf(key) === partition) records.delete(key);
    return replyOf(statuses.ok);
  }

  return ring;
}

const noStats: NodeStats = {
  ...noCounts(),
  records: 0,
  copies: 0,
  bytes: 0,
  tombstones: 0,
  recordsBelowReplicas: 0,
  clockSkewed: 0,
  partitionsWithoutQuorum: [],
};

function createFakeAdmin(order: (text: string) => void, partitionOf: (key: ByteString) => number): RingAdmin {
  const nodes = nodeIds.map((id, index): NodeStatus => ({
    id,
    address: `local/${index}`,
    state: 'member',
    predecessor: nodeIds.at(index - 1) ?? null,
    successors: nodeIds.filter((other) => other !== id),
    partitionsLed: 5,
    records: 0,
  }));
  const find = (node: string) => {
    const found = nodes.find(({ id, address }) => id.startsWith(node) || address === node);
    if (found === undefined) throw new RondoError('NOT_FOUND', `no such node: ${node}`);
    return found;
  };
  return {
    overlay: async () => nodes,
    stats: async (node) => ({
      nodes: (node === undefined ? nodes : [find(node)]).map(({ id, address }) => ({
        ...noStats,
        id,
        address,
      })),
      ring: noStats,
      latency: { count: 0, meanUs: 0, p50Us: 0, p90Us: 0, p99Us: 0, p999Us: 0, maxUs: 0 },
      hops: { lookups: 0, mean: 0, max: 0 },
    }),
    trace: async (key) => {
      const bytes = typeof key === 'string' ? trustBytes(key) : bytesFromArray(key);
      const partition = partitionOf(bytes);
      const home = nodes.find(({ id }) => Number.parseInt(id.charAt(0), 16) >= partition) ?? nodes[0];
      const group = home === undefined ? [] : [{ id: home.id, address: home.address }];
      return { key: bytes, identifier: '0'.repeat(40), partition, hops: [], group };
    },
    join: async (count) => {
      order(`join ${count}`);
      return nodeIds.slice(0, count);
    },
    depart: async (node) => order(`depart ${find(node).address}`),
    kill: async (node) => order(`kill ${find(node).address}`),
    recover: async (partition) => {
      order(`recover ${partition}`);
      return { partition, epoch: '1.1', records: 5, survivors: ['local/0'], lost: ['local/3'] };
    },
  };
}
