/** Doormen: one per client of a host; each hands its client ports to the nodes that the client asks for. */
import * as Comlink from 'comlink';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { Identifier } from '../src/chord/identifier.js';
import { defaultClientSettings, type ClientSettings } from '../src/client/state.js';
import type { RingConfig } from '../src/config.js';
import type { DoormanAnswer, DoormanQuestion } from '../src/io/doorman.js';
import type { Peer } from '../src/peer.js';
import type { NodeHandle } from './node-threads.js';

export interface Doormen {
  welcome(port: MessagePort): void;
  nodeAdded(peer: Peer): void;
  nodeGone(id: Identifier): void;
  close(): void;
}

export function createDoormen(config: RingConfig, nodes: ReadonlyMap<Identifier, NodeHandle>): Doormen {
  const settings: ClientSettings = {
    ...defaultClientSettings,
    partitions: config.partitions,
    replicas: config.replicas,
    keyBytesMax: config.keyBytesMax,
    valueBytesMax: config.valueBytesMax,
  };
  const clients = new Map<MessagePort, number>();
  let nextClient = 1;

  const answer = (port: MessagePort, message: DoormanAnswer, transfer: readonly MessagePort[] = []): void =>
    port.postMessage(message, transfer);

  const open = (port: MessagePort, client: number, id: Identifier): void => {
    const handle = nodes.get(id);
    if (handle === undefined) return answer(port, { type: 'nodeGone', node: id });
    const { port1, port2 } = new MessageChannel();
    handle.control.addClientPort(client, Comlink.transfer(port1, [port1])).catch(() => port1.close());
    answer(port, { type: 'opened', node: id, port: port2 }, [port2]);
  };

  return {
    welcome(port) {
      const client = nextClient++;
      clients.set(port, client);
      port.on('message', (question: DoormanQuestion) => open(port, client, question.node));
      port.on('close', () => clients.delete(port));
      const members = [...nodes.values()].filter(({ isMember }) => isMember);
      answer(port, { type: 'welcome', settings, nodes: members.map(({ peer }) => peer) });
    },
    nodeAdded(peer) {
      for (const port of clients.keys()) answer(port, { type: 'nodeAdded', peer });
    },
    nodeGone(id) {
      for (const port of clients.keys()) answer(port, { type: 'nodeGone', node: id });
    },
    close() {
      for (const port of clients.keys()) port.close();
      clients.clear();
    },
  };
}
