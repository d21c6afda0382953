/** The invariants I1 to I13 of docs/design/replication.md, 1.6, asserted over all engines of an arena after each of their turns. */
import type { Identifier } from '../../../../src/chord/identifier.js';
import type { EngineDoors } from '../../../../src/replication/engine.js';
import type { Site } from '../../../../src/replication/linearizable/site.js';
import type { Slot } from '../../../../src/replication/linearizable/slot.js';
import type { ReplicationMessage } from '../../../../src/replication/messages.js';
import { statuses, type Status } from '../../../../src/wire/requests.js';
import type { ArenaMonitor, MonitorPorts } from '../arena-monitor.js';
import type { Process } from '../../process.js';
import type { ArenaNode } from '../arena-node.js';
import { answeredWithData, answerTo, asksIn, claimsGranted } from './answer-watch.js';
import { AttemptBook } from './attempt-book.js';
import { ReplicaWatch, type WatchedState } from './replica-watch.js';
import { findUnrest } from './rest.js';
import { brief, StateBook, type Report } from './state-book.js';
import { show, ViewBook } from './view-book.js';

/** An engine whose site can be looked into. */
export type WatchedEngine = EngineDoors & { readonly site: Site };

/** What the monitor needs of a node. */
export type WatchedNode<Engine extends WatchedEngine> = Pick<
  ArenaNode<Engine>,
  'peer' | 'engine' | 'departing'
> & { readonly process: Pick<Process, 'state'> };

interface PartitionBooks {
  readonly views: ViewBook;
  readonly states: StateBook;
  readonly watches: Map<Identifier, ReplicaWatch>;
}

/** As the arena's monitor, for whatever has the parts that it looks at. */
export interface LinearizableMonitor<Engine extends WatchedEngine> extends Omit<
  ArenaMonitor<Engine>,
  'started' | 'turned' | 'ended'
> {
  started(node: WatchedNode<Engine>): void;
  turned(
    node: WatchedNode<Engine>,
    said: ReadonlyMap<Identifier, readonly ReplicationMessage[]>,
    heard: readonly ReplicationMessage[],
  ): void;
  ended(node: WatchedNode<Engine>): void;
}

interface Reply {
  readonly key: string;
  readonly value: string | undefined;
  readonly client: number;
  readonly id: number;
}

export function createLinearizableMonitor<Engine extends WatchedEngine>(
  partitions: number,
  report: Report,
  { keyOfRead, lineageBegan }: MonitorPorts,
): LinearizableMonitor<Engine> {
  const existed = new Set<Identifier>();
  const nodes = new Map<Identifier, WatchedNode<Engine>>();
  const attempts = new AttemptBook(report);
  const chose = attempts.chose.bind(attempts);
  const books = Array.from({ length: partitions }, (_, partition): PartitionBooks => {
    const states = new StateBook(report, chose);
    const views: ViewBook = new ViewBook(
      report,
      (id) => existed.has(id),
      (view) => {
        if (views.quorumHolds(new Set(nodes.keys())))
          report('Recovery', `${show(view)} begins a lineage, though a quorum could go on`);
        states.beginLineage(view);
        lineageBegan(partition);
      },
    );
    return { views, states, watches: new Map() };
  });
  /** Of the present turn. */
  let replies: (Reply & { readonly partition: number })[] = [];

  const watchOf = ({ views, states, watches }: PartitionBooks, id: Identifier): ReplicaWatch => {
    let watch = watches.get(id);
    if (watch === undefined) {
      watch = new ReplicaWatch(id, states, views, report);
      watches.set(id, watch);
    }
    return watch;
  };
  const lookAtAnswers = (
    node: WatchedNode<Engine>,
    before: readonly WatchedState[],
    heard: readonly ReplicationMessage[],
    said: ReadonlyMap<Identifier, readonly ReplicationMessage[]>,
  ): void => {
    for (const { partition, epoch, ballot } of claimsGranted(said)) {
      const state = before[partition];
      if (state !== undefined && state.epoch === epoch && state.highest > ballot)
        report(
          'I4',
          `${brief(node.peer.id)} granted all keys to ${ballot}, having promised up to ${state.highest}`,
        );
    }
    for (const asks of asksIn(heard)) {
      const answers = answerTo(asks, said);
      if (answers === undefined) continue;
      for (const { partition, epoch, key } of answeredWithData(asks, answers)) {
        const state = before[partition];
        const watch = books[partition]?.watches.get(node.peer.id);
        if (state === undefined || watch === undefined || watch.mayAnswer(epoch, state)) continue;
        const is = watch.state();
        report(
          'I9',
          `${brief(node.peer.id)} answered "${key}" in epoch ${epoch}, being ${is.status} in epoch ${is.epoch}`,
        );
      }
    }
  };
  const lookAtReplies = (node: WatchedNode<Engine>): void => {
    for (const { key, value, partition, client, id } of replies) {
      if (attempts.isAmidst(client, id)) continue;
      if (books[partition]?.states.wasChosen(key, value) === false)
        report('I11', `${brief(node.peer.id)} answered "${key}" with "${value}", which was never chosen`);
    }
    replies = [];
  };
  const describe = (partition: number): string => {
    const newest = books[partition]?.views.newest;
    const lines = [...nodes.values()].map((node) => {
      const slot = node.engine.site.slots[partition];
      return `    ${brief(node.peer.id)} ${node.process.state}: ${slot === undefined ? 'nothing' : describeSlot(slot)}`;
    });
    return [`    newest is ${newest === undefined ? 'no view' : show(newest)}`, ...lines].join('\n');
  };
  return {
    named: (id) => void existed.add(id),
    started(node) {
      nodes.set(node.peer.id, node);
    },
    replying(_node, client: number, id: number, status: Status, value: string) {
      if (status !== statuses.ok && status !== statuses.absent) return;
      const read = keyOfRead(client, id);
      if (read !== undefined)
        replies.push({ ...read, client, id, value: status === statuses.ok ? value : undefined });
    },
    turned(node, said, heard) {
      const { site } = node.engine;
      const { id } = node.peer;
      const states = books.map(({ watches }) => watches.get(id)?.state() ?? nothing);
      attempts.turned(site);
      for (const slot of site.slots) {
        const book = slot === undefined ? undefined : books[slot.partition];
        if (slot !== undefined && book !== undefined) watchOf(book, id).turned(slot, heard);
      }
      lookAtAnswers(node, states, heard, said);
      if (replies.length > 0) lookAtReplies(node);
    },
    ended({ peer }) {
      nodes.delete(peer.id);
      for (const { views } of books) views.ended(peer.id);
    },
    get viewChanges() {
      return books.reduce((sum, { views }) => sum + views.changes, 0);
    },
    recovering: (partition) => books[partition]?.views.mayRecover(),
    quorumHolds: (partition, living) => books[partition]?.views.quorumHolds(living) ?? true,
    findUnrest(of) {
      for (const [partition, { views }] of books.entries()) {
        if (!of(partition)) continue;
        const unrest = findUnrest(partition, views.newest, nodes);
        if (unrest !== undefined) return `${unrest}\n${describe(partition)}`;
      }
      return undefined;
    },
    describe,
  };
}

const nothing: WatchedState = { status: 'none', epoch: 0, highest: 0 };

function describeSlot({ status, epoch, phase, view, lead, nextView }: Slot): string {
  const next = nextView === undefined ? '' : `, voted for ${show(nextView)}`;
  return `${status} in epoch ${epoch}, ${phase}, ${lead}, knows ${view === undefined ? 'no view' : show(view)}${next}`;
}
