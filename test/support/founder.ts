/** The chart of one founder of four, with the engine's doors that a test replaces, in virtual time; what it says goes nowhere. */
import { createActor, type ActorRefFrom } from 'xstate';
import { nodeMachine } from '../../actors/node/machine.js';
import { firstContext } from '../../actors/node/tables.js';
import { defaultConfig } from '../../src/config.js';
import { createEngine } from '../../src/replication/create-engine.js';
import type { EngineDoors } from '../../src/replication/engine.js';
import { peerAt, peersAt } from '../chord/small-circle.js';
import { VirtualClock } from './virtual-clock.js';

export interface Founder {
  readonly actor: ActorRefFrom<typeof nodeMachine>;
  readonly clock: VirtualClock;
}

export function startFounder(doors: Partial<EngineDoors>): Founder {
  const clock = new VirtualClock();
  const [self, founders] = [peerAt(0), peersAt(0, 4, 8, 12)];
  const config = { ...defaultConfig, clusterId: 'test' };
  const random = (): number => 0.5;
  const nothing = (): void => undefined;
  const real = createEngine({
    self,
    config,
    clock,
    random,
    founders,
    send: nothing,
    reply: nothing,
    detach: (text) => text,
    raise: nothing,
  });
  const engine = { ...real, ...doors };
  const input = firstContext(self, config, { type: 'founder', founders }, random, engine, nothing);
  const actor = createActor(nodeMachine.provide({ actions: { send: nothing } }), { clock, input });
  actor.start();
  return { actor, clock };
}
