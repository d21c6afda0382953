/** An engine without a protocol, for tests of the arena: answers every request at once from a map that it may share with others. */
import type { NodeStats } from '../../../src/admin.js';
import { emptyBytes, type ByteString } from '../../../src/bytes.js';
import type { EngineDoors } from '../../../src/replication/engine.js';
import type { ReplicaEnvironment } from '../../../src/replication/environment.js';
import { absentState, operations, type RecordState } from '../../../src/replication/operations.js';
import { readRequests, statuses } from '../../../src/wire/requests.js';

export type FakeStore = Map<ByteString, RecordState>;

/** Whoever shares a store is one register to its clients; with a store for each engine, nodes contradict each other. */
export function createFakeEngine(environment: ReplicaEnvironment, store: FakeStore): EngineDoors {
  let leaves = false;
  let requests = 0;
  const nothing = (): void => undefined;
  return {
    environment,
    overlayChanged: nothing,
    routesChanged: nothing,
    peerUnreachable: nothing,
    handleMessages: nothing,
    clientClosed: nothing,
    handleRequests(client, batch) {
      for (const request of readRequests(batch)) {
        const apply = operations.get(request.opcode);
        if (apply === undefined) {
          environment.reply(client, request.id, statuses.error, 'unknown operation');
          continue;
        }
        const outcome = apply(store.get(request.key) ?? absentState, request, 0);
        store.set(request.key, outcome.state);
        environment.reply(client, request.id, outcome.status, outcome.reply);
      }
    },
    tick: nothing,
    tickInMs: () => 1_000,
    activity: () => 'steady',
    viewPhase: () => 'steady',
    viewDelayMs: () => 1_000,
    viewDue: nothing,
    startHandingOver: () => void (leaves = true),
    isHandedOver: () => leaves,
    departureReport: () => ({}),
    stopServing: nothing,
    peers: () => [],
    nextRequestId: () => ++requests,
    stats: (): NodeStats => {
      throw new Error('nobody asks for these here');
    },
    led: () => ({ partitions: 0, records: 0 }),
    filling: () => [],
    digest: () => [...store].map(([key, { value }]) => `${key}=${value ?? emptyBytes}`).join(),
    copies: () => [],
    copyOf: () => undefined,
  };
}
