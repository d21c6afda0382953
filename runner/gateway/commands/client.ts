/** CLIENT and its subcommands. */
import { bytesFromText, textFromBytes, trustBytes } from '../../../src/bytes.js';
import { syntaxError } from '../arguments.js';
import { argument, type Call, type Handler } from '../command.js';
import { bulk, bulkText, errorValue, integer, nil, ok, type RespValue } from '../resp-value.js';
import type { Session } from '../session.js';

const sessionTextMax = 256;

/** Printable, without spaces. */
export function isSessionName(name: string): boolean {
  return /^[!-~]*$/.test(name) && name.length <= sessionTextMax;
}

interface Subcommand {
  /** Arguments with CLIENT and the subcommand; negative = at least that many. */
  readonly arity: number;
  readonly handler: (call: Call) => RespValue;
}

const subcommands: ReadonlyMap<string, Subcommand> = new Map<string, Subcommand>([
  ['ID', { arity: 2, handler: ({ session }) => integer(session.id) }],
  ['GETNAME', { arity: 2, handler: getName }],
  ['SETNAME', { arity: 3, handler: setName }],
  ['SETINFO', { arity: 4, handler: setInfo }],
  ['INFO', { arity: 2, handler: (call) => bulkText(`${describe(call.session, call)}\n`) }],
  ['LIST', { arity: -2, handler: list }],
  ['NO-EVICT', { arity: 3, handler: (call) => toggle(call, (isOn) => (call.session.noEvict = isOn)) }],
  ['NO-TOUCH', { arity: 3, handler: (call) => toggle(call, (isOn) => (call.session.noTouch = isOn)) }],
  ['TRACKING', { arity: -3, handler: tracking }],
]);

export const client: Handler = (call) => {
  const name = argument(call, 1);
  const subcommand = subcommands.get(name.toUpperCase());
  if (subcommand === undefined) {
    return errorValue(
      `ERR unknown subcommand '${textFromBytes(trustBytes(name.slice(0, 128)))}'. Try CLIENT ID, INFO or LIST.`,
    );
  }
  const { arity, handler } = subcommand;
  const isWrong = arity < 0 ? call.args.length < -arity : call.args.length !== arity;
  return isWrong
    ? errorValue(`ERR wrong number of arguments for 'client|${name.toLowerCase()}' command`)
    : handler(call);
};

function getName({ session }: Call): RespValue {
  return session.name === '' ? nil : bulk(bytesFromText(session.name));
}

function setName(call: Call): RespValue {
  const name = argument(call, 2);
  if (!isSessionName(name)) {
    return errorValue('ERR Client names cannot contain spaces, newlines or special characters.');
  }
  call.session.name = name;
  return ok;
}

function setInfo(call: Call): RespValue {
  const attribute = argument(call, 2).toLowerCase();
  const value = argument(call, 3);
  if (attribute !== 'lib-name' && attribute !== 'lib-ver') {
    return errorValue(`ERR Unrecognized option '${argument(call, 2).slice(0, 128)}'`);
  }
  if (!isSessionName(value)) {
    return errorValue(`ERR ${attribute} cannot contain spaces, newlines or special characters.`);
  }
  if (attribute === 'lib-name') call.session.libraryName = value;
  else call.session.libraryVersion = value;
  return ok;
}

function list(call: Call): RespValue {
  if (call.args.length > 2) return errorValue('ERR CLIENT LIST takes no options here');
  let text = '';
  for (const session of call.gateway.sessions()) text += `${describe(session, call)}\n`;
  return bulkText(text);
}

function toggle(call: Call, set: (isOn: boolean) => void): RespValue {
  const word = argument(call, 2).toUpperCase();
  if (word !== 'ON' && word !== 'OFF') return syntaxError;
  set(word === 'ON');
  return ok;
}

function tracking(call: Call): RespValue {
  const isOff = argument(call, 2).toUpperCase() === 'OFF';
  return isOff ? ok : errorValue('ERR client-side caching is not offered: only CLIENT TRACKING OFF');
}

function describe(session: Session, { gateway }: Call): string {
  const nowMs = gateway.nowMs();
  const seconds = (sinceMs: number) => Math.max(0, Math.floor((nowMs - sinceMs) / 1000));
  return [
    `id=${session.id}`,
    `addr=${session.address}`,
    `laddr=${session.localAddress}`,
    `name=${session.name}`,
    `age=${seconds(session.createdMs)}`,
    `idle=${seconds(session.activeMs)}`,
    `flags=${session.noEvict ? 'e' : 'N'}`,
    'db=0',
    `cmd=${session.lastCommand}`,
    'user=default',
    `resp=${session.protocol}`,
    `lib-name=${session.libraryName}`,
    `lib-ver=${session.libraryVersion}`,
  ].join(' ');
}
