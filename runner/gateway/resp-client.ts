/** A small RESP3 client for the command line and the workloads: many calls outstanding, one write a turn. */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { bytesFromText, type ByteString } from '../../src/bytes.js';
import { RondoError, reasonOf, type ErrorCode } from '../../src/errors.js';
import { formatHostAddress } from '../../src/host-address.js';
import { whyTlsFailed } from '../../src/io/tls-failures.js';
import { gatewayDialOptions } from '../../src/io/tls-options.js';
import { ReplyDecoder } from './reply-decoder.js';
import type { RespError, RespValue } from './resp-value.js';
import { encodeRequest } from './resp-writer.js';

export interface RespClientOptions {
  /** For connecting and greeting together. Default 5,000. */
  readonly timeoutMs?: number;
  readonly password?: string;
  /** Speaks TLS, to a server whose certificate this authority signed; in PEM. */
  readonly ca?: string;
}

/** What a call resolves with: an error reply rejects instead, but errors inside a collection stay values. */
export type RespAnswer = Exclude<RespValue, RespError>;

export interface RespClient {
  readonly address: string;
  /**
   * Sends one request, command name first. Rejects with a RondoError: its code from the error reply's first word; CONNECTION
   * when it was not sent, UNKNOWN when the connection was lost before the answer, CLOSED when `close` was called first.
   */
  call(...args: readonly ByteString[]): Promise<RespAnswer>;
  /** Calls without an answer. */
  readonly outstanding: number;
  /** Closes at once; idempotent. */
  close(): Promise<void>;
}

const timeoutMsDefault = 5_000;

