/** The client of a ring: the operations of `RingClient` over a dispatcher. Threads, the gateway and the simulator use the same. */
import { bytesFrom, emptyBytes, trustBytes, type ByteString } from '../bytes.js';
import type { CallOptions, PutOptions, RingClient, Submitter } from '../client-types.js';
import type { Identifier } from '../chord/identifier.js';
import { abortError, RondoError } from '../errors.js';
import { summarize, type Histogram } from '../histogram.js';
import type { Peer } from '../peer.js';
import { flags, opcodes, statuses, type Opcode, type ReplyBatch, type Status } from '../wire/requests.js';
import {
  cancelOperation,
  closeDispatcher,
  partitionOfKey,
  receiveReplies,
  removeNode,
  startOperation,
} from './dispatcher.js';
import { attachDeadlines } from './deadlines.js';
import { askEveryNode, type AskNode } from './every-node.js';
import { createLoader } from './get-or-set.js';
import { forMany } from './many.js';
import { asArrayBy, asNumber, asReply, asStored, asText, type Convert } from './replies.js';
import { attachRouting, isOutstanding } from './routing.js';
import { scanRecords } from './scan.js';
import { addNode, createDispatcher, type ClientPorts, type ClientSettings } from './state.js';
import { traceKey } from './trace.js';

/** A client and the door through which its transport feeds it. */
export interface ClientCore {
  readonly client: RingClient;
  receiveReplies(batch: ReplyBatch): void;
  nodeAdded(peer: Peer): void;
  nodeGone(id: Identifier): void;
  latencyHistogram(): Histogram;
}

