/** The client of a ring: the operations of `RingClient` over a dispatcher. Threads, the gateway and the simulator use the same. */
import { arrayFromBytes, bytesFrom, emptyBytes, trustBytes, type ByteString } from '../bytes.js';
import type { CallOptions, PutOptions, Reply, RingClient, Submitter } from '../client-types.js';
import type { Identifier } from '../chord/identifier.js';
import { RondoError } from '../errors.js';
import { summarize, type Histogram } from '../histogram.js';
import type { Peer } from '../peer.js';
import {
  flags,
  opcodes,
  statuses,
  unpackScanPage,
  type Opcode,
  type ReplyBatch,
  type Status,
} from '../wire/requests.js';
import {
  cancelOperation,
  closeDispatcher,
  partitionOfKey,
  receiveReplies,
  removeNode,
  startOperation,
} from './dispatcher.js';
import { attachDeadlines } from './deadlines.js';
import { createLoader } from './get-or-set.js';
import { asArrayBy, asNumber, asReply, asStored, asText, replyError, type Convert } from './replies.js';
import { attachRouting } from './routing.js';
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

const scanPageRecords = 256;
/** Operations that getMany and putMany keep outstanding at once. */
const manyWindow = 4_096;

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
      if (signal === undefined) {
        const settle = (status: Status, reply: ByteString): void =>
          settleWith(convert, status, reply, resolve, reject);
        startOperation(
          dispatcher,
          opcode,
          requestFlags,
          partition,
          key,
          value,
          number,
          options?.timeoutMs,
          settle,
          reject,
          pinnedTo,
        );
        return;
      }
      if (signal.aborted)
        return reject(new RondoError('ABORTED', 'the signal was aborted', { cause: signal.reason }));
      const abort = (): void => {
        if (pending !== undefined) {
          cancelOperation(
            dispatcher,
            pending,
            new RondoError('ABORTED', 'the signal was aborted', { cause: signal.reason }),
          );
        }
      };
      const settle = (status: Status, reply: ByteString): void => {
        signal.removeEventListener('abort', abort);
        settleWith(convert, status, reply, resolve, reject);
      };
      const fail = (error: RondoError): void => {
        signal.removeEventListener('abort', abort);
        reject(error);
      };
      signal.addEventListener('abort', abort);
      const pending = startOperation(
        dispatcher,
        opcode,
        requestFlags,
        partition,
        key,
        value,
        number,
        options?.timeoutMs,
        settle,
        fail,
        pinnedTo,
      );
    });

  const onKey = <T>(
    opcode: Opcode,
    key: string | Uint8Array,
    value: ByteString,
    requestFlags: number,
    number: number,
    options: CallOptions | undefined,
    convert: Convert<T>,
  ): Promise<T> => {
    const keyBytes = bytesFrom(key);
    const problem = sizeProblem(settings, keyBytes, value);
    if (problem !== undefined) return Promise.reject(new RondoError('INVALID_ARGUMENT', problem));
    return run(
      opcode,
      requestFlags,
      partitionOfKey(dispatcher, keyBytes),
      keyBytes,
      value,
      number,
      options,
      convert,
    );
  };

  const submitter: Submitter = {
    partitions: settings.partitions,
    submit: (opcode, key, value, requestFlags, number, options) => {
      const problem = sizeProblem(settings, key, value);
      if (problem !== undefined)
        return Promise.resolve({ status: statuses.error, value: trustBytes(problem) });
      return run(opcode, requestFlags, partitionOfKey(dispatcher, key), key, value, number, options, asReply);
    },
    submitToPartition: (opcode, partition, value, number, options) =>
      run(opcode, flags.number, partition, emptyBytes, value, number, options, asReply),
    submitToEveryNode: (opcode, options) =>
      Promise.all(
        [...dispatcher.links.keys()].map((id) =>
          run(opcode, 0, 0, emptyBytes, emptyBytes, 0, options, asReply, id),
        ),
      ),
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
    return onKey(opcodes.put, key, bytesFrom(value), requestFlags, ttlMs ?? 0, options, asStored);
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
    append: (key, value, options) => onKey(opcodes.append, key, bytesFrom(value), 0, 0, options, asNumber),
    compareAndSet: (key, expected, value, options) => {
      const before = bytesFrom(expected);
      const both = trustBytes(before + bytesFrom(value));
      return onKey(opcodes.compareAndSet, key, both, flags.number, before.length, options, asStored);
    },
    increment: (key, step = 1, options) =>
      onKey(opcodes.increment, key, emptyBytes, flags.number, step, options, asNumber),
    getMany: (keys, options) => inWindows(keys, (key) => client.get(key, options)),
    putMany: async (entries, options) => {
      await inWindows([...entries], ([key, value]) => put(key, value, options));
    },
    getOrSet: createLoader(
      (key, reservationMs, options) =>
        onKey(opcodes.getOrReserve, key, emptyBytes, flags.number, reservationMs, options, asReply),
      put,
    ),
    scan: (options) => scan(submitter, options),
    count: async (options) => {
      const replies = await submitter.submitToEveryNode(opcodes.count, options);
      return replies.reduce((sum, reply) => sum + asNumber(reply.status, reply.value), 0);
    },
    trace: (key, options) => traceKey(dispatcher, bytesFrom(key), options?.timeoutMs),
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

function sizeProblem(settings: ClientSettings, key: ByteString, value: ByteString): string | undefined {
  if (key.length > settings.keyBytesMax)
    return `the key has ${key.length} bytes, more than ${settings.keyBytesMax}`;
  if (value.length > settings.valueBytesMax)
    return `the value has ${value.length} bytes, more than ${settings.valueBytesMax}`;
  return undefined;
}

async function inWindows<T, R>(items: readonly T[], start: (item: T) => Promise<R>): Promise<R[]> {
  if (items.length <= manyWindow) return Promise.all(items.map(start));
  const results: R[] = [];
  for (let from = 0; from < items.length; from += manyWindow) {
    results.push(...(await Promise.all(items.slice(from, from + manyWindow).map(start))));
  }
  return results;
}

async function* scan(
  submitter: Submitter,
  options: CallOptions | undefined,
): AsyncGenerator<readonly [key: Uint8Array, value: Uint8Array]> {
  for (let partition = 0; partition < submitter.partitions; partition++) {
    let cursor: string | undefined = '';
    while (cursor !== undefined) {
      const reply: Reply = await submitter.submitToPartition(
        opcodes.scan,
        partition,
        trustBytes(cursor),
        scanPageRecords,
        options,
      );
      if (reply.status !== statuses.ok) throw replyError(reply.status, reply.value);
      const page = unpackScanPage(reply.value);
      for (const [key, value] of page.records) yield [arrayFromBytes(key), arrayFromBytes(value)];
      cursor = page.next;
    }
  }
}
