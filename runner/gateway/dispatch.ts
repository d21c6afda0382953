/** From a request to its command: what a connection may not send is answered here, before any command runs. */
import { textFromBytes, trustBytes, type ByteString } from '../../src/bytes.js';
import { keysOf, type Command, type Gateway } from './command.js';
import { errorValue, type RespError } from './resp-value.js';
import type { Session } from './session.js';

export interface Dispatched {
  readonly type: 'run';
  readonly command: Command;
  readonly keys: readonly ByteString[];
}

const commandNameMax = 64;

export function dispatch(
  args: readonly ByteString[],
  session: Session,
  gateway: Gateway,
): Dispatched | RespError {
  const name = args[0] ?? '';
  const command = name.length > commandNameMax ? undefined : gateway.commands.get(name.toLowerCase());
  if (!session.isAuthenticated && command?.flags.includes('no_auth') !== true) {
    return errorValue('NOAUTH Authentication required.');
  }
  if (command === undefined) return unknownCommand(args);
  if (command.arity < 0 ? args.length < -command.arity : args.length !== command.arity) {
    return errorValue(`ERR wrong number of arguments for '${command.name}' command`);
  }
  if (!gateway.isDestructiveAllowed && command.flags.includes('destructive')) {
    return errorValue(
      `ERR '${command.name}' is switched off: it loses data for good, and this gateway was started without it`,
    );
  }
  const keys = keysOf(command, args);
  const { keyBytesMax } = gateway.limits;
  const tooLong = keys.find((key) => key.length > keyBytesMax);
  return tooLong === undefined
    ? { type: 'run', command, keys }
    : errorValue(`ERR key of ${tooLong.length} bytes exceeds the limit of ${keyBytesMax}`);
}

const shownMax = 128;

function unknownCommand(args: readonly ByteString[]): RespError {
  let shown = '';
  for (const argument of args.slice(1)) {
    if (shown.length >= shownMax) break;
    shown += `'${argument.slice(0, shownMax - shown.length)}' `;
  }
  const name = (args[0] ?? '').slice(0, shownMax);
  return errorValue(
    `ERR unknown command '${textFromBytes(trustBytes(name))}', with args beginning with: ${textFromBytes(trustBytes(shown))}`,
  );
}