/** Rejects with RondoError CONNECTION when no Redis-protocol server answers there in time, INVALID_ARGUMENT when it wants another password. */
export async function connect(
  host: string,
  port: number,
  options: RespClientOptions = {},
): Promise<RespClient> {
  const address = formatHostAddress({ host, port });
  const timeoutMs = options.timeoutMs ?? timeoutMsDefault;
  const where = { host, port, noDelay: true, keepAlive: true };
  const { ca } = options;
  const socket =
    ca === undefined ? connectTcp(where) : connectTls({ ...where, ...gatewayDialOptions(ca, host) });
  const client = new SocketClient(socket, address, ca !== undefined);
  const impatience = setTimeout(() => client.lose(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  try {
    await client.call(...greeting(options.password));
    client.greeted();
    return client;
  } catch (cause) {
    await client.close();
    throw whyNotConnected(address, cause, options.password !== undefined);
  } finally {
    clearTimeout(impatience);
  }
}

function greeting(password: string | undefined): readonly ByteString[] {
  const words = ['HELLO', '3', ...(password === undefined ? [] : ['AUTH', 'default', password])];
  return words.map(bytesFromText);
}

function whyNotConnected(address: string, cause: unknown, hasPassword: boolean): RondoError {
  if (cause instanceof RondoError && cause.code === 'INVALID_ARGUMENT') {
    const isAboutPassword = /^(?:NOAUTH|WRONGPASS) /.test(cause.message);
    const reason = !isAboutPassword
      ? `refused the greeting: ${cause.message}`
      : hasPassword
        ? 'refused the password'
        : 'wants a password: --password-file FILE, or RONDO_PASSWORD in the environment';
    return new RondoError('INVALID_ARGUMENT', `${address} ${reason}`, { cause });
  }
  const root = cause instanceof RondoError && cause.cause instanceof Error ? cause.cause : cause;
  const reason = reasonOf(root);
  return new RondoError('CONNECTION', `cannot connect to ${address}: ${reason}`, { cause });
}

const closed = 'the server closed the connection';

function closedEarly(isTls: boolean): string {
  return isTls ? closed : `${closed} without a word: if it expects TLS, give --tls-ca FILE`;
}

interface Pending {
  readonly resolve: (value: RespAnswer) => void;
  readonly reject: (error: RondoError) => void;
}

class SocketClient implements RespClient {
  readonly address: string;
  private readonly socket: Socket;
  private readonly decoder = new ReplyDecoder();
  /** Calls without an answer, oldest at `head`; those from `sent` on are not written yet. */
  private pending: Pending[] = [];
  private head = 0;
  private sent = 0;
  private unsent = '';
  private isGreeted = false;
  private failure: { readonly code: 'CONNECTION' | 'CLOSED'; readonly cause: Error } | undefined;

  constructor(socket: Socket, address: string, isTls: boolean) {
    this.socket = socket;
    this.address = address;
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('error', (error) => {
      const isHandshake = isTls && !this.isGreeted;
      this.lose(isHandshake ? new Error(whyTlsFailed(error, 'dialled'), { cause: error }) : error);
    });
    socket.on('close', () => this.lose(new Error(this.isGreeted ? closed : closedEarly(isTls))));
  }

  get outstanding(): number {
    return this.pending.length - this.head;
  }

  call(...args: readonly ByteString[]): Promise<RespAnswer> {
    return new Promise((resolve, reject) => {
      if (this.failure !== undefined) {
        reject(this.errorOf(this.failure.code, this.failure.cause));
        return;
      }
      this.pending.push({ resolve, reject });
      if (this.unsent === '') process.nextTick(() => this.flush());
      this.unsent += encodeRequest(args);
    });
  }

  greeted(): void {
    this.isGreeted = true;
  }

  /** Fails whatever is outstanding; final. */
  lose(cause: Error, code: 'CONNECTION' | 'CLOSED' = 'CONNECTION'): void {
    if (this.failure !== undefined) return;
    this.failure = { code, cause };
    this.socket.destroy();
    const { pending, head, sent } = this;
    this.pending = [];
    this.head = 0;
    this.sent = 0;
    this.unsent = '';
    for (let index = head; index < pending.length; index++) {
      const mayHaveHappened = code === 'CONNECTION' && this.isGreeted && index < sent;
      pending[index]?.reject(this.errorOf(mayHaveHappened ? 'UNKNOWN' : code, cause));
    }
  }

  async close(): Promise<void> {
    this.lose(new Error('the client was closed'), 'CLOSED');
    if (!this.socket.closed) await new Promise<void>((resolve) => this.socket.once('close', () => resolve()));
  }

  private flush(): void {
    if (this.unsent === '') return;
    this.socket.write(this.unsent, 'latin1');
    this.unsent = '';
    this.sent = this.pending.length;
  }

  private receive(chunk: Buffer): void {
    this.decoder.push(chunk);
    for (let reply = this.decoder.next(); reply !== undefined; reply = this.decoder.next()) {
      if (reply.type === 'protocolError') {
        this.lose(new Error(reply.message));
        return;
      }
      if (reply.value.type !== 'push') this.settle(reply.value);
    }
  }

  private settle(value: RespValue): void {
    const pending = this.pending[this.head];
    if (pending === undefined) {
      const message = value.type === 'error' ? value.message : 'a reply that nobody asked for';
      this.lose(new Error(message));
      return;
    }
    this.head++;
    if (this.head >= pendingKeptMax || this.head === this.pending.length) {
      this.pending.splice(0, this.head);
      this.sent -= this.head;
      this.head = 0;
    }
    if (value.type === 'error') pending.reject(errorOfReply(value.message));
    else pending.resolve(value);
  }

  private errorOf(code: ErrorCode, cause: Error): RondoError {
    const consequence = code === 'UNKNOWN' ? '; the request may have taken effect' : '';
    return new RondoError(code, `connection to ${this.address} lost: ${cause.message}${consequence}`, {
      cause,
    });
  }
}

/** Answered calls that may pile up before the list is cut. */
const pendingKeptMax = 1_024;

const codesByWord: ReadonlyMap<string, ErrorCode> = new Map([
  ['NOQUORUM', 'NOQUORUM'],
  ['BUSY', 'BUSY'],
  ['TRYAGAIN', 'BUSY'],
  ['UNKNOWN', 'UNKNOWN'],
]);

/** The error of an error reply; words that do not name an outcome mean that the request cannot be served as given. */
export function errorOfReply(message: string): RondoError {
  const word = message.split(' ', 1)[0] ?? '';
  const text = word === 'ERR' ? message.slice(4) : message;
  return new RondoError(codesByWord.get(word) ?? 'INVALID_ARGUMENT', text);
}
