/** The main of a node's thread: puts the world in place around one node and feeds it from its ports. */
import * as Comlink from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { packBatch, unpackBatch } from '../src/io/packing.js';
import { createPortTransport } from '../src/io/port-transport.js';
import { detach, systemClock, systemDefer, systemRandom } from '../src/io/system.js';
import {
  heartbeatIntervalMs,
  toOutcome,
  type Fault,
  type HostControl,
  type NodeControl,
  type NodeWorkerData,
} from './control.js';
import { createNode } from './node/runtime.js';
import { createThreadLog } from './thread-log.js';
import { threadResources } from './thread-resources.js';

if (parentPort === null)
  throw new Error('node-worker.js is the main of a worker thread: start it with createRing');
const data: NodeWorkerData = workerData as NodeWorkerData;
const { self } = data;
const log = createThreadLog(self.address, data.logLevel);
const host = Comlink.wrap<HostControl>(nodeEndpoint(data.hostPort));
const clients = new Map<number, MessagePort>();

/** Control calls that want no answer: a host that is gone takes this thread with it. */
function tell(call: Promise<unknown>): void {
  call.catch((error: unknown) => log('error', 'the host did not take a control call', { err: error }));
}

const transport = createPortTransport({
  packet: (packet) => node.receivePacket(packet),
  introduce: (id) => tell(host.introduce(self.id, id)),
});

const node = createNode({
  self,
  config: data.config,
  entry: data.entry,
  ports: {
    clock: systemClock,
    random: systemRandom,
    defer: systemDefer,
    sendPacket: transport.sendPacket,
    sendReplies: (client, replies) => clients.get(client)?.postMessage(packBatch(replies)),
    detach,
    log,
    failed: (error) => {
      log('fatal', 'the node failed and stops as if crashed', { err: error });
      process.exit(70);
    },
    left: () => tell(host.left(self.id)),
  },
});

const control: NodeControl = {
  whenMember: () => node.whenMember(),
  addPeerPort: transport.addPort,
  addClientPort: (client, port) => {
    clients.set(client, port);
    port.on('message', (message: string) => node.receiveRequests(client, unpackBatch(message)));
    port.on('close', () => {
      clients.delete(client);
      node.clientClosed(client);
    });
  },
  peerDead: (id) => transport.peerDead(id, () => node.peerDead(id)),
  peerUnreachable: (id, unreachable) => node.peerUnreachable(id, unreachable),
  recover: (partition, living) => toOutcome(() => node.recover(partition, living)),
  depart: () => node.depart(),
  status: () => node.status(),
  stats: () => node.stats(),
  resources: () => ({ ...threadResources(self.address), packetsSent: transport.sent }),
  injectFault: (fault) => void setImmediate(inject, fault),
};

function inject(fault: Fault): void {
  switch (fault.type) {
    case 'throw':
      throw new Error('a fault was injected: an uncaught error');
    case 'exit':
      return process.exit(1);
    case 'stall': {
      const untilMs = performance.now() + fault.stallMs;
      while (performance.now() < untilMs);
    }
  }
}

const heartbeat = new Int32Array(data.heartbeat);
// At once as well: a thread that has never beaten counts as starting, however long it stands still.
Atomics.add(heartbeat, 0, 1);
setInterval(() => Atomics.add(heartbeat, 0, 1), heartbeatIntervalMs);
Comlink.expose(control, nodeEndpoint(parentPort));
