/** Commands by which a client greets, authenticates and takes its leave. */
import type { ByteString } from '../../../src/bytes.js';
import { syntaxError } from '../arguments.js';
import { argument, noKeys, rowsOf, type Call, type Command, type Handler } from '../command.js';
import {
  array,
  bulk,
  bulkText,
  errorValue,
  integer,
  map,
  ok,
  simple,
  type RespError,
} from '../resp-value.js';
import type { Protocol } from '../resp-writer.js';
import { redisVersion } from '../version.js';
import { client, isSessionName } from './client.js';

const wrongPassword = errorValue('WRONGPASS invalid username-password pair or user is disabled.');
const badName = errorValue('ERR Client names cannot contain spaces, newlines or special characters.');

/** All options are read before any takes effect: a refused HELLO changes nothing. */
const hello: Handler = (call) => {
  const { session, args } = call;
  let protocol: Protocol = session.protocol;
  let isAuthenticated = session.isAuthenticated;
  let name = session.name;
  if (args.length > 1) {
    const version = argument(call, 1);
    if (!/^\d{1,9}$/.test(version))
      return errorValue('ERR Protocol version is not an integer or out of range');
    if (version !== '2' && version !== '3') return errorValue('NOPROTO unsupported protocol version');
    protocol = version === '3' ? 3 : 2;
  }
  for (let index = 2; index < args.length; index++) {
    const word = argument(call, index).toUpperCase();
    if (word === 'AUTH' && index + 2 < args.length) {
      const failure = authenticate(call, argument(call, index + 1), argument(call, index + 2));
      if (failure !== undefined) return failure;
      isAuthenticated = true;
      index += 2;
    } else if (word === 'SETNAME' && index + 1 < args.length) {
      name = argument(call, ++index);
      if (!isSessionName(name)) return badName;
    } else {
      return errorValue(`ERR Syntax error in HELLO option '${argument(call, index)}'`);
    }
  }
  if (!isAuthenticated) {
    return errorValue(
      'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time',
    );
  }
  session.protocol = protocol;
  session.isAuthenticated = isAuthenticated;
  session.name = name;
  return map([
    ['server', bulkText('redis')],
    ['version', bulkText(redisVersion)],
    ['proto', integer(protocol)],
    ['id', integer(session.id)],
    ['mode', bulkText('standalone')],
    ['role', bulkText('master')],
    ['modules', array([])],
  ]);
};

const auth: Handler = (call) => {
  if (call.args.length > 3) return syntaxError;
  const hasUser = call.args.length === 3;
  const failure = authenticate(
    call,
    hasUser ? argument(call, 1) : undefined,
    argument(call, hasUser ? 2 : 1),
  );
  if (failure !== undefined) return failure;
  call.session.isAuthenticated = true;
  return ok;
};

/** There is one user, `default`, with one or two valid passwords. */
function authenticate(call: Call, user: ByteString | undefined, password: ByteString): RespError | undefined {
  const { checkPassword } = call.gateway;
  if (checkPassword === undefined) {
    const isHarmless = user === 'default';
    return isHarmless
      ? undefined
      : errorValue(
          'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?',
        );
  }
  const isValid = checkPassword(password);
  return isValid && (user === undefined || user === 'default') ? undefined : wrongPassword;
}

const ping: Handler = (call) => {
  if (call.args.length > 2) return errorValue("ERR wrong number of arguments for 'ping' command");
  return call.args.length === 2 ? bulk(argument(call, 1)) : simple('PONG');
};

const select: Handler = (call) => {
  const database = argument(call, 1);
  if (!/^-?\d{1,9}$/.test(database)) return errorValue('ERR value is not an integer or out of range');
  return Number(database) === 0 ? ok : errorValue('ERR DB index is out of range: a ring has one database, 0');
};

const quit: Handler = ({ session }) => {
  session.isQuitting = true;
  return ok;
};

const reset: Handler = ({ session, gateway }) => {
  session.protocol = 2;
  session.name = '';
  session.noEvict = false;
  session.noTouch = false;
  session.isAuthenticated = gateway.checkPassword === undefined;
  session.unauthenticatedSinceMs = gateway.nowMs();
  return simple('RESET');
};

const row = rowsOf('connection');

export const connectionCommands: readonly Command[] = [
  row('hello', -1, ['fast', 'no_auth'], noKeys, 'Greets, chooses the protocol, may authenticate', hello),
  row('auth', -2, ['fast', 'no_auth'], noKeys, 'Authenticates the connection', auth),
  row('ping', -1, ['fast'], noKeys, 'Answers PONG, or the message', ping),
  row('echo', 2, ['fast'], noKeys, 'Answers the message', (call) => bulk(argument(call, 1))),
  row('select', 2, ['fast'], noKeys, 'Selects database 0, the only one', select),
  row('client', -2, ['fast'], noKeys, 'Shows and names the connection', client),
  row('quit', -1, ['fast', 'no_auth'], noKeys, 'Closes the connection', quit),
  row('reset', 1, ['fast', 'no_auth'], noKeys, 'Returns the connection to its beginning', reset),
];
