/** A door in process: operations go straight to the nodes' ports, without a socket. */
import type { MessagePort } from 'node:worker_threads';
import { connect } from '../../actors/index.js';
import { emptyBytes, textFromBytes } from '../../src/bytes.js';
import type { Reply, RingClient } from '../../src/client-types.js';
import { RondoError, assertNever } from '../../src/errors.js';
import { flags, opcodes, statuses } from '../../src/wire/requests.js';
import { bytesOfContent, type Door, type Operation, type Outcome } from './operation.js';

/** `port` comes from `ring.port()`. Resolves when the ring has answered once. */
export async function openPortDoor(port: MessagePort): Promise<Door> {
  const client = connect(port);
  await client.count();
  return {
    perform: async (operation) => {
      try {
        return outcomeOf(operation, await submit(client, operation));
      } catch (error) {
        return failed(error);
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
    default:
      return assertNever(operation);
  }
}

function outcomeOf(operation: Operation, reply: Reply): Outcome {
  switch (reply.status) {
    case statuses.ok:
      if (operation.type === 'get') return { type: 'value', value: reply.value };
      return { type: 'done', output: operation.type === 'append' ? Number(reply.value) : true };
    case statuses.absent:
      return operation.type === 'get' ? { type: 'value', value: undefined } : { type: 'done', output: false };
    case statuses.refused:
      return { type: 'done', output: false };
    case statuses.unknown:
      return failure('UNKNOWN', textFromBytes(reply.value));
    case statuses.busy:
      return failure('BUSY', textFromBytes(reply.value));
    case statuses.tryAgain:
      return failure('TRYAGAIN', textFromBytes(reply.value));
    default:
      return failure('ERR', textFromBytes(reply.value));
  }
}

function failure(code: string, message: string): Outcome {
  return { type: 'failed', code, message: `${code} ${message}`, unknown: code === 'UNKNOWN' };
}

function failed(error: unknown): Outcome {
  if (error instanceof RondoError) return failure(error.code, error.message);
  throw error;
}
