/** The operations that clients of the arena ask for, with values that are written once, and what each answer says. */
import { emptyBytes, trustBytes, type ByteString } from '../../../src/bytes.js';
import { sha1FirstWord } from '../../../src/chord/sha1.js';
import { partitionOfFirstWord } from '../../../src/replication/partition.js';
import type { Random } from '../../../src/ports.js';
import { flags, opcodes, statuses, type Opcode } from '../../../src/wire/requests.js';
import type { Action, Content } from '../../check/observed.js';
import { pick } from '../faults.js';

/** `text` keys are appended to, `counter` keys incremented. */
export type KeyKind = 'register' | 'text' | 'counter';

export const allKinds: readonly KeyKind[] = ['register', 'register', 'text', 'counter'];

export interface ArenaKey {
  readonly key: ByteString;
  readonly partition: number;
  readonly kind: KeyKind;
  /** What some client saw or wrote last: what a compareAndSet expects. */
  seen: Content;
}

export interface ArenaRequest {
  readonly target: ArenaKey;
  readonly opcode: Opcode;
  readonly flags: number;
  readonly value: ByteString;
  readonly number: number;
  /** What is known to have been asked when no answer comes; undefined for a read. */
  readonly unanswered: Action | undefined;
  /** What an answer says; undefined when it says that nothing happened. */
  readonly answered: (status: number, value: ByteString) => Action | undefined;
}

export function drawKeys(
  random: Random,
  count: number,
  partitions: number,
  kinds = allKinds,
): readonly ArenaKey[] {
  return Array.from({ length: count }, (_, index) => {
    const key = trustBytes(`key-${index}`);
    return {
      key,
      partition: partitionOfFirstWord(sha1FirstWord(key), partitions),
      kind: pick(random, kinds),
      seen: null,
    };
  });
}

/** `sequence` is unique in the run; `deletes` the share of changes that delete, `reads` that of gets among all. */
export function drawRequest(
  random: Random,
  target: ArenaKey,
  sequence: number,
  deletes: number,
  reads = 0.35,
): ArenaRequest {
  if (random() < reads) return getRequest(target);
  if (random() < deletes) return deleteRequest(target);
  const lot = random();
  if (target.kind === 'text' && lot < 0.46) return appendRequest(target, trustBytes(`.${sequence}`));
  if (target.kind === 'counter' && lot < 0.46) return incrementRequest(target, 1 + Math.floor(random() * 9));
  const value = trustBytes(target.kind === 'counter' ? String(sequence * 100_000) : `v${sequence}`);
  if (lot < 0.69) return compareAndSetRequest(target, target.seen, value);
  return putRequest(target, value);
}

export function getRequest(target: ArenaKey): ArenaRequest {
  return {
    ...plain(target, opcodes.get),
    unanswered: undefined,
    answered: (status, value) =>
      status === statuses.ok
        ? { type: 'get', output: value }
        : status === statuses.absent
          ? { type: 'get', output: null }
          : undefined,
  };
}

export function putRequest(target: ArenaKey, value: ByteString): ArenaRequest {
  const action: Action = { type: 'put', value };
  return {
    ...plain(target, opcodes.put),
    value,
    unanswered: action,
    answered: (status) => (status === statuses.ok ? action : undefined),
  };
}

function deleteRequest(target: ArenaKey): ArenaRequest {
  return {
    ...plain(target, opcodes.delete),
    unanswered: { type: 'delete', existed: undefined },
    answered: (status) =>
      status === statuses.ok
        ? { type: 'delete', existed: true }
        : status === statuses.absent
          ? { type: 'delete', existed: false }
          : undefined,
  };
}

function appendRequest(target: ArenaKey, value: ByteString): ArenaRequest {
  return {
    ...plain(target, opcodes.append),
    value,
    unanswered: { type: 'append', value, length: undefined },
    answered: (status, length) =>
      status === statuses.ok ? { type: 'append', value, length: Number(length) } : undefined,
  };
}

function incrementRequest(target: ArenaKey, step: number): ArenaRequest {
  const by = BigInt(step);
  return {
    ...plain(target, opcodes.increment),
    flags: flags.number,
    number: step,
    unanswered: { type: 'incr', by, result: undefined },
    answered: (status, result) =>
      status === statuses.ok ? { type: 'incr', by, result: BigInt(result) } : undefined,
  };
}

/** Where absence is expected, the request is a put of a key that must not be there. */
function compareAndSetRequest(target: ArenaKey, expected: Content, value: ByteString): ArenaRequest {
  const exchange: Action = { type: 'exchange', expected, value };
  const common = { ...plain(target, opcodes.compareAndSet), unanswered: exchange };
  if (expected === null)
    return {
      ...common,
      opcode: opcodes.put,
      flags: flags.ifAbsent | flags.returnPrevious,
      value,
      answered: (status, actual) => {
        if (status === statuses.refused) return { type: 'refusal', expected, actual };
        return status === statuses.ok || status === statuses.absent ? exchange : undefined;
      },
    };
  return {
    ...common,
    flags: flags.number,
    number: expected.length,
    value: trustBytes(expected + value),
    answered: (status, actual) => {
      if (status === statuses.refused) return { type: 'refusal', expected, actual };
      if (status === statuses.absent) return { type: 'refusal', expected, actual: null };
      return status === statuses.ok ? exchange : undefined;
    },
  };
}

/** The content that an answer shows the key to have held at that moment; undefined when it shows none. */
export function contentAfter(action: Action): Content | undefined {
  switch (action.type) {
    case 'get':
      return action.output;
    case 'put':
    case 'exchange':
      return action.value;
    case 'delete':
      return null;
    case 'refusal':
      return action.actual;
    case 'incr':
      return action.result === undefined ? undefined : trustBytes(String(action.result));
    case 'append':
      return undefined;
  }
}

function plain(target: ArenaKey, opcode: Opcode) {
  return { target, opcode, flags: 0, value: emptyBytes, number: 0 };
}
