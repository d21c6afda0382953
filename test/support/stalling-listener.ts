/** A thread that listens, and stands still when it is told to: the end of a wire that takes nothing. */
import { parentPort, workerData } from 'node:worker_threads';
import { parseNatsServers } from '../../src/nats-options.js';
import { openNatsConnector } from '../../src/io/nats-wire.js';
import { createTcpConnector } from '../../src/io/tcp-wire.js';

export interface StallingSettings {
  /** Undefined for TCP. */
  readonly nats: string | undefined;
  readonly address: string;
  /** The thread stands still while the first word is 1, from the first byte that it receives on. */
  readonly gate: Int32Array;
}

const { nats, address, gate } = workerData as StallingSettings;
const refused = (): void => undefined;
const connector =
  nats === undefined
    ? createTcpConnector({ tls: undefined, dialMsMax: 1_000, refused })
    : await openNatsConnector({
        servers: parseNatsServers(nats),
        clusterName: 'test',
        ownName: address,
        dialMsMax: 1_000,
        refused,
      });
let bytes = 0;
const listener = await connector.listen(address, () => ({
  opened: () => undefined,
  received(chunk) {
    Atomics.wait(gate, 0, 1);
    bytes += chunk.length;
    parentPort?.postMessage(bytes);
  },
  closed: () => undefined,
}));
parentPort?.postMessage(listener.address);
