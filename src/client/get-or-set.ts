/** getOrSet: one loader per key at a time across all threads. The key's leader reserves the load for one client; others wait there. */
import { arrayFromBytes, bytesFrom, type ByteString } from '../bytes.js';
import type { CallOptions, GetOrSetOptions, PutOptions, Reply } from '../client-types.js';
import { abortError } from '../errors.js';
import { statuses } from '../wire/requests.js';
import { replyError } from './replies.js';

type Value = string | Uint8Array;
type Load = () => Value | Promise<Value>;

/** A load that callers of this client wait for together. */
interface Sharing {
  readonly value: Promise<Uint8Array>;
  /** Aborted when the last of its callers has left. */
  readonly controller: AbortController;
  callers: number;
}

const loadTimeoutMs = 30_000;

/**
 * `reserve` asks the leader for the value or the right to load it (reservationMs > 0), or gives that right back (-1).
 * Callers of this client that want the same key share one reservation, with the first one's loader and times; each may
 * leave by its own signal.
 */
export function createLoader(
  reserve: (key: Value, reservationMs: number, options: CallOptions | undefined) => Promise<Reply>,
  put: (key: Value, value: Value, options?: PutOptions) => Promise<boolean>,
): (key: Value, load: Load, options?: GetOrSetOptions) => Promise<Uint8Array> {
  const running = new Map<ByteString, Sharing>();

  const getOrLoad = async (
    key: Value,
    load: Load,
    { ttlMs, timeoutMs, loadTimeoutMs: reservationMs = loadTimeoutMs }: GetOrSetOptions,
    signal: AbortSignal,
  ): Promise<Uint8Array> => {
    const waitMs = (timeoutMs ?? 10_000) + reservationMs;
    const reply = await reserve(key, reservationMs, { timeoutMs: waitMs, signal });
    if (reply.status === statuses.ok) return arrayFromBytes(reply.value);
    if (reply.status !== statuses.reserved) throw replyError(reply.status, reply.value);
    try {
      const value = await load();
      await put(key, value, {
        signal,
        ...(ttlMs === undefined ? {} : { ttlMs }),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      });
      return arrayFromBytes(bytesFrom(value));
    } catch (error) {
      // What failed is the caller's business; a reservation that cannot be given back runs out by itself.
      await reserve(key, -1, undefined).catch(() => undefined);
      throw error;
    }
  };

  const share = (key: Value, keyBytes: ByteString, load: Load, options: GetOrSetOptions): Sharing => {
    const controller = new AbortController();
    const value = getOrLoad(key, load, options, controller.signal).finally(() => {
      if (running.get(keyBytes) === sharing) running.delete(keyBytes);
    });
    const sharing: Sharing = { value, controller, callers: 0 };
    running.set(keyBytes, sharing);
    return sharing;
  };

  return async (key, load, options = {}) => {
    const keyBytes = bytesFrom(key);
    const { signal } = options;
    if (signal?.aborted === true) throw abortError(signal.reason);
    const sharing = running.get(keyBytes) ?? share(key, keyBytes, load, options);
    sharing.callers++;
    if (signal === undefined) return sharing.value;
    return leaveOnAbort(sharing, signal, () => {
      if (--sharing.callers > 0) return;
      if (running.get(keyBytes) === sharing) running.delete(keyBytes);
      sharing.controller.abort(signal.reason);
    });
  };
}

/** The shared value, unless the caller's own signal comes first; `left` is called then. */
function leaveOnAbort(sharing: Sharing, signal: AbortSignal, left: () => void): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(abortError(signal.reason));
      left();
    };
    signal.addEventListener('abort', abort, { once: true });
    sharing.value.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
