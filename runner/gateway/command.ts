/** What a command is: a row of the table that the gateway serves, COMMAND describes and the tests walk. */
import type { RingAdmin } from '../../src/admin.js';
import { emptyBytes, type ByteString } from '../../src/bytes.js';
import type { Submitter } from '../../src/client-types.js';
import type { GatewayLimits } from './limits.js';
import type { Effect } from './outcome.js';
import type { RespValue } from './resp-value.js';
import type { Session } from './session.js';

export type CommandFlag =
  | 'readonly'
  /** May change records: what it waited for in vain is reported as UNKNOWN. */
  | 'write'
  /** Does not wait for the ring. */
  | 'fast'
  | 'admin'
  /** May be sent before authentication. */
  | 'no_auth'
  /** Loses records or nodes for good: can be switched off. */
  | 'destructive'
  /** Waits until all earlier requests of its connection are answered, and those after it wait for it. */
  | 'barrier';

export type CommandGroup = 'connection' | 'generic' | 'string' | 'server' | 'rondo';

export interface Command {
  /** In small letters. */
  readonly name: string;
  /** Arguments with the name; negative = at least that many. */
  readonly arity: number;
  readonly flags: readonly CommandFlag[];
  /** Position of the first key, of the last (negative: counted from the end), and the distance between keys; 0 = no keys. */
  readonly firstKey: number;
  readonly lastKey: number;
  readonly keyStep: number;
  readonly group: CommandGroup;
  /** From the flags `write` and `barrier`, looked at for every request. */
  readonly effect: Effect;
  readonly isBarrier: boolean;
  /** One line without a full stop. */
  readonly summary: string;
  readonly handler: Handler;
}

/** Answers at once, or with a promise; a rejection is turned into an error reply by `failureValue`. */
export type Handler = (call: Call) => RespValue | Promise<RespValue>;

export interface Call {
  /** `args[0]` is the command's name as it was sent. */
  readonly args: readonly ByteString[];
  readonly session: Session;
  readonly gateway: Gateway;
}

/** What commands may use of the gateway. */
export interface Gateway {
  readonly submitter: Submitter;
  readonly admin: RingAdmin;
  /** By name in small letters. */
  readonly commands: ReadonlyMap<string, Command>;
  readonly limits: GatewayLimits;
  readonly port: number;
  readonly startedMs: number;
  readonly isDestructiveAllowed: boolean;
  /** Whether the password is one of those that are valid; undefined when none is configured. */
  readonly checkPassword: ((password: ByteString) => boolean) | undefined;
  nowMs(): number;
  /** Of the open connections. */
  sessions(): Iterable<Session>;
  counters(): GatewayCounters;
  readonly connectionsMax: number;
}

export interface GatewayCounters {
  readonly connectionsReceived: number;
  readonly connectionsRejected: number;
  readonly commandsProcessed: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
}

/** Where keys stand among the arguments: first, last (negative: counted from the end), distance. */
export type KeyPositions = readonly [first: number, last: number, step: number];
export const noKeys: KeyPositions = [0, 0, 0];
export const oneKey: KeyPositions = [1, 1, 1];
export const allKeys: KeyPositions = [1, -1, 1];
export const keysAndValues: KeyPositions = [1, -1, 2];

/** Writes the rows of one group of the table. */
export function rowsOf(group: CommandGroup) {
  return (
    name: string,
    arity: number,
    flags: readonly CommandFlag[],
    [firstKey, lastKey, keyStep]: KeyPositions,
    summary: string,
    handler: Handler,
  ): Command => ({
    name,
    arity,
    flags,
    firstKey,
    lastKey,
    keyStep,
    group,
    effect: flags.includes('write') ? 'changes' : 'reads',
    isBarrier: flags.includes('barrier'),
    summary,
    handler,
  });
}

/** The argument, which the arity promises; empty when it promises none. */
export function argument(call: Call, index: number): ByteString {
  return call.args[index] ?? emptyBytes;
}

/** The keys among the arguments, by the command's key positions. */
export function keysOf(command: Command, args: readonly ByteString[]): readonly ByteString[] {
  if (command.firstKey === 0) return [];
  if (command.lastKey === command.firstKey) return args.slice(command.firstKey, command.firstKey + 1);
  const last = command.lastKey < 0 ? args.length + command.lastKey : command.lastKey;
  const keys: ByteString[] = [];
  for (let index = command.firstKey; index <= last; index += command.keyStep) {
    const key = args[index];
    if (key !== undefined) keys.push(key);
  }
  return keys;
}
