/** A session with a ring through the Redis protocol: calls with a deadline, error replies as RondoErrors, replies parsed once. */
import * as v from 'valibot';
import { bytesFromText, textFromBytes, type ByteString } from '../../src/bytes.js';
import { RondoError } from '../../src/errors.js';
import { connect, type RespAnswer, type RespClient } from '../gateway/resp-client.js';
import { bytesOf } from '../gateway/resp-value.js';
import type { Reach } from './reach.js';

export class Session {
  readonly #client: RespClient;
  readonly #timeoutMs: number;
  readonly address: string;

  constructor(client: RespClient, address: string, timeoutMs: number) {
    this.#client = client;
    this.address = address;
    this.#timeoutMs = timeoutMs;
  }

  /** Rejects with a RondoError for an error reply, a lost connection and a late answer (TIMEOUT). */
  async call(name: string, ...parameters: readonly ByteString[]): Promise<RespAnswer> {
    try {
      return await this.#deadline(name, this.#client.call(bytesFromText(name), ...parameters));
    } catch (error) {
      throw refusedByRing(error);
    }
  }

  /** A reply that holds a JSON text, checked. */
  async json<T>(
    schema: v.GenericSchema<unknown, T>,
    name: string,
    ...parameters: readonly ByteString[]
  ): Promise<T> {
    const text = textFromBytes(bytesOf(await this.call(name, ...parameters)) ?? bytesFromText(''));
    try {
      return v.parse(schema, JSON.parse(text));
    } catch (error) {
      throw new RondoError(
        'INTERNAL',
        `${this.address} answered ${name} with something else than expected: is it a Rondo ring of this version?`,
        { cause: error },
      );
    }
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async #deadline<T>(name: string, answer: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = new RondoError(
        'TIMEOUT',
        `${this.address} did not answer ${name} within ${this.#timeoutMs} ms; raise --timeout-ms to wait longer`,
      );
      timer = setTimeout(() => reject(error), this.#timeoutMs);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Rejects with RondoError CONNECTION when nothing answers there within the time. */
export async function openSession({ host, port, options }: Reach, timeoutMs: number): Promise<Session> {
  try {
    const client = await connect(host, port, { ...options, timeoutMs });
    return new Session(client, client.address, timeoutMs);
  } catch (error) {
    if (!(error instanceof RondoError) || error.code !== 'CONNECTION') throw error;
    throw new RondoError(
      'CONNECTION',
      `${error.message}; start a ring with "rondo up", or name its address with --connect HOST:PORT`,
      { cause: error },
    );
  }
}

/** The words typed were well formed, yet the ring has no such node or key: a failure (1), not a wrong usage (2). */
function refusedByRing(error: unknown): unknown {
  const isRefusal = error instanceof RondoError && error.code === 'INVALID_ARGUMENT';
  return isRefusal ? new RondoError('NOT_FOUND', error.message, { cause: error }) : error;
}
