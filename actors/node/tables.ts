/** What the regions of the node's chart do with its tables, as functions from context to the fields that change. */
import { ChordOverlay } from '../../src/chord/chord-overlay.js';
import { Directory, indexOf, sortPeers, type DirectoryEntry } from '../../src/chord/directory.js';
import { beyondSuccessor, exactFingers, withoutFinger } from '../../src/chord/finger-table.js';
import type { Identifier } from '../../src/chord/identifier.js';
import { isSameRing, smallRing, withoutDead, type IsDown, type RingState } from '../../src/chord/ring.js';
import type { RingConfig } from '../../src/config.js';
import type { Peer } from '../../src/peer.js';
import type { Random } from '../../src/ports.js';
import type { Engine } from '../../src/replication/engine.js';
import { isPlanted } from '../../src/replication/environment.js';
import type { GetNeighbours, Neighbours, NextHop, GetNextHop } from '../../src/wire/messages.js';
import type { NodeEntry } from './events.js';
import type { DirectoryProgress, NodeContext, PendingQuestion } from './setup.js';

type Changes = Partial<NodeContext>;
type Tables = Pick<NodeContext, 'ring' | 'fingers' | 'unreachable' | 'progress'>;

/** The tables that a node starts with: a founder's are exact, a joiner's empty. */
function firstTables(
  self: Peer,
  entry: NodeEntry,
  length: number,
): Pick<NodeContext, 'ring' | 'fingers' | 'directory' | 'unreachable' | 'overlay' | 'directoryRead'> {
  const founders = entry.type === 'founder' ? sortedFounders(entry.founders) : [];
  const directory = new Directory(founders);
  const ring = founders.length > 0 ? ringAmong(self, founders, length) : smallRing(self, [], length);
  const successor = ring.successors[0];
  const isWhole = founders.length <= length + 1;
  const fingers = successor === undefined || isWhole ? [] : exactFingers(self.id, founders, successor.id);
  const unreachable: ReadonlySet<Identifier> = new Set();
  const overlay = new ChordOverlay({ ring, fingers, directory, unreachable });
  return { ring, fingers, directory, unreachable, overlay, directoryRead: directory.position };
}

/** The context that a node's chart starts with. */
export function firstContext(
  self: Peer,
  config: RingConfig,
  entry: NodeEntry,
  random: Random,
  engine: Engine,
  post: NodeContext['post'],
): NodeContext {
  return {
    self,
    config,
    entry,
    random,
    engine,
    post,
    ...firstTables(self, entry, config.successors),
    progress: new Map(),
    question: undefined,
    candidate: undefined,
    notifier: undefined,
    waitingNotify: undefined,
    probe: undefined,
    finger: 0,
    fingerLookup: 0,
    lookupTargets: new Map(),
    rounds: 0,
    contact: 0,
    questions: 0,
    lookups: 0,
  };
}

export function isDeadIn(context: NodeContext): IsDown {
  return (id) => context.directory.isDead(id);
}

export function isDownIn(context: NodeContext): IsDown {
  return (id) => context.unreachable.has(id) || context.directory.isDead(id);
}

/** Whether the ring is so small that it is read from the directory. */
export function isSmall(context: NodeContext): boolean {
  return (
    context.directory.live.length <= context.ring.length + 1 &&
    !isPlanted(context.engine.environment, 'noDirectory')
  );
}

/** A node is certainly dead: every table forgets it, the directory remembers. */
export function learnDeath(context: NodeContext, id: Identifier): Changes {
  const peer = context.directory.peerOf(id) ?? { id, address: '', host: '', incarnation: 0 };
  if (id !== context.self.id) context.directory.learnDead(peer);
  return forgetDead(context, [id]);
}

/** A peer cannot be reached at present, or can again. */
export function learnReach(context: NodeContext, id: Identifier, unreachable: boolean): Changes {
  if (context.unreachable.has(id) === unreachable || context.directory.isDead(id)) return {};
  const all = new Set(context.unreachable);
  if (unreachable) all.add(id);
  else all.delete(id);
  return { unreachable: all };
}

/** Another node's answer brought news for the directory. */
export function hearDirectory(context: NodeContext, answer: Neighbours): Tables {
  const { directory, question } = context;
  const before = directory.position;
  const newlyDead = directory.merge(answer.directory);
  directory.learnJoined(answer.self);
  // What came with this answer needs not be told back, unless something else came between.
  const told = question?.toldThrough === before ? directory.position : (question?.toldThrough ?? 0);
  const progress = new Map(context.progress).set(answer.from, { told, heard: answer.directoryThrough });
  return { ...forgetDead(context, newlyDead), progress };
}

/** Another node's question brought news for the directory. */
export function takeNews(context: NodeContext, entries: readonly DirectoryEntry[]): Changes {
  return entries.length === 0 ? {} : forgetDead(context, context.directory.merge(entries));
}

