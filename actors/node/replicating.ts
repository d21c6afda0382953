// Minimal version, to compile against: the replication engineer overwrites it.
/** The replication region of a member. */
import { joiningSetup } from './joining.js';

/** To declare own actions, guards and delays: `joiningSetup.extend({ ... })`, and let departing.ts extend that one. */
export const replicatingSetup = joiningSetup;

export const replicatingStates = replicatingSetup.createStateConfig({
  on: { overlayChanged: {} },
});
