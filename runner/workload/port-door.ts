/** A door in process: operations go straight to the nodes' ports, without a socket. */
import type { MessagePort } from 'node:worker_threads';
import { connect } from '../../actors/index.js';
import { emptyBytes, textFromBytes, trustBytes } from '../../src/bytes.js';
import type { Reply, RingClient } from '../../src/client-types.js';
import { RondoError, assertNever } from '../../src/errors.js';
import { flags, opcodes, statuses, type Status } from '../../src/wire/requests.js';
import { bytesOfContent, failureOf, type Door, type Operation, type Outcome } from './operation.js';

/** `port` comes from `ring.port()`. Resolves when the ring has answered once. */
export async function openPortDoor(port: MessagePort): Promise<Door> {
  const client = connect(port);
  await client.count();
  return {
    perform: async (operation) => {
      try {
        return outcomeOf(operation, await submit(client, operation));
      } catch (error) {
        if (!(error instanceof RondoError)) throw error;
        return failureOf(operation, error.code, error.message);
      }
    },
    hops: () => client.hops(),
    close: () => client.close(),
  };
}

function submit(client: RingClient, operation: Operation): Promise<Reply> {
  const { submitter } = client;
  switch (operation.type) {
    case 'get':
      return submitter.submit(opcodes.get, operation.key, emptyBytes, 0, 0);
    case 'delete':
      return submitter.submit(opcodes.delete, operation.key, emptyBytes, 0, 0);
    case 'append':
      return submitter.submit(opcodes.append, operation.key, bytesOfContent(operation.value), 0, 0);
    case 'put': {
      const condition =
        operation.onlyIf === undefined ? 0 : operation.onlyIf === 'absent' ? flags.ifAbsent : flags.ifPresent;
      const expires = operation.ttlMs > 0 ? flags.number : 0;
      return submitter.submit(
        opcodes.put,
        operation.key,
        bytesOfContent(operation.value),
        condition | expires,
        operation.ttlMs,
      );
    }
    case 'compareAndSet': {
      const expected = bytesOfContent(operation.expected);
      const both = trustBytes(expected + bytesOfContent(operation.value));
      return submitter.submit(opcodes.compareAndSet, operation.key, both, flags.number, expected.length);
    }
    case 'increment':
      return submitter.submit(opcodes.increment, operation.key, emptyBytes, flags.number, operation.step);
    case 'scan':
      return submitter.submitToPartition(opcodes.scan, operation.partition, emptyBytes, operation.count);
    default:
      return assertNever(operation);
  }
}

function outcomeOf(operation: Operation, { status, value }: Reply): Outcome {
  switch (status) {
    case statuses.ok:
      if (operation.type === 'get') return { type: 'value', value };
      return { type: 'done', output: tellsNumber(operation) ? Number(value) : true };
    case statuses.absent:
      if (operation.type === 'get') return { type: 'value', value: undefined };
      if (operation.type === 'compareAndSet') return { type: 'refused', actual: undefined };
      return { type: 'done', output: false };
    case statuses.refused:
      return operation.type === 'compareAndSet'
        ? { type: 'refused', actual: value }
        : { type: 'done', output: false };
    default:
      return failureOf(operation, codesByStatus.get(status) ?? 'INTERNAL', textFromBytes(value));
  }
}

function tellsNumber({ type }: Operation): boolean {
  return type === 'append' || type === 'increment';
}

const codesByStatus: ReadonlyMap<Status, string> = new Map([
  [statuses.unknown, 'UNKNOWN'],
  [statuses.busy, 'BUSY'],
  [statuses.tryAgain, 'TRYAGAIN'],
  [statuses.noQuorum, 'NOQUORUM'],
  [statuses.error, 'ERR'],
  [statuses.unsupported, 'ERR'],
]);
