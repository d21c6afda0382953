/** The regions that keep time and memory: rounds come due, and now and then a once-known peer is asked for life, so that separated rings merge. */
import { assign, raise } from 'xstate';
import { isBetterSuccessor } from '../../src/chord/chord-overlay.js';
import type { Peer } from '../../src/peer.js';
import { roundsPerProbe, type NodeContext, type Outgoing } from './setup.js';
import { stabilizingSetup } from './stabilizing-steps.js';
import { newQuestion } from './tables.js';

/** The dead are remembered for a day, counted in units of this many rounds. */
const roundsPerAge = 256;
const rememberDeadMs = 24 * 3_600_000;

export const probingSetup = stabilizingSetup.extend({
  actions: {
    countRound: assign(({ context }) => {
      const rounds = context.rounds + 1;
      if (rounds % roundsPerAge === 0) {
        context.directory.growOlder(rememberDeadMs / (roundsPerAge * context.config.stabilizeIntervalMs));
      }
      return { rounds };
    }),
    raiseStabilizeDue: raise({ type: 'stabilizeDue' }),
    chooseProbed: assign(({ context }) => {
      const peer = peerToProbe(context);
      if (peer === undefined) return { probe: undefined };
      const { question, questions } = newQuestion(context, peer);
      return { probe: question, questions };
    }),
    raiseCandidate: raise(({ context }) => ({
      type: 'candidateFound',
      peer: context.probe?.asked ?? context.self,
    })),
  },
  guards: {
    isProbeDue: ({ context }) => context.rounds % roundsPerProbe === 0,
    isNobodyProbed: ({ context }) => context.probe === undefined,
    isProbedBetter: ({ context, event }) =>
      isProbeAnswer(context, event) &&
      isBetterSuccessor(context.ring, context.probe?.asked.id ?? context.self.id),
    isProbeAnswer: ({ context, event }) => isProbeAnswer(context, event),
  },
});

export const pacing = probingSetup.createStateConfig({
  initial: 'waiting',
  states: {
    waiting: {
      after: {
        stabilizePeriod: { target: 'waiting', reenter: true, actions: ['countRound', 'raiseStabilizeDue'] },
      },
    },
  },
});

export const probing = probingSetup.createStateConfig({
  initial: 'resting',
  states: {
    resting: {
      on: { stabilizeDue: { guard: 'isProbeDue', target: 'choosing', actions: 'chooseProbed' } },
    },
    choosing: {
      always: [{ guard: 'isNobodyProbed', target: 'resting' }, { target: 'awaitingLife' }],
    },
    awaitingLife: {
      entry: { type: 'send', params: ({ context }) => pingOf(context) },
      on: {
        pong: [
          { guard: 'isProbedBetter', target: 'resting', actions: 'raiseCandidate' },
          { guard: 'isProbeAnswer', target: 'resting' },
        ],
      },
      after: { probeTimeout: { target: 'resting' } },
    },
  },
});

function isProbeAnswer(
  context: NodeContext,
  event: { readonly type: string; readonly requestId?: number },
): boolean {
  return event.type === 'pong' && event.requestId === context.probe?.requestId;
}

/**
 * Whom to ask for life: a node known to have joined that would be a better successor, or else any that no table holds.
 * None while the ring is whole, unless some of it cannot be reached at present.
 */
function peerToProbe(context: NodeContext): Peer | undefined {
  const { self, ring, directory, fingers, random } = context;
  const first = ring.successors[0]?.id ?? self.id;
  const near = directory.liveInArc(self.id, first, 8).filter(({ id }) => id !== self.id && id !== first);
  const peer = near[Math.floor(random() * near.length)] ?? directory.randomLive(random);
  if (peer === undefined || peer.id === self.id) return undefined;
  const isHeld = [ring.predecessor, ...ring.successors, ...fingers.map((row) => row.peer)].some(
    (held) => held?.id === peer.id,
  );
  return isHeld ? undefined : peer;
}

function pingOf(context: NodeContext): readonly Outgoing[] {
  const { probe, self } = context;
  if (probe === undefined) return [];
  return [{ to: probe.asked.id, message: { type: 'ping', from: self.id, requestId: probe.requestId } }];
}
