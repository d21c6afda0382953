/** What the figure of stabilize and rectify names: what its steps do to the tables, when they may, and what they say. */
import { assign } from 'xstate';
import { isBetterSuccessor } from '../../src/chord/chord-overlay.js';
import {
  adoptPredecessor,
  betterPredecessor,
  candidateAnswered,
  judgeNotify,
  successorAnswered,
  successorDied,
} from '../../src/chord/ring.js';
import type { Peer } from '../../src/peer.js';
import { isPlanted } from '../../src/replication/environment.js';
import type { GetNeighbours } from '../../src/wire/messages.js';
import { hearingSetup } from './hearing.js';
import { triesMax, type NodeContext, type NodeEvent, type Outgoing } from './setup.js';
import {
  hearDirectory,
  isDeadIn,
  isDownIn,
  isSmall,
  neighboursFor,
  newQuestion,
  progressWith,
  takeNews,
} from './tables.js';

/** What the parameters of a message are made from. */
export interface Told<Event> {
  readonly context: NodeContext;
  readonly event: Event;
}

export const stabilizingSetup = hearingSetup.extend({
  actions: {
    endQuestion: assign({ question: undefined, candidate: undefined, notifier: undefined }),
    countTry: assign({
      question: ({ context: { question } }) => question && { ...question, tries: question.tries + 1 },
    }),
    dropLostSuccessors: assign(({ context }) => withoutLostSuccessors(context)),
    askSuccessor: assign(({ context }) => {
      const successor = context.ring.successors[0];
      return successor === undefined ? {} : newQuestion(context, successor);
    }),
    askCandidate: assign(({ context }) =>
      context.candidate === undefined ? {} : newQuestion(context, context.candidate),
    ),
    /** The predecessor is asked for life, on behalf of whoever notified. */
    askPredecessor: assign(({ context, event }) => {
      const { predecessor } = context.ring;
      if (predecessor === undefined) return {};
      const notifier = notifierOf(context, event);
      return { ...newQuestion(context, predecessor), notifier, waitingNotify: undefined };
    }),
    chooseNearest: assign({ candidate: ({ context }) => nearestKnown(context) }),
    chooseFound: assign(({ event }) => (isHint(event) ? { candidate: event.peer } : {})),
    adoptSuccessor: assign(({ context, event }) => {
      if (event.type !== 'neighbours') return {};
      const { ring, ...changes } = hearDirectory(context, event);
      const answered = successorAnswered(ring, event, isDownIn(context), isDeadIn(context));
      if (isPlanted(context.engine.environment, 'adoptUnchecked'))
        return { ...changes, ...adoptUnchecked(answered) };
      return { ...changes, ...answered };
    }),
    adoptCandidate: assign(({ context, event }) => {
      if (event.type !== 'neighbours') return {};
      const { ring, ...changes } = hearDirectory(context, event);
      return { ...changes, ring: candidateAnswered(ring, event, isDeadIn(context)) };
    }),
    takeNews: assign(({ context, event }) =>
      event.type === 'getNeighbours' ? takeNews(context, event.directory) : {},
    ),
    keepNotify: assign(({ context, event }) =>
      event.type === 'notify'
        ? { waitingNotify: betterPredecessor(context.self.id, context.waitingNotify, event.peer) }
        : {},
    ),
    dropWaitingNotify: assign({ waitingNotify: undefined }),
    adoptNotifier: assign(({ context, event }) => {
      const notifier = notifierOf(context, event);
      if (notifier === undefined) return {};
      return { ring: adoptPredecessor(context.ring, notifier), waitingNotify: undefined };
    }),
    /** The predecessor that was asked for life is lost. */
    replacePredecessor: assign(({ context }) =>
      context.notifier === undefined ? {} : { ring: adoptPredecessor(context.ring, context.notifier) },
    ),
  },
  guards: {
    isAlone: ({ context }) => context.ring.successors.length === 0,
    isCutOff: ({ context }) => context.ring.successors.length === 0 && nearestKnown(context) !== undefined,
    /** The first successor, or what is left of the list, went down while nobody looked. */
    isFirstDown: ({ context }) => withoutLostSuccessors(context).ring !== context.ring,
    isAnswer: ({ context, event }) => 'requestId' in event && event.requestId === context.question?.requestId,
    isAskedLost: ({ context, event }) => lostBy(event) === context.question?.asked.id,
    isSuccessorLost: ({ context, event }) =>
      context.ring.successors.length > 0 && lostBy(event) === context.ring.successors[0]?.id,
    mayTryAgain: ({ context }) => (context.question?.tries ?? triesMax) < triesMax,
    hasCandidate: ({ context }) => context.candidate !== undefined,
    hasWaitingNotify: ({ context }) => context.waitingNotify !== undefined,
    bringsNews: ({ event }) => event.type === 'getNeighbours' && event.directory.length > 0,
    isBetterSuccessor: ({ context, event }) =>
      isHint(event) && !isDownIn(context)(event.peer.id) && isBetterSuccessor(context.ring, event.peer.id),
    isBetterPredecessor: ({ context, event }) => judgement(context, event) === 'adopt',
    isDoubtedPredecessor: ({ context, event }) => judgement(context, event) === 'ask',
  },
});

