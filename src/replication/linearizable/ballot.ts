/**
 * Ballots and epochs as plain numbers, so that comparing costs nothing and a batch carries them in a Float64Array.
 *
 *   epoch  = lineage (4 bits) x 2^21 + counter (21 bits)
 *   ballot = epoch (25 bits) x 2^28 + round (25 bits) x 8 + member's place in the view (3 bits)      0 = none
 *
 * Ballots compare as (epoch, round, member). Of a view's rounds 2^25 may be used, of a lineage's epochs 2^21; whoever would
 * need more is refused (see `nextRound`, `nextEpoch`): a view change starts rounds anew.
 */
import { assert } from '../../errors.js';

export type Epoch = number;
export type Ballot = number;

export const noBallot: Ballot = 0;
export const firstEpoch: Epoch = 1;
const countersPerLineage = 2 ** 21;
const lineages = 16;
/** Epochs in which a lineage may begin; one is drawn. */
const beginningsPerLineage = 2 ** 16;
const ballotsPerRound = 8;
const roundsPerEpoch = 2 ** 25;
const ballotsPerEpoch = ballotsPerRound * roundsPerEpoch;
/** Epochs of a lineage, and rounds of an epoch, that are left free at their end. */
const spare = 2 ** 16;
/** A view whose rounds come near their end is replaced by one of the same members. */
export const roundsBeforeRenewal = roundsPerEpoch - 2 ** 20;

export function ballotOf(epoch: Epoch, round: number, member: number): Ballot {
  assert(
    round > 0 && round < roundsPerEpoch && member < ballotsPerRound,
    'a ballot has a round and a member',
  );
  return epoch * ballotsPerEpoch + round * ballotsPerRound + member;
}

/** Below all ballots of the epoch, above all of earlier ones. */
export function startOf(epoch: Epoch): Ballot {
  return epoch * ballotsPerEpoch;
}

export function epochOf(ballot: Ballot): Epoch {
  return Math.floor(ballot / ballotsPerEpoch);
}

/** Of a ballot of the given epoch; 0 for any older one, which no round of the epoch has to exceed. */
export function roundIn(epoch: Epoch, ballot: Ballot): number {
  return epochOf(ballot) === epoch ? Math.floor((ballot % ballotsPerEpoch) / ballotsPerRound) : 0;
}

/** The same member's ballot of the following round. */
export function nextRound(ballot: Ballot): Ballot {
  return ballot + ballotsPerRound;
}

/** Whether a partition may be in that epoch, or 0, with room to go on counting: what another host says may be anything. */
export function isEpoch(epoch: number): boolean {
  return (
    Number.isInteger(epoch) &&
    epoch >= 0 &&
    epoch < lineages * countersPerLineage &&
    (epoch & (countersPerLineage - 1)) < countersPerLineage - spare
  );
}

/** Whether the number is a ballot of such an epoch, or none, and rounds are left to exceed it. */
export function isBallot(ballot: number): boolean {
  if (!Number.isInteger(ballot)) return false;
  const epoch = epochOf(ballot);
  return isEpoch(epoch) && ballot - startOf(epoch) < ballotsPerEpoch - spare * ballotsPerRound;
}

export function nextEpoch(epoch: Epoch): Epoch {
  assert((epoch + 1) % countersPerLineage !== 0, 'a lineage has at most 2^21 epochs');
  return epoch + 1;
}

/** Whether a partition of that epoch can be recovered with loss once more. */
export function hasNextLineage(epoch: Epoch): boolean {
  return lineageOf(epoch) + 1 < lineages;
}

/**
 * An epoch that exceeds all of the given one's lineage, to begin a recovery with loss in. `lot`, from 0 to 1, tells it from what others may
 * have begun of whom nobody living knows: what they said may still be on its way.
 */
export function nextLineage(epoch: Epoch, lot: number): Epoch {
  assert(hasNextLineage(epoch), 'a partition can be recovered with loss at most 15 times');
  return (lineageOf(epoch) + 1) * countersPerLineage + 1 + Math.floor(lot * beginningsPerLineage);
}

export function lineageOf(epoch: Epoch): number {
  return Math.floor(epoch / countersPerLineage);
}

/** For people: `lineage.counter`. */
export function describeEpoch(epoch: Epoch): string {
  return `${lineageOf(epoch)}.${epoch % countersPerLineage}`;
}
