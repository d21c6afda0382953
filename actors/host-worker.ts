/** The main of a host's thread: a busy main thread of the program must not delay failover, so the host has its own. */
import * as Comlink from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { parentPort, type MessagePort } from 'node:worker_threads';
import type { NodeStats, NodeStatus, Recovery } from '../src/admin.js';
import type { RingConfig } from '../src/config.js';
import { RondoError } from '../src/errors.js';
import { toOutcome, type Fault, type Outcome } from './control.js';
import { createHost, type Host } from './host.js';
import type { LogLevel } from './thread-log.js';
import type { ThreadResources } from './thread-resources.js';

export interface HostSettings {
  readonly config: RingConfig;
  readonly nodes: number;
  readonly watchdogMs: number;
  readonly logLevel: LogLevel;
}

/** What a program asks of the host thread. Errors travel as outcomes, because Comlink loses their codes. */
export interface HostThreadControl {
  start(settings: HostSettings): Promise<Outcome<void>>;
  welcome(port: MessagePort): Promise<Outcome<void>>;
  overlay(): Promise<Outcome<NodeStatus[]>>;
  stats(node?: string): Promise<Outcome<(NodeStats & { id: string; address: string })[]>>;
  join(count: number): Promise<Outcome<string[]>>;
  depart(node: string): Promise<Outcome<void>>;
  kill(node: string): Promise<Outcome<void>>;
  recover(partition: number): Promise<Outcome<Recovery>>;
  injectFault(node: string, fault: Fault): Promise<Outcome<void>>;
  resources(): Promise<Outcome<ThreadResources[]>>;
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
  start: ({ config, nodes, watchdogMs, logLevel }) =>
    toOutcome(async () => {
      host = await createHost({ config, nodes, watchdogMs, logLevel });
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
  close: () =>
    toOutcome(async () => {
      await host?.close();
      host = undefined;
    }),
};

Comlink.expose(control, nodeEndpoint(parentPort));
