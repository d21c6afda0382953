/** A door through the Redis protocol: any server that speaks it can be driven, a ring's gateway first of all. */
import { bytesFromText } from '../../src/bytes.js';
import { RondoError, assertNever } from '../../src/errors.js';
import { connect, type RespAnswer, type RespClient } from '../gateway/resp-client.js';
import { bytesOf } from '../gateway/resp-value.js';
import { bytesOfContent, type Door, type Operation, type Outcome } from './operation.js';

const words = {
  get: bytesFromText('GET'),
  set: bytesFromText('SET'),
  del: bytesFromText('DEL'),
  append: bytesFromText('APPEND'),
  px: bytesFromText('PX'),
  nx: bytesFromText('NX'),
  xx: bytesFromText('XX'),
};

/** Rejects with RondoError CONNECTION when nothing answers there. */
export async function openRespDoor(host: string, port: number): Promise<Door> {
  const client = await connect(host, port);
  return {
    perform: async (operation) => {
      try {
        return outcomeOf(operation, await send(client, operation));
      } catch (error) {
        return failed(operation, error);
      }
    },
    hops: () => undefined,
    close: () => client.close(),
  };
}

function send(client: RespClient, operation: Operation): Promise<RespAnswer> {
  switch (operation.type) {
    case 'get':
      return client.call(words.get, operation.key);
    case 'delete':
      return client.call(words.del, operation.key);
    case 'append':
      return client.call(words.append, operation.key, bytesOfContent(operation.value));
    case 'put': {
      const { ttlMs, onlyIf } = operation;
      return client.call(
        words.set,
        operation.key,
        bytesOfContent(operation.value),
        ...(ttlMs > 0 ? [words.px, bytesFromText(String(Math.ceil(ttlMs)))] : []),
        ...(onlyIf === undefined ? [] : [onlyIf === 'absent' ? words.nx : words.xx]),
      );
    }
    default:
      return assertNever(operation);
  }
}

function outcomeOf(operation: Operation, reply: RespAnswer): Outcome {
  switch (operation.type) {
    case 'get':
      return { type: 'value', value: reply.type === 'null' ? undefined : bytesOf(reply) };
    case 'put':
      return { type: 'done', output: reply.type !== 'null' };
    case 'delete':
      return { type: 'done', output: reply.type === 'integer' && reply.value > 0 };
    case 'append':
      return { type: 'done', output: reply.type === 'integer' ? reply.value : true };
  }
}

/** A read without an answer has no effect that could be unknown. */
function failed(operation: Operation, error: unknown): Outcome {
  if (!(error instanceof RondoError)) throw error;
  const unknown = error.code === 'UNKNOWN' && operation.type !== 'get';
  return { type: 'failed', code: error.code, message: `${error.code} ${error.message}`, unknown };
}