export const askForNeighbours = {
  type: 'send',
  params: ({ context }: Told<unknown>) => questionFor(context),
} as const;

export const askForLife = {
  type: 'send',
  params: ({ context }: Told<unknown>) => pingTo(context),
} as const;

export const notifySuccessor = {
  type: 'send',
  params: ({ context }: Told<unknown>) => notifyTo(context, context.ring.successors.slice(0, 1)),
} as const;

/** Before the notifier is adopted: whoever was the predecessor until then learns whom to ask. */
export const tellFormerPredecessor = {
  type: 'send',
  params: ({ context, event }: Told<NodeEvent>): readonly Outgoing[] => {
    const { self, ring } = context;
    const notifier = notifierOf(context, event);
    if (notifier === undefined || ring.predecessor === undefined) return [];
    return [{ to: ring.predecessor.id, message: { type: 'newPredecessor', from: self.id, peer: notifier } }];
  },
} as const;

export const answerNeighbours = {
  type: 'send',
  params: ({ context, event }: Told<GetNeighbours>) =>
    [{ to: event.from, message: neighboursFor(context, event) }] as const,
} as const;

export const answerBusy = {
  type: 'send',
  params: ({ context, event }: Told<GetNeighbours>): readonly Outgoing[] => [
    {
      to: event.from,
      message: isPlanted(context.engine.environment, 'answerWhileAsking')
        ? neighboursFor(context, event)
        : { type: 'busy', from: context.self.id, requestId: event.requestId },
    },
  ],
} as const;

export function notifyTo(context: NodeContext, peers: readonly Peer[]): readonly Outgoing[] {
  const { self } = context;
  return peers.map(({ id }) => ({ to: id, message: { type: 'notify', from: self.id, peer: self } }));
}

function questionFor(context: NodeContext): readonly Outgoing[] {
  const { question, directory, self } = context;
  if (question === undefined) return [];
  const { asked, requestId } = question;
  const { told, heard } = progressWith(context, asked.id);
  const news = directory.entriesAfter(told);
  return [
    {
      to: asked.id,
      message: { type: 'getNeighbours', from: self.id, requestId, directoryAfter: heard, directory: news },
    },
  ];
}

function pingTo({ question, self }: NodeContext): readonly Outgoing[] {
  if (question === undefined) return [];
  return [{ to: question.asked.id, message: { type: 'ping', from: self.id, requestId: question.requestId } }];
}

function withoutLostSuccessors(context: NodeContext): Pick<NodeContext, 'ring'> {
  return { ring: successorDied(context.ring, isDownIn(context), isDeadIn(context)) };
}

/** A planted bug: step 3 without asking, as in the paper of 2001. */
function adoptUnchecked(answered: ReturnType<typeof successorAnswered>): typeof answered {
  const { ring, candidate } = answered;
  if (candidate === undefined) return answered;
  const unasked = { self: candidate, predecessor: null, successors: ring.successors };
  return { ring: candidateAnswered(ring, unasked, () => false), candidate: undefined };
}

/** News of a node that may be a better successor: it is asked first. */
function isHint(
  event: NodeEvent,
): event is Extract<NodeEvent, { type: 'candidateFound' | 'newPredecessor' }> {
  return event.type === 'candidateFound' || event.type === 'newPredecessor';
}

/** Who is lost by an event: dead, leaving, or no longer reachable. */
function lostBy(event: NodeEvent): Peer['id'] | undefined {
  switch (event.type) {
    case 'peerDead':
      return event.id;
    case 'leaving':
      return event.peer.id;
    case 'peerUnreachable':
      return event.unreachable ? event.id : undefined;
    default:
      return undefined;
  }
}

/** The live node that the directory knows next clockwise: whom a node asks that has lost all successors. */
function nearestKnown(context: NodeContext): Peer | undefined {
  const { self, directory, unreachable } = context;
  const near = directory.liveInArc(self.id, self.id, unreachable.size + 2);
  return near.find((peer) => peer.id !== self.id && !unreachable.has(peer.id));
}

/** Whose notify is judged: one that had to wait, or else the one that just came. */
function notifierOf(context: NodeContext, event: NodeEvent): Peer | undefined {
  return context.waitingNotify ?? (event.type === 'notify' ? event.peer : undefined);
}

/** Step 4's condition. In a small ring the directory rules: whoever notifies is in it already. */
function judgement(context: NodeContext, event: NodeEvent): 'adopt' | 'ask' | 'keep' {
  const notifier = notifierOf(context, event);
  if (notifier === undefined || context.directory.isDead(notifier.id) || isSmall(context)) return 'keep';
  return judgeNotify(context.ring, notifier, isDownIn(context));
}
