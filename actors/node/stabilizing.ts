/**
 * Stabilize and rectify, as Zave's figure draws them: one state per question asked, at most one pending
 * (Zave 2017, section 5, steps 2 to 4; chord.md, "Operations").
 */
import {
  answerBusy,
  answerNeighbours,
  askForLife,
  askForNeighbours,
  notifySuccessor,
  stabilizingSetup,
  tellFormerPredecessor,
} from './stabilizing-steps.js';

const successorLost = {
  guard: 'isAskedLost',
  target: 'idle',
  actions: ['dropLostSuccessors', notifySuccessor],
} as const;
const candidateLost = { guard: 'isAskedLost', target: 'idle', actions: notifySuccessor } as const;
const predecessorLost = { guard: 'isAskedLost', target: 'idle.last', actions: 'replacePredecessor' } as const;
const firstSuccessorLost = {
  guard: 'isSuccessorLost',
  actions: ['dropLostSuccessors', notifySuccessor],
} as const;

const hinted = {
  guard: 'isBetterSuccessor',
  target: 'askingCandidate',
  actions: ['chooseFound', 'askCandidate'],
} as const;

export const stabilizing = stabilizingSetup.createStateConfig({
  initial: 'idle',
  states: {
    /** No question pending: questions are answered, a notify is judged (step 4, `between(n.predecessor, q, n)`). */
    idle: {
      entry: 'endQuestion',
      initial: 'resting',
      always: [
        { guard: 'isBetterPredecessor', actions: [tellFormerPredecessor, 'adoptNotifier'] },
        { guard: 'isDoubtedPredecessor', target: 'askingPredecessor', actions: 'askPredecessor' },
        { guard: 'hasWaitingNotify', actions: 'dropWaitingNotify' },
      ],
      on: {
        getNeighbours: [
          { guard: 'bringsNews', actions: [answerNeighbours, 'takeNews'] },
          { actions: answerNeighbours },
        ],
        notify: [
          { guard: 'isBetterPredecessor', actions: [tellFormerPredecessor, 'adoptNotifier'] },
          { guard: 'isDoubtedPredecessor', target: 'askingPredecessor', actions: 'askPredecessor' },
        ],
        stabilizeDue: { target: 'beginning' },
        candidateFound: hinted,
        newPredecessor: hinted,
        peerDead: firstSuccessorLost,
        leaving: firstSuccessorLost,
        peerUnreachable: firstSuccessorLost,
      },
      states: {
        resting: {},
        /** Somebody was busy: the step is tried again before the next round. */
        backingOff: { after: { busyBackOff: { target: '#node.alive.ring.beginning' } } },
        /** Where a notify interrupted: a back-off goes on after it. */
        last: { type: 'history' },
      },
    },
    beginning: {
      always: [
        { guard: 'isFirstDown', actions: 'dropLostSuccessors' },
        { guard: 'isCutOff', target: 'askingCandidate', actions: ['chooseNearest', 'askCandidate'] },
        { guard: 'isAlone', target: 'idle' },
        { target: 'askingSuccessor', actions: 'askSuccessor' },
      ],
    },
    /** Step 2, stabilize from successor. */
    askingSuccessor: {
      entry: askForNeighbours,
      on: {
        neighbours: { guard: 'isAnswer', target: 'adopted', actions: 'adoptSuccessor' },
        busy: { guard: 'isAnswer', target: 'idle.backingOff' },
        peerDead: successorLost,
        leaving: successorLost,
        peerUnreachable: successorLost,
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
        neighbours: { guard: 'isAnswer', target: 'idle', actions: ['adoptCandidate', notifySuccessor] },
        busy: { guard: 'isAnswer', target: 'idle.backingOff' },
        peerDead: candidateLost,
        leaving: candidateLost,
        peerUnreachable: candidateLost,
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
    /** Step 4, rectify: a notify is no better than the predecessor, so that one is asked for life. */
    askingPredecessor: {
      entry: askForLife,
      on: {
        pong: { guard: 'isAnswer', target: 'idle.last' },
        peerDead: predecessorLost,
        leaving: predecessorLost,
        peerUnreachable: predecessorLost,
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
