/** The main of a host's thread: a busy main thread of the program must not delay failover, so the host has its own. */
import * as Comlink from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { parentPort, type MessagePort } from 'node:worker_threads';
import type { NodeStatus, Recovery } from '../src/admin.js';
import type { NamedStats } from './administration.js';
import type { RingConfig } from '../src/config.js';
import { RondoError } from '../src/errors.js';
import { toOutcome, type Fault, type Outcome } from './control.js';
import { createHost, type Host, type HostOptions } from './host.js';
import type { ThreadResources } from './thread-resources.js';

/** What a program learns of the ring that its host made or joined. */
export interface StartedHost {
  readonly config: RingConfig;
  /** `HOST:PORT` under which other hosts reach this one; null for a ring of this host alone. */
  readonly address: string | null;
}

/** What a program asks of the host thread. Errors travel as outcomes, because Comlink loses their codes. */
export interface HostThreadControl {
  start(options: HostOptions): Promise<Outcome<StartedHost>>;
  welcome(port: MessagePort): Promise<Outcome<void>>;
  overlay(): Promise<Outcome<NodeStatus[]>>;
  stats(node?: string): Promise<Outcome<readonly NamedStats[]>>;
  join(count: number): Promise<Outcome<string[]>>;
  depart(node: string): Promise<Outcome<void>>;
  kill(node: string): Promise<Outcome<void>>;
  recover(partition: number): Promise<Outcome<Recovery>>;
  injectFault(node: string, fault: Fault): Promise<Outcome<void>>;
  resources(): Promise<Outcome<ThreadResources[]>>;
  leave(): Promise<Outcome<void>>;
  close(): Promise<Outcome<void>>;
}

if (parentPort === null)
  throw new Error('host-worker.js is the main of a worker thread: start it with createRing');

let host: Host | undefined;

function theHost(): Host {
  if (host === undefined) throw new RondoError('CLOSED', 'the ring is not started');
  return host;
}

const control: HostThreadControl = {
  start: (options) =>
    toOutcome(async () => {
      host = await createHost(options);
      return { config: host.config, address: host.address };
    }),
  welcome: (port) => toOutcome(() => theHost().welcome(port)),
  overlay: () => toOutcome(() => theHost().overlay()),
  stats: (node) => toOutcome(() => theHost().stats(node)),
  join: (count) => toOutcome(() => theHost().join(count)),
  depart: (node) => toOutcome(() => theHost().depart(node)),
  kill: (node) => toOutcome(() => theHost().kill(node)),
  recover: (partition) => toOutcome(() => theHost().recover(partition)),
  injectFault: (node, fault) => toOutcome(() => theHost().injectFault(node, fault)),
  resources: () => toOutcome(() => theHost().resources()),
  leave: () => toOutcome(() => theHost().leave()),
  close: () =>
    toOutcome(async () => {
      await host?.close();
      host = undefined;
    }),
};

Comlink.expose(control, nodeEndpoint(parentPort));
