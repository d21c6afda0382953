/** Draws the plan of a run from its seed (swarm testing: Groce et al. 2012). */
import type { Random } from '../../../src/ports.js';
import { pick } from '../faults.js';
import {
  drawChurn,
  drawDuel,
  drawExile,
  drawFlapping,
  drawLeftovers,
  drawStray,
  drawSuccession,
  drawUsurper,
} from './narrow-plans.js';
import type { ArenaProfile } from './options.js';
import type { ArenaPlan } from './plan.js';
import { drawAny, drawCollection, drawRecovery, drawRivals } from './wide-plans.js';

interface PlanKind {
  readonly draw: (random: Random) => ArenaPlan;
  /** Of the lots of a swarm; changing them, or their order, changes what every seed of the swarm draws. */
  readonly lots: number;
}

const kinds: Readonly<Record<Exclude<ArenaProfile, 'swarm'>, PlanKind>> = {
  collection: { draw: drawCollection, lots: 2 },
  rivals: { draw: drawRivals, lots: 2 },
  recovery: { draw: drawRecovery, lots: 1 },
  churn: { draw: drawChurn, lots: 1 },
  leftovers: { draw: drawLeftovers, lots: 1 },
  duel: { draw: drawDuel, lots: 1 },
  usurper: { draw: drawUsurper, lots: 1 },
  stray: { draw: drawStray, lots: 1 },
  succession: { draw: drawSuccession, lots: 0 },
  exile: { draw: drawExile, lots: 0 },
  flapping: { draw: drawFlapping, lots: 0 },
};

const swarm = [{ draw: drawAny, lots: 6 }, ...Object.values(kinds)].flatMap((kind) =>
  Array.from({ length: kind.lots }, () => kind),
);

/** A swarm has a share of each kind, and most runs in which anything may happen. */
export function drawArenaPlan(random: Random, profile: ArenaProfile): ArenaPlan {
  const kind = profile === 'swarm' ? pick(random, swarm) : kinds[profile];
  return kind.draw(random);
}
