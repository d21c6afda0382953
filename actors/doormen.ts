/** Doormen: one per client of a host; each hands its client ports to the nodes that the client asks for. */
import type { MessagePort } from 'node:worker_threads';
import type { Identifier } from '../src/chord/identifier.js';
import { defaultClientSettings, type ClientSettings } from '../src/client/state.js';
import type { RingConfig } from '../src/config.js';
import type { DoormanAnswer, DoormanQuestion } from '../src/io/doorman.js';
import type { Peer } from '../src/peer.js';

/** What doormen need of their host. */
export interface DoormenSide {
  /** The nodes that a client may ask, wherever they are. */
  members(): readonly Peer[];
  /** A port for the client to the node; undefined when there is no such node. */
  connect(client: number, node: Identifier): MessagePort | undefined;
  clientClosed(client: number): void;
}

export interface Doormen {
  welcome(port: MessagePort): void;
  nodeAdded(peer: Peer): void;
  nodeGone(id: Identifier): void;
  /** A number for a client that does not come through a doorman. */
  nextClient(): number;
  close(): void;
}

export function createDoormen(config: RingConfig, side: DoormenSide): Doormen {
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
    const opened = side.connect(client, id);
    if (opened === undefined) return answer(port, { type: 'nodeGone', node: id });
    answer(port, { type: 'opened', node: id, port: opened }, [opened]);
  };

  return {
    welcome(port) {
      const client = nextClient++;
      clients.set(port, client);
      port.on('message', (question: DoormanQuestion) => open(port, client, question.node));
      port.on('close', () => {
        clients.delete(port);
        side.clientClosed(client);
      });
      answer(port, { type: 'welcome', settings, nodes: side.members() });
    },
    nodeAdded(peer) {
      for (const port of clients.keys()) answer(port, { type: 'nodeAdded', peer });
    },
    nodeGone(id) {
      for (const port of clients.keys()) answer(port, { type: 'nodeGone', node: id });
    },
    nextClient: () => nextClient++,
    close() {
      for (const port of clients.keys()) port.close();
      clients.clear();
    },
  };
}
