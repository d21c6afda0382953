/** After quiet: waits, in virtual time, until the whole ring is as it should be, and says what still is not. */
import type { Identifier } from '../../src/chord/identifier.js';
import { findDirectoryDifference } from './checkers/directory.js';
import { findUnequalCopies } from './checkers/equal-copies.js';
import { findNotIdeal, findWrongFinger } from './checkers/ideal.js';
import type { LiveNodes } from './checkers/record-versions.js';
import { brief, createRingView } from './checkers/ring-view.js';
import type { BrokenInvariant } from './ring-monitor.js';
import type { World } from './world.js';

/** What keeps the ring from being ideal, or undefined. Cheap checks first. */
function findRingUnrest(world: World): BrokenInvariant | undefined {
  const inspections = inspectAll(world);
  for (const [id, { state }] of inspections) {
    if (state !== 'member') return { name: 'Ideal', detail: `${brief(id)} is ${state}` };
  }
  const ring = createRingView(
    [...inspections].map(([id, node]) => ({
      id,
      predecessor: node.ring.predecessor,
      successors: node.ring.successors.filter((entry) => !node.ring.placeholders.includes(entry)),
    })),
    world.config.successors,
  );
  const notIdeal = findNotIdeal(ring);
  if (notIdeal !== undefined) return { name: 'Ideal', detail: notIdeal };
  if (ring.sorted.length <= world.config.successors + 1) {
    const directories = new Map([...inspections].map(([id, node]) => [id, node.directoryLive()]));
    const difference = findDirectoryDifference(new Set(ring.sorted), directories);
    if (difference !== undefined) return { name: 'DirectoryConverged', detail: difference };
  } else {
    // A small ring is read from the directory and keeps no fingers.
    for (const [id, node] of inspections) {
      const member = ring.members.get(id);
      const wrong = member === undefined ? undefined : findWrongFinger(ring, member, node.ring.fingers);
      if (wrong !== undefined) return { name: 'Ideal', detail: wrong };
    }
  }
  return undefined;
}

/** In eventual mode: what keeps the copies from being equal. */
export function findCopyUnrest(world: World): BrokenInvariant | undefined {
  const inspections = inspectAll(world);
  const members = [...world.nodes.values()]
    .map((node) => node.peer)
    .sort((left, right) => (left.id < right.id ? -1 : 1));
  const { replicas, partitions } = world.config;
  const unequal = findUnequalCopies(inspections, members, replicas, partitions);
  return unequal === undefined ? undefined : { name: 'EqualCopies', detail: unequal };
}

export function inspectAll(world: World): LiveNodes {
  const found = new Map<Identifier, ReturnType<LiveNodes['get']> & object>();
  for (const [id, node] of world.nodes) found.set(id, node.inspect());
  return found;
}

/** Looks every virtual second until nothing is wrong or the bound is reached; resolves with what is still wrong. */
export async function awaitRest(
  world: World,
  boundMs: number,
  /** Of the copies, once the ring is ideal. */
  findUnrestOfCopies: () => BrokenInvariant | undefined,
  isOver: () => boolean,
): Promise<BrokenInvariant | undefined> {
  const endMs = world.clock.nowMs() + boundMs;
  for (;;) {
    const unrest = findRingUnrest(world) ?? findUnrestOfCopies();
    if (unrest === undefined || isOver() || world.clock.nowMs() >= endMs) return unrest;
    await world.runUntil(Math.min(endMs, world.clock.nowMs() + 1_000), isOver);
  }
}
