/** What a command works with: where it writes, how it reaches a ring, and what its exit code will be. */
import type { Command } from 'commander';
import { flag, numberFlag, parseAddress, type Address } from './flag.js';
import { exitCodes, type ExitCode } from './exit-code.js';
import type { Output } from './output.js';
import type { Session } from './session.js';

export interface Context {
  readonly output: Output;
  /** Runs with a session to the ring: opened for this command and closed after it, or the prompt's own. */
  withSession<T>(options: ClientOptions, use: (session: Session) => Promise<T>): Promise<T>;
  /** The exit code of a command that ends normally; the gravest of several wins. */
  setExitCode(code: ExitCode): void;
}

/** The flags that every client command has. */
export interface ClientOptions {
  readonly connect: Address;
  readonly password?: string;
  readonly passwordFile?: string;
  readonly tlsCa?: string;
  readonly timeoutMs: number;
  readonly json?: true;
}

export const defaultConnect = '127.0.0.1:7379';
const timeoutMsDefault = 15_000;
/** For commands that wait until nodes have moved records. */
export const membershipTimeoutMs = 60_000;

/** Adds the flags of a client command and its examples (without the leading `rondo`). */
export function clientCommand(
  command: Command,
  examples: readonly string[],
  timeoutMs: number = timeoutMsDefault,
): Command {
  return withExamples(command, examples)
    .addOption(
      flag('--connect <host:port>', 'the ring, at its Redis-protocol door')
        .argParser(parseAddress)
        .default(parseAddress(defaultConnect), defaultConnect),
    )
    .addOption(flag('--password <password>', "the ring's; others see it in the list of processes"))
    .addOption(flag('--password-file <file>', 'holds the password').conflicts('password'))
    .addOption(flag('--tls-ca <file>', "speak TLS: the authority that signed the ring's certificate, in PEM"))
    .addOption(
      numberFlag('--timeout-ms <ms>', 'how long to wait for an answer', 1, 86_400_000).default(timeoutMs),
    )
    .addOption(jsonFlag());
}

export function jsonFlag(): ReturnType<typeof flag> {
  return flag('--json', 'print JSON, one value a line');
}

export function withExamples(command: Command, examples: readonly string[]): Command {
  const lines = examples.map((example) => `  rondo ${example}`).join('\n');
  return command.addHelpText('after', `\nExamples:\n${lines}`);
}

/** Keeps the first exit code that is not ok. */
export class ExitStatus {
  #code: ExitCode = exitCodes.ok;

  get code(): ExitCode {
    return this.#code;
  }

  set(code: ExitCode): void {
    if (this.#code === exitCodes.ok) this.#code = code;
  }
}
