/** Exit codes, and the one line that says why. */
import { CommanderError } from 'commander';
import { RondoError, stackOf, type ErrorCode } from '../../src/errors.js';

export const exitCodes = {
  ok: 0,
  /** A failure, or a missing key. */
  failure: 1,
  usage: 2,
  cannotConnect: 3,
  /** A time-out or no quorum, so also an outcome that cannot be known. */
  timeout: 4,
  checkFailed: 5,
  interrupted: 130,
  terminated: 143,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const byErrorCode: Readonly<Record<ErrorCode, ExitCode>> = {
  INVALID_ARGUMENT: exitCodes.usage,
  UNSUPPORTED: exitCodes.usage,
  CONNECTION: exitCodes.cannotConnect,
  NOQUORUM: exitCodes.timeout,
  TIMEOUT: exitCodes.timeout,
  UNKNOWN: exitCodes.timeout,
  BUSY: exitCodes.failure,
  ABORTED: exitCodes.interrupted,
  CLOSED: exitCodes.failure,
  NOT_FOUND: exitCodes.failure,
  INTERNAL: exitCodes.failure,
};

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof RondoError) return byErrorCode[error.code];
  // Help and version arrive as errors too; all else of commander is about the words typed.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  return exitCodes.failure;
}

/** One line for standard error. Undefined for what commander has printed already. */
export function messageOf(error: unknown): string | undefined {
  if (error instanceof CommanderError) return undefined;
  if (error instanceof RondoError) return oneLine(error.message);
  return stackOf(error);
}

/** Commander's message on one line, after the command's name: `rondo get: unknown option '--jsn' (Did you mean --json?)`. */
export function usageMessage(command: string, text: string): string {
  return `${command}: ${oneLine(text.replace(/^error: /, '')).replace(/\.$/, '')}; see ${command} --help`;
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\r?\n\s*/g, ' ');
}
