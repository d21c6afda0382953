/** Which engine a ring's nodes run: the one of its consistency. */
import { RondoError } from '../errors.js';
import type { Engine } from './engine.js';
import type { ReplicaEnvironment } from './environment.js';
import { createEventualEngine } from './eventual-engine.js';

/** @throws RondoError UNSUPPORTED for a consistency that nodes of this version do not have. */
export function createEngine(environment: ReplicaEnvironment): Engine {
  const { consistency } = environment.config;
  if (consistency === 'eventual') return createEventualEngine(environment);
  throw new RondoError('UNSUPPORTED', `nodes of this version do not offer ${consistency} consistency`);
}
