/** The lookups of a member: one finger is refreshed per stabilization round, others are run for whoever asks. */
import { assign, enqueueActions, raise, sendTo, spawnChild, stopChild } from 'xstate';
import { fingerStart, lastFingerOf, nextFinger, withFinger } from '../../src/chord/finger-table.js';
import type { Lookup } from '../../src/chord/lookup.js';
import { lookupNumberOf, type LookupInput } from './looking-up-machine.js';
import { nodeSetup, type NodeContext } from './setup.js';

export const lookingUpSetup = nodeSetup.extend({
  actions: {
    chooseFinger: assign(({ context }) => ({
      finger: fingerToRefresh(context) ?? 0,
      lookups: context.lookups + 1,
      fingerLookup: context.lookups + 1,
    })),
    tellFingerLookup: sendTo('fingerLookup', ({ event }) => event),
    takeFinger: assign(({ context, event }) =>
      event.type === 'lookupEnded' ? withFoundFinger(context, event.lookup) : {},
    ),
    startLookup: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'lookUp') return;
      const number = context.lookups + 1;
      const input = lookupInput(context, number, event.target);
      enqueue.assign({
        lookups: number,
        lookupTargets: new Map(context.lookupTargets).set(number, event.target),
      });
      enqueue(spawnChild('lookup', { id: `lookup:${number}`, input }));
    }),
    tellLookup: sendTo(
      ({ event }) => (event.type === 'nextHop' ? `lookup:${lookupNumberOf(event)}` : 'none'),
      ({ event }) => event,
    ),
    tellLookups: enqueueActions(({ context, event, enqueue }) => {
      for (const number of context.lookupTargets.keys()) enqueue(sendTo(`lookup:${number}`, event));
    }),
    endLookup: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'lookupEnded') return;
      const lookupTargets = new Map(context.lookupTargets);
      lookupTargets.delete(event.number);
      enqueue.assign({ lookupTargets });
      enqueue(stopChild(`lookup:${event.number}`));
      const { target, state } = event.lookup;
      enqueue(raise({ type: 'lookedUp', target, home: state.type === 'found' ? state.home : [] }));
    }),
  },
  guards: {
    isFingerDue: ({ context }) => fingerToRefresh(context) !== undefined,
    isOfFingerLookup: ({ context, event }) =>
      (event.type === 'nextHop' && lookupNumberOf(event) === context.fingerLookup) ||
      (event.type === 'lookupEnded' && event.number === context.fingerLookup),
    isOfLookup: ({ context, event }) =>
      (event.type === 'nextHop' && context.lookupTargets.has(lookupNumberOf(event))) ||
      (event.type === 'lookupEnded' && context.lookupTargets.has(event.number)),
  },
});

/** The region that refreshes fingers, one after the other, one a round. */
export const refreshingFingers = lookingUpSetup.createStateConfig({
  initial: 'resting',
  states: {
    resting: {
      on: {
        stabilizeDue: { guard: 'isFingerDue', target: 'refreshing', actions: 'chooseFinger' },
      },
    },
    refreshing: {
      invoke: {
        id: 'fingerLookup',
        src: 'lookup',
        input: ({ context }) =>
          lookupInput(context, context.fingerLookup, fingerStart(context.self.id, context.finger)),
      },
      on: {
        nextHop: { guard: 'isOfFingerLookup', actions: 'tellFingerLookup' },
        peerDead: { actions: 'tellFingerLookup' },
        peerUnreachable: { actions: 'tellFingerLookup' },
        lookupEnded: { guard: 'isOfFingerLookup', target: 'resting', actions: 'takeFinger' },
      },
    },
  },
});

/** The region that runs lookups for others: one small chart each. */
export const lookingUp = lookingUpSetup.createStateConfig({
  on: {
    lookUp: { actions: 'startLookup' },
    nextHop: { guard: 'isOfLookup', actions: 'tellLookup' },
    peerDead: { actions: 'tellLookups' },
    peerUnreachable: { actions: 'tellLookups' },
    lookupEnded: { guard: 'isOfLookup', actions: 'endLookup' },
  },
});

/** The next finger worth a lookup; none while every node is in view anyway. */
function fingerToRefresh(context: NodeContext): number | undefined {
  const successor = context.ring.successors[0];
  if (successor === undefined || context.overlay.isWholeRing) return undefined;
  return nextFinger(context.self.id, successor.id, context.finger);
}

/** The table after the lookup; `finger` becomes the next one, past all that the found peer serves. */
function withFoundFinger(context: NodeContext, lookup: Lookup): Partial<NodeContext> {
  const { self, finger, fingers, directory } = context;
  const peer = lookup.state.type === 'found' ? lookup.state.home[0] : undefined;
  if (peer === undefined || directory.isDead(peer.id)) return { finger: finger + 1, fingerLookup: 0 };
  const last = lastFingerOf(self.id, peer.id);
  return {
    fingers: withFinger(fingers, self.id, finger, peer),
    // Wrapped round to the node itself: no finger from here on, the next is the lowest.
    finger: last < finger ? 0 : last + 1,
    fingerLookup: 0,
  };
}

function lookupInput(context: NodeContext, number: number, target: LookupInput['target']): LookupInput {
  return {
    self: context.self.id,
    number,
    target,
    own: (avoid) => context.overlay.nextHops(target, avoid, Infinity),
    timeoutMs: context.config.questionTimeoutMs,
    post: context.post,
  };
}
