/** RONDO.*: administration through the Redis protocol, so that redis-cli can do all that rondo can. */
import { arrayFromBytes, textFromBytes } from '../../../src/bytes.js';
import { readInteger, syntaxError } from '../arguments.js';
import { argument, noKeys, oneKey, rowsOf, type Call, type Command, type Handler } from '../command.js';
import { array, bulkText, errorValue, integer, ok, type RespValue } from '../resp-value.js';
import { records } from './records.js';
import { exchange, plainSet } from './set.js';

const joinsMax = 64;

const overlay: Handler = async ({ gateway }) => json(await gateway.admin.overlay());

const stats: Handler = async (call) => {
  if (call.args.length > 2) return syntaxError;
  return json(await call.gateway.admin.stats(call.args.length === 2 ? node(call) : undefined));
};

const trace: Handler = async (call) =>
  json(await call.gateway.admin.trace(arrayFromBytes(argument(call, 1))));

/** Answers with the identifiers of the nodes that joined. */
const join: Handler = async (call) => {
  const count = call.args.length === 1 ? 1 : readInteger(call.args[1]);
  if (call.args.length > 2) return syntaxError;
  if (count === undefined || count < 1 || count > joinsMax) {
    return errorValue(`ERR the number of nodes to join must be from 1 to ${joinsMax}`);
  }
  return array((await call.gateway.admin.join(count)).map(bulkText));
};

const depart: Handler = async (call) => {
  await call.gateway.admin.depart(node(call));
  return ok;
};

const kill: Handler = async (call) => {
  await call.gateway.admin.kill(node(call));
  return ok;
};

/** Answers when a new lineage of the partition serves, with what was saved; what its lost members alone held is gone. */
const recover: Handler = async (call) => {
  const partition = readInteger(call.args[1]);
  const { partitions } = call.gateway.submitter;
  if (partition === undefined || partition < 0 || partition >= partitions) {
    return errorValue(`ERR the partition must be from 0 to ${partitions - 1}`);
  }
  if (call.args.length !== 3 || argument(call, 2).toUpperCase() !== 'ACCEPT-LOSS') {
    return errorValue(
      `ERR what only lost nodes held is lost for good: say RONDO.RECOVER ${partition} ACCEPT-LOSS`,
    );
  }
  return json(await call.gateway.admin.recover(partition, true));
};

/** `RONDO.CAS key expected value`: 1 when the value was the expected one and is replaced, else 0. */
const compareAndSet: Handler = async (call) => {
  const reply = await exchange(call, argument(call, 1), argument(call, 2), argument(call, 3), plainSet);
  return reply.type === 'error' ? reply : integer(reply.type === 'null' ? 0 : 1);
};

function node(call: Call): string {
  return textFromBytes(argument(call, 1));
}

function json(value: unknown): RespValue {
  return bulkText(JSON.stringify(value));
}

const row = rowsOf('rondo');

export const rondoCommands: readonly Command[] = [
  row('rondo.overlay', 1, ['readonly', 'admin', 'barrier'], noKeys, 'Shows the nodes in ring order', overlay),
  row('rondo.stats', -1, ['readonly', 'admin', 'barrier'], noKeys, 'Shows counters and latency', stats),
  row('rondo.trace', 2, ['readonly', 'admin'], oneKey, 'Shows the route to a key and who holds it', trace),
  row('rondo.cas', 4, ['write'], oneKey, 'Replaces a value that is the expected one', compareAndSet),
  row('rondo.records', -1, ['readonly', 'admin', 'barrier'], noKeys, 'Lists records node by node', records),
  row('rondo.join', -1, ['write', 'admin', 'barrier'], noKeys, 'Starts nodes that join the ring', join),
  row('rondo.depart', 2, ['write', 'admin', 'barrier'], noKeys, 'Lets a node hand over and leave', depart),
  row('rondo.kill', 2, ['write', 'admin', 'destructive', 'barrier'], noKeys, 'Crashes a node', kill),
  row(
    'rondo.recover',
    -2,
    ['write', 'admin', 'destructive', 'barrier'],
    noKeys,
    'Recovers a partition without quorum',
    recover,
  ),
];
