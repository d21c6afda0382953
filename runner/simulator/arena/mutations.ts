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
}

export const assertedWithin = 50;
export const seenWithin = 500;

export const plantedBugs: readonly PlantedBug[] = [
  bug('serveBeforeFetch', 'V5', 'a member of a new view answers before it has fetched', 'succession'),
  bug('noOperationIds', 'R5', 'a change that took effect is applied again', 'swarm'),
  bug('anyEpoch', 'R1', 'a replica answers whatever epoch is asked', 'exile'),
  bug('noSealing', 'V3', 'a replica goes on answering when the next view is decided', 'churn'),
  bug(
    'restartUnderOldName',
    'identity',
    'a node that crashed comes back empty under its old name',
    'succession',
  ),
  bug('dropTombstonesAtTransfer', 'R8, V5', 'tombstones do not travel to the next view', 'succession'),
  // It takes two that coordinate one key at once.
  {
    ...bug('readHighest', 'R6', 'a read answers the highest of unequal ballots', 'flapping'),
    asserted: 'rivals',
  },
  bug('fetchFromOne', 'V5', 'one member of the view before is enough to start from', 'succession'),
  bug('keepOwnCopy', 'V5', 'a member that goes on starts from its own copy', 'succession'),
  bug('acceptAbovePromised', 'O1 a', 'an accept without prepare is sent above the promised ballot', 'duel'),
  bug('prepareAllBlindly', 'O1 b', 'a claim to all keys is granted whatever was promised', 'usurper'),
  {
    ...bug('restampBallots', 'V5', 'fetched registers get a ballot of the new epoch', 'succession'),
    asserted: 'collection',
  },
  {
    ...bug('dropWithoutFloor', 'R8', 'a dropped tombstone leaves no floor', 'stray'),
    asserted: 'collection',
  },
  {
    ...bug('dropWithoutAll', 'R8', 'a tombstone is dropped that only a quorum accepted', 'stray'),
    asserted: 'collection',
  },
];

/** Why the names cannot be planted; undefined when they can. `where`: in an exploration (explorer/) only rules of the engine can be broken. */
export function complaintOfBugs(
  names: readonly string[],
  where: 'arena' | 'exploration',
): string | undefined {
  const bugs = plantedBugs.filter(({ rule }) => where === 'arena' || rule !== 'identity');
  const unknown = names.find((name) => bugs.every((each) => each.name !== name));
  if (unknown === undefined) return undefined;
  return `--plant takes ${bugs.map(({ name }) => name).join(', ')}, not ${unknown}`;
}

function bug(name: string, rule: string, what: string, seen: ArenaProfile): PlantedBug {
  return { name, rule, bug: what, asserted: 'swarm', seen };
}

/** One bug, and how many seeds to try for it at most, by assertions and by histories alone. */
export interface BugTask {
  readonly bug: PlantedBug;
  readonly seedsMax: number;
}

export interface BugShown {
  readonly bug: PlantedBug;
  readonly byAssertion: BugFound;
  readonly byHistory: BugFound;
}

export function showBug({ bug, seedsMax }: BugTask): BugShown {
  const { name, asserted, seen } = bug;
  const byAssertions = {
    name,
    profile: asserted,
    assertions: true,
    seeds: Math.min(seedsMax, assertedWithin),
  };
  const byHistories = { name, profile: seen, assertions: false, seeds: Math.min(seedsMax, seenWithin) };
  return { bug, byAssertion: findBug(byAssertions), byHistory: findBug(byHistories) };
}

export interface BugSearch {
  readonly name: string;
  readonly profile: ArenaProfile;
  readonly assertions: boolean;
  /** Seeds 1 to this are tried, in order, until one shows the bug. */
  readonly seeds: number;
}

export interface BugFound extends BugSearch {
  /** Undefined when none of the seeds showed it. */
  readonly seed: number | undefined;
  readonly invariant: string | undefined;
}

/** Only broken safety counts: that a ring with a bug stands still, or a node fails, is no proof that the bug would be noticed. */
export function findBug(search: BugSearch): BugFound {
  const { name, profile, assertions, seeds } = search;
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
    if (found !== undefined) return { ...search, seed, invariant: found.invariant };
  }
  return { ...search, seed: undefined, invariant: undefined };
}
