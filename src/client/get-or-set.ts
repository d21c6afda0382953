/** getOrSet: one loader per key at a time across all threads. The key's leader reserves the load for one client; others wait there. */
import { arrayFromBytes, bytesFrom, type ByteString } from '../bytes.js';
import type { CallOptions, GetOrSetOptions, PutOptions, Reply } from '../client-types.js';
import { statuses } from '../wire/requests.js';
import { replyError } from './replies.js';

type Value = string | Uint8Array;
type Load = () => Value | Promise<Value>;

const loadTimeoutMs = 30_000;

/**
 * `reserve` asks the leader for the value or the right to load it (reservationMs > 0), or gives that right back (-1).
 * Callers of this client that want the same key share one reservation.
 */
export function createLoader(
  reserve: (key: Value, reservationMs: number, options: CallOptions | undefined) => Promise<Reply>,
  put: (key: Value, value: Value, options?: PutOptions) => Promise<boolean>,
): (key: Value, load: Load, options?: GetOrSetOptions) => Promise<Uint8Array> {
  const running = new Map<ByteString, Promise<Uint8Array>>();

  const loadAndPut = async (
    key: Value,
    load: Load,
    options: GetOrSetOptions | undefined,
  ): Promise<Uint8Array> => {
    const value = await load();
    const { ttlMs, signal, timeoutMs } = options ?? {};
    await put(key, value, {
      ...(ttlMs === undefined ? {} : { ttlMs }),
      ...(signal === undefined ? {} : { signal }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
    return arrayFromBytes(bytesFrom(value));
  };

  const getOrLoad = async (
    key: Value,
    load: Load,
    options: GetOrSetOptions | undefined,
  ): Promise<Uint8Array> => {
    const reservationMs = options?.loadTimeoutMs ?? loadTimeoutMs;
    const waitMs = (options?.timeoutMs ?? 10_000) + reservationMs;
    const reply = await reserve(key, reservationMs, { ...options, timeoutMs: waitMs });
    if (reply.status === statuses.ok) return arrayFromBytes(reply.value);
    if (reply.status !== statuses.reserved) throw replyError(reply.status, reply.value);
    try {
      return await loadAndPut(key, load, options);
    } catch (error) {
      // What failed is the caller's business; a reservation that cannot be given back runs out by itself.
      await reserve(key, -1, undefined).catch(() => undefined);
      throw error;
    }
  };

  return (key, load, options) => {
    const keyBytes = bytesFrom(key);
    const known = running.get(keyBytes);
    if (known !== undefined) return known;
    const result = getOrLoad(key, load, options).finally(() => running.delete(keyBytes));
    running.set(keyBytes, result);
    return result;
  };
}
