/** A client before its host's welcome: operations wait for it under their own signal and deadline, and go straight through from then on. */
import type { ClientCore } from '../client/client.js';
import { defaultClientSettings } from '../client/state.js';
import type { CallOptions, RingClient } from '../client-types.js';
import { RondoError } from '../errors.js';
import type { Clock } from '../ports.js';

/** `present` answers the real client from the moment at which `ready` resolves; `close` runs when the client is closed. */
export function createWaitingClient(
  ready: Promise<ClientCore>,
  present: () => RingClient | undefined,
  clock: Clock,
  close: () => void,
): RingClient {
  const whenReady = <T, O extends CallOptions>(
    options: O | undefined,
    operation: (client: RingClient, options: O | undefined) => Promise<T>,
  ): Promise<T> => {
    const client = present();
    return client === undefined ? afterWelcome(options, operation) : operation(client, options);
  };

  const afterWelcome = async <T, O extends CallOptions>(
    options: O | undefined,
    operation: (client: RingClient, options: O | undefined) => Promise<T>,
  ): Promise<T> => {
    const startedMs = clock.nowMs();
    const { client } = await within(clock, ready, options);
    if (options?.timeoutMs === undefined) return operation(client, options);
    const leftMs = Math.max(0, options.timeoutMs - (clock.nowMs() - startedMs));
    return operation(client, { ...options, timeoutMs: leftMs });
  };

  const closeAll = async (): Promise<void> => {
    await present()?.close();
    close();
  };

  return {
    get: (key, options) => whenReady(options, (client, rest) => client.get(key, rest)),
    getString: (key, options) => whenReady(options, (client, rest) => client.getString(key, rest)),
    put: (key, value, options) => whenReady(options, (client, rest) => client.put(key, value, rest)),
    delete: (key, options) => whenReady(options, (client, rest) => client.delete(key, rest)),
    append: (key, value, options) => whenReady(options, (client, rest) => client.append(key, value, rest)),
    compareAndSet: (key, expected, value, options) =>
      whenReady(options, (client, rest) => client.compareAndSet(key, expected, value, rest)),
    increment: (key, step, options) =>
      whenReady(options, (client, rest) => client.increment(key, step, rest)),
    getMany: (keys, options) => whenReady(options, (client, rest) => client.getMany(keys, rest)),
    putMany: (entries, options) => whenReady(options, (client, rest) => client.putMany(entries, rest)),
    getOrSet: (key, load, options) => whenReady(options, (client, rest) => client.getOrSet(key, load, rest)),
    count: (options) => whenReady(options, (client, rest) => client.count(rest)),
    trace: (key, options) => whenReady(options, (client, rest) => client.trace(key, rest)),
    async *scan(options?: CallOptions) {
      const client = present() ?? (await within(clock, ready, options)).client;
      yield* client.scan(options);
    },
    submitter: {
      submit: (opcode, key, value, requestFlags, number, options) =>
        whenReady(options, (client, rest) =>
          client.submitter.submit(opcode, key, value, requestFlags, number, rest),
        ),
      submitToPartition: (opcode, partition, value, number, options) =>
        whenReady(options, (client, rest) =>
          client.submitter.submitToPartition(opcode, partition, value, number, rest),
        ),
      submitToEveryNode: (opcode, options) =>
        whenReady(options, (client, rest) => client.submitter.submitToEveryNode(opcode, rest)),
      get partitions() {
        const client = present();
        if (client === undefined)
          throw new RondoError('CONNECTION', 'the ring has not answered yet: await an operation first');
        return client.submitter.partitions;
      },
    },
    latency: () =>
      present()?.latency() ?? { count: 0, meanUs: 0, p50Us: 0, p90Us: 0, p99Us: 0, p999Us: 0, maxUs: 0 },
    hops: () => present()?.hops() ?? { lookups: 0, mean: 0, max: 0 },
    close: closeAll,
    [Symbol.asyncDispose]: closeAll,
  };
}

/** Rejects with ABORTED, or with NOQUORUM when the deadline passes: nothing has been sent. */
function within<T>(clock: Clock, welcome: Promise<T>, options: CallOptions | undefined): Promise<T> {
  const signal = options?.signal;
  const timeoutMs = options?.timeoutMs ?? defaultClientSettings.requestTimeoutMs;
  return new Promise((resolve, reject) => {
    const aborted = (): void =>
      reject(new RondoError('ABORTED', 'the signal was aborted', { cause: signal?.reason }));
    if (signal?.aborted === true) return aborted();
    const late = `the deadline of ${timeoutMs} ms passed before the ring had answered; nothing was sent`;
    const timer = clock.setTimeout(
      () => reject(new RondoError('NOQUORUM', late)),
      Math.min(timeoutMs, timerMsMax),
    );
    signal?.addEventListener('abort', aborted);
    welcome.then(resolve, reject).finally(() => {
      clock.clearTimeout(timer);
      signal?.removeEventListener('abort', aborted);
    });
  });
}

/** A timer set for longer fires at once. */
const timerMsMax = 0x7fffffff;
