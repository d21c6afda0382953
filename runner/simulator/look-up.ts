/** Has a running node look something up, and follows the lookup's own chart to its end. */
import type { NodeRuntime } from '../../actors/node/runtime.js';
import type { Identifier } from '../../src/chord/identifier.js';
import { startLookup, type Lookup } from '../../src/chord/lookup.js';

/** The node must be a member, and in a turn. `ended` may be called before this returns. */
export function lookUp(running: NodeRuntime, target: Identifier, ended: (lookup: Lookup) => void): void {
  const { actor } = running;
  actor.send({ type: 'lookUp', target });
  const { children, context } = actor.getSnapshot();
  const child = children[`lookup:${context.lookups}`];
  if (child === undefined) {
    // The node's own tables knew: the chart was over at once, and this is what it said.
    ended(startLookup(target, (avoid) => context.overlay.nextHops(target, avoid, Infinity)));
    return;
  }
  child.subscribe((snapshot) => {
    if (snapshot.status === 'done' && 'lookup' in snapshot.context) ended(snapshot.context.lookup);
  });
}
