/** Which engine a ring's nodes run: the one of its consistency. */
import type { Engine } from './engine.js';
import type { ReplicaEnvironment } from './environment.js';
import { createEventualEngine } from './eventual-engine.js';
import { createLinearizableEngine } from './linearizable/engine.js';

export function createEngine(environment: ReplicaEnvironment): Engine {
  return environment.config.consistency === 'linearizable'
    ? createLinearizableEngine(environment)
    : createEventualEngine(environment);
}
