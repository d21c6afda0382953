/** Administration of the whole ring: what is asked of a node goes to the host that runs it, and what is asked of all to all hosts. */
import type { NodeStatus, Recovery } from '../src/admin.js';
import { trustIdentifier, type Identifier } from '../src/chord/identifier.js';
import type { RingConfig } from '../src/config.js';
import { RondoError } from '../src/errors.js';
import type { Peer } from '../src/peer.js';
import { oneOf, statusOfSilent, type Administration, type NamedStats } from './administration.js';
import type { Bridge } from './bridge/bridge.js';
import type { RemoteHost } from './bridge/hosts.js';
import type { NodeHandle } from './node-threads.js';
import { recoverAt, recoveryAt, type RecoveryTask } from './recover-from.js';

/** What one host asks of another. */
type Question =
  | { readonly type: 'overlay' }
  | { readonly type: 'stats'; readonly node: string | null }
  | { readonly type: 'depart' | 'kill'; readonly node: Identifier }
  | ({ readonly type: 'recover' } & RecoveryTask);

export interface RingAdministration extends Administration {
  recover(partition: number): Promise<Recovery>;
  /** Does what another host asks of the nodes here. Rejects with a RondoError. */
  answer(question: unknown): Promise<unknown>;
}

/** Longer than a host waits for its own nodes. */
const askMsMax = 8_000;
/** Longer than a node and its host give themselves. */
const recoverMsMax = 45_000;

export function createRingAdministration(
  config: RingConfig,
  nodes: ReadonlyMap<Identifier, NodeHandle>,
  own: Administration,
  bridge: () => Bridge | undefined,
): RingAdministration {
  /** Partitions that are being recovered with loss by a node here: two at once would begin the same lineage differently. */
  const recovering = new Set<number>();
  const hosts = (): readonly RemoteHost[] => bridge()?.hosts.all ?? [];
  const ask = async (host: RemoteHost, question: Question, timeoutMs: number | undefined): Promise<unknown> =>
    bridge()?.ask(host, question, timeoutMs);

  /** The host of the node that is meant, undefined for this one. Throws RondoError NOT_FOUND or INVALID_ARGUMENT. */
  const find = (node: string): { readonly peer: Peer; readonly host: RemoteHost | undefined } => {
    const here = [...nodes.values()].map(({ peer }) => ({ peer, host: undefined }));
    const there = hosts().flatMap((host) => [...host.nodes.values()].map((peer) => ({ peer, host })));
    return oneOf([...here, ...there], node);
  };

  const recoverHere = async (task: RecoveryTask): Promise<Recovery> => {
    const { partition, home } = task;
    const handle = nodes.get(home);
    if (handle === undefined) throw new RondoError('BUSY', `node ${home} has ended: try again`);
    if (recovering.has(partition)) throw new RondoError('BUSY', `partition ${partition} is being recovered`);
    recovering.add(partition);
    try {
      return await recoverAt(handle, task);
    } finally {
      recovering.delete(partition);
    }
  };

  return {
    async overlay() {
      const there = hosts().map(async (host): Promise<readonly NodeStatus[]> => {
        const silent = (state: string): NodeStatus[] =>
          [...host.nodes.values()].map((peer) => statusOfSilent(peer, state));
        if (!host.link.isOpen) return silent('unreachable');
        try {
          return arrayIn<NodeStatus>(await ask(host, { type: 'overlay' }, askMsMax));
        } catch (error) {
          if (error instanceof RondoError) return silent('unresponsive');
          throw error;
        }
      });
      const all = await Promise.all([own.overlay(), ...there]);
      return all.flat().sort((one, other) => (one.id < other.id ? -1 : 1));
    },
    async stats(node) {
      if (node !== undefined) {
        const { peer, host } = find(node);
        if (host === undefined) return own.stats(peer.id);
        return arrayIn<NamedStats>(await ask(host, { type: 'stats', node: peer.id }, askMsMax));
      }
      const there = hosts().map(async (host): Promise<readonly NamedStats[]> => {
        try {
          return arrayIn<NamedStats>(await ask(host, { type: 'stats', node: null }, askMsMax));
        } catch (error) {
          // As of a node that does not answer: its counters are not among the ring's.
          if (error instanceof RondoError) return [];
          throw error;
        }
      });
      return (await Promise.all([own.stats(undefined), ...there])).flat();
    },
    async depart(node) {
      const { peer, host } = find(node);
      if (host === undefined) return own.depart(peer.id);
      await ask(host, { type: 'depart', node: peer.id }, undefined);
    },
    async kill(node) {
      const { peer, host } = find(node);
      if (host === undefined) return own.kill(peer.id);
      await ask(host, { type: 'kill', node: peer.id }, askMsMax);
    },
    async recover(partition) {
      if (!Number.isInteger(partition) || partition < 0 || partition >= config.partitions)
        throw new RondoError('INVALID_ARGUMENT', `the partition must be from 0 to ${config.partitions - 1}`);
      const { task, host } = recoveryAt(partition, config, nodes, hosts());
      if (host === undefined) return recoverHere(task);
      return (await ask(host, { type: 'recover', ...task }, recoverMsMax)) as Recovery;
    },
    async answer(question) {
      const asked = questionIn(question);
      switch (asked.type) {
        case 'overlay':
          return own.overlay();
        case 'stats':
          return own.stats(asked.node ?? undefined);
        case 'depart':
          return own.depart(asked.node);
        case 'kill':
          return own.kill(asked.node);
        case 'recover':
          return recoverHere(asked);
      }
    },
    injectFault: (node, fault) => own.injectFault(node, fault),
    resources: () => own.resources(),
  };
}

/** Throws RondoError UNSUPPORTED for what only another version of hosts asks. */
function questionIn(json: unknown): Question {
  const { type, node, partition, home, living } = Object(json) as Partial<Record<string, unknown>>;
  if (type === 'overlay') return { type };
  if (type === 'stats') return { type, node: typeof node === 'string' ? node : null };
  if ((type === 'depart' || type === 'kill') && typeof node === 'string')
    return { type, node: trustIdentifier(node) };
  if (
    type === 'recover' &&
    typeof partition === 'number' &&
    typeof home === 'string' &&
    Array.isArray(living)
  )
    return { type, partition, home: trustIdentifier(home), living: living as readonly Peer[] };
  throw new RondoError('UNSUPPORTED', `this version of hosts does not know the question ${String(type)}`);
}

function arrayIn<T>(answer: unknown): readonly T[] {
  if (Array.isArray(answer)) return answer as readonly T[];
  throw new RondoError('INTERNAL', 'another host answered in a form that is not known here');
}
