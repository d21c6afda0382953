/** The tests of the tester: every planted bug of docs/design/replication.md, 1.7, and O1, and the seeds within which it must show. */
import { runLinearizableArena } from './linearizable-arena.js';
import { defaultArena, type ArenaProfile } from './options.js';

export interface PlantedBug {
  readonly name: string;
  /** Of the specification. */
  readonly rule: string;
  /** What is left out, or done wrong. */
  readonly bug: string;
  /** In which assertions must show it, within `assertedWithin` seeds. */
  readonly asserted: ArenaProfile;
  /** In which histories alone must show it, within `seenWithin` seeds. */
  readonly seen: ArenaProfile;
  readonly seenWithin: number;
}

export const assertedWithin = 50;
/** Hardly ever seen in a history of an ordinary run. */
const rare = 5_000;

export const plantedBugs: readonly PlantedBug[] = [
  bug('serveBeforeFetch', 'V5', 'a member of a new view answers before it has fetched', 'churn'),
  bug('noOperationIds', 'R5', 'a change that took effect is applied again', 'swarm'),
  bug('anyEpoch', 'R1', 'a replica answers whatever epoch is asked', 'exile'),
  bug('noSealing', 'V3', 'a replica goes on answering when the next view is decided', 'churn'),
  bug('restartUnderOldName', 'identity', 'a node that crashed comes back empty under its old name', 'churn'),
  bug('dropTombstonesAtTransfer', 'R8, V5', 'tombstones do not travel to the next view', 'succession'),
  // It takes two that coordinate one key at once.
  {
    ...bug('readHighest', 'R6', 'a read answers the highest of unequal ballots', 'flapping'),
    asserted: 'rivals',
  },
  bug('fetchFromOne', 'V5', 'one member of the view before is enough to start from', 'churn'),
  bug('keepOwnCopy', 'V5', 'a member that goes on starts from its own copy', 'churn'),
  bug('acceptAbovePromised', 'O1 a', 'an accept without prepare is sent above the promised ballot', 'duel'),
  bug('prepareAllBlindly', 'O1 b', 'a claim to all keys is granted whatever was promised', 'usurper'),
  {
    ...bug('restampBallots', 'V5', 'fetched registers get a ballot of the new epoch', 'succession'),
    asserted: 'collection',
  },
  {
    ...bug('dropWithoutFloor', 'R8', 'a dropped tombstone leaves no floor', 'stray', rare),
    asserted: 'collection',
  },
  {
    ...bug('dropWithoutAll', 'R8', 'a tombstone is dropped that only a quorum accepted', 'stray', rare),
    asserted: 'collection',
  },
];

function bug(name: string, rule: string, what: string, seen: ArenaProfile, seenWithin = 2_000): PlantedBug {
  return { name, rule, bug: what, asserted: 'swarm', seen, seenWithin };
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
