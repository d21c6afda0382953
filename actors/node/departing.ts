// Minimal version, to compile against: the replication engineer overwrites it.
/** The departing state of a member: hands over, then leaves. */
import { raise } from 'xstate';
import { replicatingSetup } from './replicating.js';

/** machine.ts creates the node's machine from this setup: the last of the chain. */
export const departingSetup = replicatingSetup.extend({
  actions: { raiseDeparted: raise({ type: 'departed' }) },
});

export const departingStates = departingSetup.createStateConfig({
  entry: [
    {
      type: 'send',
      params: ({ context }) =>
        [context.ring.predecessor, ...context.ring.successors.slice(0, 1)]
          .filter((peer) => peer !== undefined)
          .map(({ id }) => ({
            to: id,
            message: { type: 'leaving' as const, from: context.self.id, peer: context.self },
          })),
    },
    'raiseDeparted',
  ],
});
