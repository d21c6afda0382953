/** A door through the Redis protocol: any server that speaks it can be driven, a ring's gateway first of all. */
import { bytesFromText } from '../../src/bytes.js';
import { RondoError, assertNever } from '../../src/errors.js';
import { connect, type RespAnswer, type RespClient, type RespClientOptions } from '../gateway/resp-client.js';
import { bytesOf } from '../gateway/resp-value.js';
import { bytesOfContent, failureOf, type Door, type Operation, type Outcome } from './operation.js';

const words = {
  get: bytesFromText('GET'),
  set: bytesFromText('SET'),
  del: bytesFromText('DEL'),
  append: bytesFromText('APPEND'),
  px: bytesFromText('PX'),
  nx: bytesFromText('NX'),
  xx: bytesFromText('XX'),
  ifeq: bytesFromText('IFEQ'),
  incrby: bytesFromText('INCRBY'),
  scan: bytesFromText('SCAN'),
  count: bytesFromText('COUNT'),
};

/** Rejects with RondoError CONNECTION when nothing answers there. */
export async function openRespDoor(host: string, port: number, options: RespClientOptions): Promise<Door> {
  const client = await connect(host, port, options);
  return {
    perform: async (operation) => {
      try {
        return outcomeOf(operation, await send(client, operation));
      } catch (error) {
        if (!(error instanceof RondoError)) throw error;
        return failureOf(operation, error.code, error.message);
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
    case 'compareAndSet':
      return client.call(
        words.set,
        operation.key,
        bytesOfContent(operation.value),
        words.ifeq,
        bytesOfContent(operation.expected),
        words.get,
      );
    case 'increment':
      return client.call(words.incrby, operation.key, bytesFromText(String(operation.step)));
    case 'scan':
      return client.call(
        words.scan,
        bytesFromText(String(operation.partition)),
        words.count,
        bytesFromText(String(operation.count)),
      );
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
    case 'increment':
      return { type: 'done', output: reply.type === 'integer' ? reply.value : true };
    case 'compareAndSet': {
      const actual = reply.type === 'null' ? undefined : bytesOf(reply);
      return actual === bytesOfContent(operation.expected)
        ? { type: 'done', output: true }
        : { type: 'refused', actual };
    }
    case 'scan':
      return { type: 'done', output: true };
  }
}
