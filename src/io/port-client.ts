/** A client on a MessagePort: asks the doorman for node ports as it needs them, and speaks to nodes directly. */
import type { MessagePort } from 'node:worker_threads';
import type { Histogram } from '../histogram.js';
import { sha1FirstWord } from '../chord/sha1.js';
import type { Identifier } from '../chord/identifier.js';
import { createClient, type ClientCore } from '../client/client.js';
import type { RingClient } from '../client-types.js';
import { RondoError } from '../errors.js';
import type { RequestBatch } from '../wire/requests.js';
import type { DoormanAnswer, DoormanQuestion } from './doorman.js';
import { packBatch, unpackBatch } from './packing.js';
import { detach, microseconds, systemClock, systemDefer, systemRandom, toArray } from './system.js';
import { createWaitingClient } from './waiting-client.js';

/** What a ring keeps of the clients that it made, for its statistics. */
export interface PortClient {
  readonly client: RingClient;
  /** Undefined until the host has answered. */
  latencyHistogram(): Histogram | undefined;
  /** Resolves when the host has answered. */
  readonly ready: Promise<void>;
}

/** Connects at once; operations wait for the host's welcome. `onClose` runs once. */
export function createPortClient(doorman: MessagePort, onClose: () => void = () => undefined): PortClient {
  const ports = new Map<Identifier, MessagePort>();
  const opening = new Map<Identifier, RequestBatch[]>();
  let core: ClientCore | undefined;
  let closed = false;

  const close = (): void => {
    if (closed) return;
    closed = true;
    for (const port of ports.values()) port.close();
    doorman.close();
    onClose();
  };

  const sendRequests = (to: Identifier, batch: RequestBatch): void => {
    const port = ports.get(to);
    if (port !== undefined) return port.postMessage(packBatch(batch));
    const waiting = opening.get(to);
    if (waiting !== undefined) return void waiting.push(batch);
    opening.set(to, [batch]);
    doorman.postMessage({ type: 'open', node: to } satisfies DoormanQuestion);
  };

  const gone = (node: Identifier): void => {
    ports.get(node)?.close();
    ports.delete(node);
    opening.delete(node);
    core?.nodeGone(node);
  };

  const ready = new Promise<ClientCore>((resolve, reject) => {
    doorman.on('message', (answer: DoormanAnswer) => {
      switch (answer.type) {
        case 'welcome': {
          const clientPorts = {
            clock: systemClock,
            random: systemRandom,
            defer: systemDefer,
            firstWord: sha1FirstWord,
            microseconds,
            sendRequests,
            toArray,
            detach,
          };
          core = createClient(clientPorts, answer.settings, answer.nodes, close);
          return resolve(core);
        }
        case 'opened': {
          const { node, port } = answer;
          ports.set(node, port);
          port.on('message', (message: string) => core?.receiveReplies(unpackBatch(message)));
          for (const batch of opening.get(node) ?? []) port.postMessage(packBatch(batch));
          opening.delete(node);
          return;
        }
        case 'nodeAdded':
          return core?.nodeAdded(answer.peer);
        case 'nodeGone':
          return gone(answer.node);
      }
    });
    doorman.on('close', () => {
      reject(new RondoError('CONNECTION', 'the ring behind this port is closed'));
      void core?.client.close();
      close();
    });
  });
  ready.catch(() => undefined);

  const client = createWaitingClient(ready, () => core?.client, systemClock, close);
  return { client, ready: ready.then(() => undefined), latencyHistogram: () => core?.latencyHistogram() };
}
