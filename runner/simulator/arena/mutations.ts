/** The tests of the tester: every planted bug of docs/design/replication.md, 1.7, and O1, and the seeds within which it must show. */
import { runLinearizableArena } from './linearizable-arena.js';
import { defaultArena, type ArenaProfile } from './options.js';

export interface PlantedBug {
  readonly name: string;
  /** What is left out, or done wrong. */
  readonly bug: string;
  readonly profile: ArenaProfile;
  /** Seeds within which histories alone must show it; assertions must within `assertedWithin`. */
  readonly seenWithin: number;
}

export const assertedWithin = 50;

export const plantedBugs: readonly PlantedBug[] = [
  bug('serveBeforeFetch', 'a member of a new view answers before it has fetched'),
  bug('noOperationIds', 'a change that took effect is applied again'),
  bug('anyEpoch', 'a replica answers whatever epoch is asked'),
  bug('noSealing', 'a replica goes on answering when the next view is decided'),
  bug('restartUnderOldName', 'a node that crashed comes back empty under its old name'),
  bug('dropTombstonesAtTransfer', 'tombstones do not travel to the next view'),
  // It takes two that coordinate one key at once.
  { ...bug('readHighest', 'a read answers the highest of unequal ballots'), profile: 'rivals' },
  bug('fetchFromOne', 'one member of the view before is enough to start from'),
  bug('keepOwnCopy', 'a member that goes on starts from its own copy'),
  bug('acceptAbovePromised', 'an accept without prepare is sent above the promised ballot'),
  bug('prepareAllBlindly', 'a claim to all keys is granted whatever was promised'),
  { ...bug('restampBallots', 'fetched registers get a ballot of the new epoch'), ...rare() },
  { ...bug('dropWithoutFloor', 'a dropped tombstone leaves no floor'), ...rare() },
  { ...bug('dropWithoutAll', 'a tombstone is dropped that only a quorum accepted'), ...rare() },
];

function bug(name: string, what: string): PlantedBug {
  return { name, bug: what, profile: 'swarm', seenWithin: 2_000 };
}

/** Hardly ever seen in a history: a profile of its own. */
function rare(): Pick<PlantedBug, 'profile' | 'seenWithin'> {
  return { profile: 'collection', seenWithin: 5_000 };
}

export interface BugSearch {
  readonly name: string;
  readonly profile: ArenaProfile;
  readonly assertions: boolean;
  /** Seeds 1 to this are tried, in order, until one shows the bug. */
  readonly seeds: number;
}

export interface BugFound {
  /** Undefined when none of the seeds showed it. */
  readonly seed: number | undefined;
  readonly invariant: string | undefined;
}

/** Only broken safety counts: that a ring with a bug stands still, or a node fails, is no proof that the bug would be noticed. */
export function findBug({ name, profile, assertions, seeds }: BugSearch): BugFound {
  for (let seed = 1; seed <= seeds; seed++) {
    const { violations } = runLinearizableArena({
      ...defaultArena,
      seed,
      profile,
      assertions,
      mutations: [name],
    });
    const found = violations.find(
      ({ invariant }) => invariant === 'History' || (assertions && invariant !== 'I13'),
    );
    if (found !== undefined) return { seed, invariant: found.invariant };
  }
  return { seed: undefined, invariant: undefined };
}