/** Makes a client of the given nodes. `onClose` runs once, when the client closes. */
export function createClient(
  ports: ClientPorts,
  settings: ClientSettings,
  nodes: readonly Peer[],
  onClose: () => void = () => undefined,
): ClientCore {
  const dispatcher = createDispatcher(ports, settings, nodes);
  const hopCounters = attachRouting(dispatcher);
  attachDeadlines(dispatcher);
  const asArray = asArrayBy(ports.toArray);

  const run = <T>(
    opcode: Opcode,
    requestFlags: number,
    partition: number,
    key: ByteString,
    value: ByteString,
    number: number,
    options: CallOptions | undefined,
    convert: Convert<T>,
    pinnedTo?: Identifier,
  ): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const signal = options?.signal;
      if (signal?.aborted === true) return reject(abortError(signal.reason));
      let stopListening: (() => void) | undefined;
      const pending = startOperation(
        dispatcher,
        opcode,
        requestFlags,
        partition,
        key,
        value,
        number,
        options?.timeoutMs,
        (status, reply) => {
          stopListening?.();
          settleWith(convert, status, reply, resolve, reject);
        },
        (error) => {
          stopListening?.();
          reject(error);
        },
        pinnedTo,
      );
      if (signal !== undefined && pending !== undefined && isOutstanding(dispatcher, pending)) {
        const abort = (): void => cancelOperation(dispatcher, pending, abortError(signal.reason));
        stopListening = () => signal.removeEventListener('abort', abort);
        signal.addEventListener('abort', abort);
      }
    });

  const onBytes = <T>(
    opcode: Opcode,
    key: ByteString,
    value: ByteString,
    requestFlags: number,
    number: number,
    options: CallOptions | undefined,
    convert: Convert<T>,
  ): Promise<T> => {
    const problem = sizeProblem(settings, opcode, key, value, number);
    if (problem !== undefined) return Promise.reject(new RondoError('INVALID_ARGUMENT', problem));
    return run(opcode, requestFlags, partitionOfKey(dispatcher, key), key, value, number, options, convert);
  };

  /** Of what the caller gave: text becomes bytes here, once. */
  const onKey = <T>(
    opcode: Opcode,
    key: string | Uint8Array,
    value: string | Uint8Array,
    requestFlags: number,
    number: number,
    options: CallOptions | undefined,
    convert: Convert<T>,
  ): Promise<T> => {
    try {
      return onBytes(opcode, bytesFrom(key), bytesFrom(value), requestFlags, number, options, convert);
    } catch (error) {
      return Promise.reject(error);
    }
  };

  const askNode: AskNode = (node, opcode, options) =>
    run(opcode, 0, 0, emptyBytes, emptyBytes, 0, options, asReply, node);

  const submitter: Submitter = {
    partitions: settings.partitions,
    submit: (opcode, key, value, requestFlags, number, options) => {
      const problem = sizeProblem(settings, opcode, key, value, number);
      if (problem !== undefined)
        return Promise.resolve({ status: statuses.error, value: trustBytes(problem) });
      return run(opcode, requestFlags, partitionOfKey(dispatcher, key), key, value, number, options, asReply);
    },
    submitToPartition: (opcode, partition, value, number, options) =>
      run(opcode, flags.number, partition, emptyBytes, value, number, options, asReply),
    submitToEveryNode: (opcode, options) => askEveryNode(dispatcher, opcode, options, askNode),
  };

  const put = (
    key: string | Uint8Array,
    value: string | Uint8Array,
    options?: PutOptions,
  ): Promise<boolean> => {
    const condition =
      options?.onlyIf === 'absent' ? flags.ifAbsent : options?.onlyIf === 'present' ? flags.ifPresent : 0;
    const ttlMs = options?.ttlMs;
    if (ttlMs !== undefined && !(ttlMs > 0)) {
      return Promise.reject(new RondoError('INVALID_ARGUMENT', `ttlMs must be greater than 0, not ${ttlMs}`));
    }
    const requestFlags = condition | (ttlMs === undefined ? 0 : flags.number);
    return onKey(opcodes.put, key, value, requestFlags, ttlMs ?? 0, options, asStored);
  };

  let closing = false;
  const close = (): Promise<void> => {
    if (!closing) {
      closing = true;
      closeDispatcher(dispatcher);
      onClose();
    }
    return Promise.resolve();
  };

  const client: RingClient = {
    submitter,
    get: (key, options) => onKey(opcodes.get, key, emptyBytes, 0, 0, options, asArray),
    getString: (key, options) =>
      onKey(opcodes.get, key, emptyBytes, 0, 0, options, (status, value) =>
        asText(status, ports.detach(value)),
      ),
    put,
    delete: (key, options) => onKey(opcodes.delete, key, emptyBytes, 0, 0, options, asStored),
    append: (key, value, options) => onKey(opcodes.append, key, value, 0, 0, options, asNumber),
    compareAndSet: async (key, expected, value, options) => {
      const before = bytesFrom(expected);
      const both = trustBytes(before + bytesFrom(value));
      const { compareAndSet } = opcodes;
      return onBytes(compareAndSet, bytesFrom(key), both, flags.number, before.length, options, asStored);
    },
    increment: (key, step = 1, options) =>
      onKey(opcodes.increment, key, emptyBytes, flags.number, step, options, asNumber),
    getMany: (keys, options) =>
      forMany(keys, ports.clock, options, 'TIMEOUT', (key, rest) => client.get(key, rest)),
    putMany: async (entries, options) => {
      await forMany([...entries], ports.clock, options, 'UNKNOWN', ([key, value], rest) =>
        put(key, value, rest),
      );
    },
    getOrSet: createLoader(
      (key, reservationMs, options) =>
        onKey(opcodes.getOrReserve, key, emptyBytes, flags.number, reservationMs, options, asReply),
      put,
    ),
    scan: (options) => scanRecords(submitter, options),
    count: async (options) => {
      const replies = await submitter.submitToEveryNode(opcodes.count, options);
      return replies.reduce((sum, reply) => sum + asNumber(reply.status, reply.value), 0);
    },
    trace: async (key, options) => traceKey(dispatcher, bytesFrom(key), options?.timeoutMs),
    latency: () => summarize(dispatcher.latency),
    hops: () => ({
      lookups: hopCounters.lookups,
      mean: hopCounters.lookups === 0 ? 0 : hopCounters.hops / hopCounters.lookups,
      max: hopCounters.hopsMax,
    }),
    close,
    [Symbol.asyncDispose]: close,
  };
  return {
    client,
    receiveReplies: (batch) => receiveReplies(dispatcher, batch),
    nodeAdded: (peer) => addNode(dispatcher, peer),
    nodeGone: (id) => removeNode(dispatcher, id),
    latencyHistogram: () => dispatcher.latency,
  };
}

function settleWith<T>(
  convert: Convert<T>,
  status: Status,
  value: ByteString,
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
): void {
  try {
    resolve(convert(status, value));
  } catch (error) {
    reject(error);
  }
}

function sizeProblem(
  settings: ClientSettings,
  opcode: Opcode,
  key: ByteString,
  value: ByteString,
  number: number,
): string | undefined {
  const { keyBytesMax, valueBytesMax } = settings;
  if (key.length > keyBytesMax) return `the key has ${key.length} bytes, more than ${keyBytesMax}`;
  // Of a compareAndSet's two values the longer counts, of a setRange where it ends.
  const before = opcode === opcodes.compareAndSet ? number : 0;
  const bytes = Math.max(before, value.length - before) + (opcode === opcodes.setRange ? number : 0);
  return bytes > valueBytesMax ? `the value has ${bytes} bytes, more than ${valueBytesMax}` : undefined;
}