/** Answers a question about the own pointers, with what the asker has not seen of the directory. */
export function neighboursFor(context: NodeContext, question: GetNeighbours): Neighbours {
  const { directory, ring, overlay } = context;
  return {
    type: 'neighbours',
    from: context.self.id,
    requestId: question.requestId,
    self: context.self,
    predecessor: overlay.predecessor ?? null,
    successors: ring.successors,
    directory: directory.entriesAfter(question.directoryAfter),
    directoryThrough: directory.position,
  };
}

export function nextHopFor(context: NodeContext, question: GetNextHop): NextHop {
  const { kind, via, peers } = context.overlay.nextHops(question.target, new Set(question.avoid));
  const { requestId } = question;
  return { type: 'nextHop', from: context.self.id, requestId, kind, via, peers };
}

/** How far the directories of this node and a peer have told each other; founders start with the same log. */
export function progressWith(context: NodeContext, id: Identifier): DirectoryProgress {
  const progress = context.progress.get(id);
  if (progress !== undefined) return progress;
  if (context.entry.type !== 'founder') return { told: 0, heard: 0 };
  const founders = sortedFounders(context.entry.founders);
  const through = founders[indexOf(founders, id)]?.id === id ? founders.length : 0;
  return { told: through, heard: through };
}

/** A fresh question to a peer, numbered. */
export function newQuestion(
  context: NodeContext,
  asked: Peer,
): { readonly question: PendingQuestion; readonly questions: number } {
  const questions = context.questions + 1;
  const toldThrough = context.directory.position;
  return { questions, question: { requestId: questions, asked, tries: 1, toldThrough } };
}

/** Whether the overlay view lags behind the tables that it is made of. */
export function isOverlayStale(context: NodeContext): boolean {
  const { tables } = context.overlay;
  return (
    tables.ring !== context.ring ||
    tables.fingers !== context.fingers ||
    tables.unreachable !== context.unreachable ||
    context.directoryRead !== context.directory.position
  );
}

/** Brings ring and overlay up to date with the tables: a small ring is read from the directory. */
export function refreshOverlay(context: NodeContext): Changes {
  const { directory, unreachable, overlay } = context;
  const live = isSmall(context) ? directory.live.filter((peer) => !unreachable.has(peer.id)) : undefined;
  const computed = live ? smallRing(context.self, live, context.ring.length) : context.ring;
  const ring = isSameRing(overlay.tables.ring, computed) ? overlay.tables.ring : computed;
  // A new successor takes over fingers that no lookup will ask for any more.
  const fingers = beyondSuccessor(
    context.fingers,
    context.self.id,
    ring.successors[0]?.id ?? context.self.id,
  );
  const isSame =
    ring === overlay.tables.ring &&
    fingers === overlay.tables.fingers &&
    unreachable === overlay.tables.unreachable &&
    overlay.deaths === directory.deaths;
  return {
    ring,
    fingers,
    directoryRead: directory.position,
    overlay: isSame ? overlay : new ChordOverlay({ ring, fingers, directory, unreachable }),
  };
}

function forgetDead(context: NodeContext, ids: readonly Identifier[]): Tables {
  let { ring, fingers, unreachable, progress } = context;
  for (const id of ids) {
    const isFirst = ring.successors[0]?.id === id;
    ring = withoutDead(ring, id);
    if (isFirst && isPlanted(context.engine.environment, 'ignorePrincipals')) {
      ring = { ...ring, successors: ring.successors.slice(-1) };
    }
    fingers = withoutFinger(fingers, id);
    if (unreachable.has(id)) unreachable = without(unreachable, id);
    if (progress.has(id)) progress = new Map([...progress].filter(([peer]) => peer !== id));
  }
  return { ring, fingers, unreachable, progress };
}

function without(set: ReadonlySet<Identifier>, id: Identifier): ReadonlySet<Identifier> {
  return new Set([...set].filter((member) => member !== id));
}

/** The exact pointers of a node among all nodes, sorted by identifier. */
function ringAmong(self: Peer, sorted: readonly Peer[], length: number): RingState {
  const at = indexOf(sorted, self.id);
  const count = sorted.length;
  const successors: Peer[] = [];
  for (let step = 1; step <= Math.min(length, count - 1); step++) {
    const peer = sorted[(at + step) % count];
    if (peer !== undefined) successors.push(peer);
  }
  const predecessor = count > 1 ? sorted[(at + count - 1) % count] : undefined;
  return { self, predecessor, successors, length };
}

/** Founders of one process share their list: it is sorted once. */
const sortedLists = new WeakMap<readonly Peer[], readonly Peer[]>();

function sortedFounders(founders: readonly Peer[]): readonly Peer[] {
  const known = sortedLists.get(founders) ?? sortPeers(founders);
  sortedLists.set(founders, known);
  return known;
}
