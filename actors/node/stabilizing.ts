/**
 * Stabilize and rectify, as Zave's figure draws them: one state per question asked, at most one pending
 * (Zave 2017, section 5, steps 2 to 4; chord.md, "Operations").
 */
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

export const stabilizingSetup = hearingSetup.extend({
  actions: {
    endQuestion: assign({ question: undefined, candidate: undefined, notifier: undefined }),
    countTry: assign({
      question: ({ context: { question } }) => question && { ...question, tries: question.tries + 1 },
    }),
    dropLostSuccessors: assign(({ context }) => ({
      ring: successorDied(context.ring, isDownIn(context), isDeadIn(context)),
    })),
    askSuccessor: assign(({ context }) => {
      const successor = context.ring.successors[0];
      return successor === undefined ? {} : newQuestion(context, successor);
    }),
    askCandidate: assign(({ context }) =>
      context.candidate === undefined ? {} : newQuestion(context, context.candidate),
    ),
    askPredecessor: assign(({ context }) =>
      context.ring.predecessor === undefined ? {} : newQuestion(context, context.ring.predecessor),
    ),
    chooseNearest: assign({ candidate: ({ context }) => nearestKnown(context) }),
    chooseFound: assign(({ event }) => (event.type === 'candidateFound' ? { candidate: event.peer } : {})),
    hearDirectory: assign(({ context, event }) =>
      event.type === 'neighbours' ? hearDirectory(context, event) : {},
    ),
    takeNews: assign(({ context, event }) =>
      event.type === 'getNeighbours' ? takeNews(context, event.directory) : {},
    ),
    adoptSuccessor: assign(({ context, event }) =>
      event.type === 'neighbours'
        ? successorAnswered(context.ring, event, isDownIn(context), isDeadIn(context))
        : {},
    ),
    adoptCandidate: assign(({ context, event }) =>
      event.type === 'neighbours' ? { ring: candidateAnswered(context.ring, event, isDeadIn(context)) } : {},
    ),
    keepNotify: assign(({ context, event }) =>
      event.type === 'notify'
        ? { waitingNotify: betterPredecessor(context.self.id, context.waitingNotify, event.peer) }
        : {},
    ),
    takeNotifier: assign(({ context, event }) => ({
      notifier: event.type === 'notify' ? event.peer : context.waitingNotify,
      waitingNotify: undefined,
    })),
    adoptNotifier: assign(({ context }) =>
      context.notifier === undefined ? {} : { ring: adoptPredecessor(context.ring, context.notifier) },
    ),
  },
  guards: {
    isAlone: ({ context }) => context.ring.successors.length === 0,
    isCutOff: ({ context }) => context.ring.successors.length === 0 && nearestKnown(context) !== undefined,
    isAnswer: ({ context, event }) => 'requestId' in event && event.requestId === context.question?.requestId,
    isAskedLost: ({ context, event }) => lostBy(event) === context.question?.asked.id,
    isSuccessorLost: ({ context, event }) =>
      context.ring.successors.length > 0 && lostBy(event) === context.ring.successors[0]?.id,
    mayTryAgain: ({ context }) => (context.question?.tries ?? triesMax) < triesMax,
    hasCandidate: ({ context }) => context.candidate !== undefined,
    hasWaitingNotify: ({ context }) => context.waitingNotify !== undefined,
    isBetterSuccessor: ({ context, event }) =>
      event.type === 'candidateFound' && isBetterSuccessor(context.ring, event.peer.id),
    isBetterPredecessor: ({ context }) => judgement(context) === 'adopt',
    isDoubtedPredecessor: ({ context }) => judgement(context) === 'ask',
  },
});

export const askForNeighbours = {
  type: 'send',
  params: ({ context }: { readonly context: NodeContext }) => questionFor(context),
} as const;
const notifySuccessor = {
  type: 'send',
  params: ({ context }: { readonly context: NodeContext }) =>
    notifyTo(context, context.ring.successors.slice(0, 1)),
} as const;
export const answerBusy = {
  type: 'send',
  params: ({
    context,
    event,
  }: {
    readonly context: NodeContext;
    readonly event: { from: Peer['id']; requestId: number };
  }) =>
    [
      { to: event.from, message: { type: 'busy', from: context.self.id, requestId: event.requestId } },
    ] as const,
} as const;

