/** Administration of the nodes of one host; ring-administration.ts asks all hosts for theirs. */
import type { NodeStats, NodeStatus } from '../src/admin.js';
import type { Identifier } from '../src/chord/identifier.js';
import { RondoError } from '../src/errors.js';
import type { Peer } from '../src/peer.js';
import type { Fault } from './control.js';
import type { NodeHandle } from './node-threads.js';
import { threadResources, type ThreadResources } from './thread-resources.js';

/** One node's counters, under its names. */
export type NamedStats = NodeStats & { readonly id: string; readonly address: string };

export interface Administration {
  /** In ring order. */
  overlay(): Promise<NodeStatus[]>;
  stats(node: string | undefined): Promise<readonly NamedStats[]>;
  depart(node: string): Promise<void>;
  kill(node: string): Promise<void>;
  injectFault(node: string, fault: Fault): Promise<void>;
  resources(): Promise<ThreadResources[]>;
}

const controlTimeoutMs = 5_000;
const controlTimeoutStalledMs = 100;

/** `membersElsewhere`: how many nodes other hosts run. */
export function createAdministration(
  nodes: ReadonlyMap<Identifier, NodeHandle>,
  membersElsewhere: () => number,
): Administration {
  const find = (node: string): NodeHandle => oneOf([...nodes.values()], node);

  return {
    async overlay() {
      const handles = [...nodes.values()].sort((a, b) => (a.peer.id < b.peer.id ? -1 : 1));
      return Promise.all(
        handles.map((handle) =>
          withDeadline(handle, handle.control.status(), () => statusOfSilent(handle.peer, 'unresponsive')),
        ),
      );
    },
    async stats(node) {
      const handles = node === undefined ? [...nodes.values()] : [find(node)];
      const answers = await Promise.all(
        handles.map(async (handle) => {
          const stats = await withDeadline(handle, handle.control.stats(), () => undefined);
          return stats === undefined
            ? []
            : [{ id: handle.peer.id as string, address: handle.peer.address, ...stats }];
        }),
      );
      return answers.flat();
    },
    async depart(node) {
      const handle = find(node);
      const members = [...nodes.values()].filter(({ isMember }) => isMember).length + membersElsewhere();
      if (members === 1 && handle.isMember) {
        const advice = 'let another join first, or stop the ring';
        throw new RondoError(
          'INVALID_ARGUMENT',
          `${handle.peer.address} is the only node: its records have nowhere to go; ${advice}`,
        );
      }
      handle.isLeaving = true;
      // A call to a thread that has died or stalls never settles; its end does.
      await Promise.race([handle.control.depart(), handle.exited]);
      await handle.exited;
    },
    async kill(node) {
      await find(node).worker.terminate();
    },
    async injectFault(node, fault) {
      const handle = find(node);
      await Promise.race([handle.control.injectFault(fault), handle.exited]);
    },
    async resources() {
      const answers = [...nodes.values()].map((handle) =>
        withDeadline(handle, handle.control.resources(), () => undefined),
      );
      const ofNodes = (await Promise.all(answers)).flatMap((answer) =>
        answer === undefined ? [] : [answer],
      );
      return [threadResources('host'), ...ofNodes];
    },
  };
}

/** The one that an identifier, a unique prefix of one, or an address names. */
export function oneOf<T extends { readonly peer: Peer }>(candidates: readonly T[], node: string): T {
  const found = candidates.filter(
    ({ peer }) => peer.address === node || (node !== '' && peer.id.startsWith(node)),
  );
  const [first] = found;
  if (first === undefined) throw new RondoError('NOT_FOUND', `no node ${node} (see: rondo overlay)`);
  if (found.length > 1)
    throw new RondoError(
      'INVALID_ARGUMENT',
      `${found.length} nodes match ${node}: give more of the identifier`,
    );
  return first;
}

/** What the overlay shows of a node that does not answer. */
export function statusOfSilent(peer: Peer, state: string): NodeStatus {
  return {
    id: peer.id,
    address: peer.address,
    state,
    predecessor: null,
    successors: [],
    partitionsLed: 0,
    records: 0,
  };
}

/** A Comlink call to a dead or stalled thread never settles: it gets a deadline. */
async function withDeadline<T, U>(handle: NodeHandle, call: Promise<T>, otherwise: () => U): Promise<T | U> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<U>((resolve) => {
    timer = setTimeout(
      () => resolve(otherwise()),
      handle.stalled ? controlTimeoutStalledMs : controlTimeoutMs,
    );
  });
  try {
    return await Promise.race([call, deadline, handle.exited.then(otherwise)]);
  } finally {
    clearTimeout(timer);
  }
}