export const stabilizing = stabilizingSetup.createStateConfig({
  initial: 'idle',
  states: {
    idle: {
      entry: 'endQuestion',
      initial: 'resting',
      always: { guard: 'hasWaitingNotify', target: 'judging', actions: 'takeNotifier' },
      on: {
        getNeighbours: {
          actions: [
            {
              type: 'send',
              params: ({ context, event }) => [{ to: event.from, message: neighboursFor(context, event) }],
            },
            'takeNews',
          ],
        },
        notify: { target: 'judging', actions: 'takeNotifier' },
        stabilizeDue: { target: 'beginning' },
        candidateFound: {
          guard: 'isBetterSuccessor',
          target: 'askingCandidate',
          actions: ['chooseFound', 'askCandidate'],
        },
        peerDead: { guard: 'isSuccessorLost', actions: ['dropLostSuccessors', notifySuccessor] },
        leaving: { guard: 'isSuccessorLost', actions: ['dropLostSuccessors', notifySuccessor] },
        peerUnreachable: { guard: 'isSuccessorLost', actions: ['dropLostSuccessors', notifySuccessor] },
      },
      states: {
        resting: {},
        /** Where a notify interrupted: a back-off goes on after it. */
        last: { type: 'history' },
        /** Somebody was busy: the step is tried again before the next round. */
        backingOff: { after: { busyBackOff: { target: '#node.alive.ring.beginning' } } },
      },
    },
    beginning: {
      entry: 'dropLostSuccessors',
      always: [
        { guard: 'isCutOff', target: 'askingCandidate', actions: ['chooseNearest', 'askCandidate'] },
        { guard: 'isAlone', target: 'idle' },
        { target: 'askingSuccessor', actions: 'askSuccessor' },
      ],
    },
    /** Step 2, stabilize from successor. */
    askingSuccessor: {
      entry: askForNeighbours,
      on: {
        neighbours: { guard: 'isAnswer', target: 'adopted', actions: ['hearDirectory', 'adoptSuccessor'] },
        busy: { guard: 'isAnswer', target: 'idle.backingOff' },
        peerDead: { guard: 'isAskedLost', target: 'idle', actions: ['dropLostSuccessors', notifySuccessor] },
        leaving: { guard: 'isAskedLost', target: 'idle', actions: ['dropLostSuccessors', notifySuccessor] },
        peerUnreachable: {
          guard: 'isAskedLost',
          target: 'idle',
          actions: ['dropLostSuccessors', notifySuccessor],
        },
        getNeighbours: { actions: answerBusy },
        notify: { actions: 'keepNotify' },
      },
      after: {
        questionTimeout: [
          { guard: 'mayTryAgain', target: 'askingSuccessor', reenter: true, actions: 'countTry' },
          { target: 'idle' },
        ],
      },
    },
    /** Between step 2 and step 3: the successor's list is adopted; its predecessor, if better, is asked first. */
    adopted: {
      always: [
        { guard: 'hasCandidate', target: 'askingCandidate', actions: 'askCandidate' },
        { target: 'idle', actions: notifySuccessor },
      ],
    },
    /** Step 3, stabilize from predecessor: the candidate is adopted only when it answers. */
    askingCandidate: {
      entry: askForNeighbours,
      on: {
        neighbours: {
          guard: 'isAnswer',
          target: 'idle',
          actions: ['hearDirectory', 'adoptCandidate', notifySuccessor],
        },
        busy: { guard: 'isAnswer', target: 'idle.backingOff' },
        peerDead: { guard: 'isAskedLost', target: 'idle', actions: notifySuccessor },
        leaving: { guard: 'isAskedLost', target: 'idle', actions: notifySuccessor },
        peerUnreachable: { guard: 'isAskedLost', target: 'idle', actions: notifySuccessor },
        getNeighbours: { actions: answerBusy },
        notify: { actions: 'keepNotify' },
      },
      after: {
        questionTimeout: [
          { guard: 'mayTryAgain', target: 'askingCandidate', reenter: true, actions: 'countTry' },
          { target: 'idle' },
        ],
      },
    },
    /** Step 4, the condition: `between(n.predecessor, q, n)`. */
    judging: {
      always: [
        { guard: 'isBetterPredecessor', target: 'idle.last', actions: 'adoptNotifier' },
        { guard: 'isDoubtedPredecessor', target: 'askingPredecessor', actions: 'askPredecessor' },
        { target: 'idle.last' },
      ],
    },
    /** Step 4, rectify: the present predecessor is asked for life. */
    askingPredecessor: {
      entry: {
        type: 'send',
        params: ({ context }) => pingOf(context),
      },
      on: {
        pong: { guard: 'isAnswer', target: 'idle.last' },
        peerDead: { guard: 'isAskedLost', target: 'idle.last', actions: 'adoptNotifier' },
        leaving: { guard: 'isAskedLost', target: 'idle.last', actions: 'adoptNotifier' },
        peerUnreachable: { guard: 'isAskedLost', target: 'idle.last', actions: 'adoptNotifier' },
        getNeighbours: { actions: answerBusy },
        notify: { actions: 'keepNotify' },
      },
      after: {
        questionTimeout: [
          { guard: 'mayTryAgain', target: 'askingPredecessor', reenter: true, actions: 'countTry' },
          { target: 'idle.last' },
        ],
      },
    },
  },
});

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

/** What step 4 makes of the notifier. In a small ring the directory rules: whoever notifies is in it already. */
function judgement(context: NodeContext): 'adopt' | 'ask' | 'keep' {
  const { notifier, directory } = context;
  if (notifier === undefined || directory.isDead(notifier.id) || isSmall(context)) return 'keep';
  return judgeNotify(context.ring, notifier, isDownIn(context));
}

function questionFor(context: NodeContext): readonly Outgoing[] {
  const { question, directory, self } = context;
  if (question === undefined) return [];
  const { told, heard } = progressWith(context, question.asked.id);
  return [
    {
      to: question.asked.id,
      message: {
        type: 'getNeighbours',
        from: self.id,
        requestId: question.requestId,
        directoryAfter: heard,
        directory: directory.entriesAfter(told),
      },
    },
  ];
}

export function notifyTo(context: NodeContext, peers: readonly Peer[]): readonly Outgoing[] {
  const { self } = context;
  return peers.map(({ id }) => ({ to: id, message: { type: 'notify', from: self.id, peer: self } }));
}

function pingOf(context: NodeContext): readonly Outgoing[] {
  const { question, self } = context;
  if (question === undefined) return [];
  return [{ to: question.asked.id, message: { type: 'ping', from: self.id, requestId: question.requestId } }];
}
