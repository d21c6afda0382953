/**
 * Watches the ring after every step: keeps the all-knowing view of it and asserts Zave's invariants whenever a pointer,
 * a member or a death changed something.
 *
 * Asserted above r + 1 members, from the moment at which they first held all together and every directory knew as many:
 * a ring that falls to r + 1 members, and a node that knows no more, is ruled by the directory, which need not be whole.
 * Loss, delays and short pauses and partitions may not break them: silence is never taken for death. But a node that is
 * told for longer than 5 s that a living peer is out of reach acts as if it were dead (it comes back by probes), and no
 * ring with short lists survives that for certain. From the first such opinion on only the lists' own form is asserted;
 * that the ring becomes whole again is asserted after quiet, in every run.
 */
import type { NodeInspection, RingSnapshot } from '../../actors/node/runtime.js';
import type { Identifier } from '../../src/chord/identifier.js';
import { atLeastOneRing, atMostOneRing, connectedAppendages, orderedRing } from './checkers/one-ring.js';
import { oneLiveSuccessor, principalsInRing, sufficientPrincipals } from './checkers/principals.js';
import {
  brief,
  createRingView,
  principals,
  type MemberView,
  type RingChecker,
  type RingView,
} from './checkers/ring-view.js';
import { noDuplicates, orderedSuccessorLists } from './checkers/successor-lists.js';

/** Every invariant of every step; the cheapest to understand first, so that a report names the clearest. */
export const stepCheckers = [
  oneLiveSuccessor,
  noDuplicates,
  orderedSuccessorLists,
  atLeastOneRing,
  atMostOneRing,
  orderedRing,
  connectedAppendages,
  sufficientPrincipals,
  principalsInRing,
] as const;

/** What no suspicion can break. */
const formCheckers: readonly RingChecker[] = [noDuplicates, orderedSuccessorLists];

export interface BrokenInvariant {
  readonly name: string;
  readonly detail: string;
}

export interface RingMonitor {
  /** Takes note of a node after one of its turns, in which it heard from `hears`; answers what broke, if anything. */
  turned(
    id: Identifier,
    inspection: NodeInspection,
    hears: Identifier | undefined,
  ): BrokenInvariant | undefined;
  /** The node has died or left. */
  gone(id: Identifier): BrokenInvariant | undefined;
  /** A living peer was taken for dead: from now on only the form of the lists is asserted. */
  suspected(): void;
  /** The node no longer counts when deaths are weighed: it is about to leave. */
  leaving(id: Identifier): void;
  /** Whether Zave's assumption lets this member fail now: no list loses its last live entry, r + 1 principals stay. */
  mayFail(id: Identifier, listsUnderWay: readonly (readonly Identifier[])[]): boolean;
  /** Whether the ring is above r + 1 members and has once been complete. */
  isEstablished(): boolean;
  view(): RingView;
}

/** `successors` is r. */
export function createRingMonitor(successors: number): RingMonitor {
  const members = new Map<Identifier, MemberView>();
  const snapshots = new Map<Identifier, RingSnapshot>();
  const leaving = new Set<Identifier>();
  /** Members whose own directory is so small that it rules them. */
  const small = new Set<Identifier>();
  const directories = new Map<Identifier, () => readonly Identifier[]>();
  let established = false;
  let checkers: readonly RingChecker[] = stepCheckers;

  /** Whether no directory is about to fall to r + 1, when the deaths that it has not heard of reach it. */
  const everyoneKnowsEnough = (): boolean =>
    [...directories.values()].every(
      (directory) => directory().filter((id) => members.has(id)).length > successors + 1,
    );
  const view = (): RingView => createRingView(members.values(), successors);
  const check = (): BrokenInvariant | undefined => {
    if (members.size <= successors + 1 || small.size > 0) {
      established = false;
      return undefined;
    }
    const ring = view();
    if (!established) {
      established = isComplete(ring) && everyoneKnowsEnough();
      return undefined;
    }
    for (const checker of checkers) {
      const detail = checker.check(ring);
      if (detail !== undefined) return { name: checker.name, detail };
    }
    return undefined;
  };
  return {
    turned(id, inspection, hears) {
      const isMember = inspection.state === 'member' || inspection.state === 'departing';
      const { ring } = inspection;
      if (!isMember || snapshots.get(id) === ring) return undefined;
      snapshots.set(id, ring);
      const before = members.get(id);
      members.set(id, { id, predecessor: ring.predecessor, successors: ring.successors });
      directories.set(id, inspection.directoryLive);
      const wasSmall = small.has(id);
      if (inspection.directoryLive().length <= successors + 1) small.add(id);
      else small.delete(id);
      if (before !== undefined && isSameList(before.successors, ring.successors)) return undefined;
      const [first] = ring.successors;
      const isNew = first !== undefined && !ring.placeholders.includes(first);
      const isAdopted = isNew && before !== undefined && !before.successors.includes(first);
      if (isAdopted && first !== hears && !wasSmall && !small.has(id)) {
        const detail = `${brief(id)} adopted ${brief(first)}, which has not just answered`;
        return { name: 'OnlyAnsweredAdopted', detail };
      }
      return check();
    },
    gone(id) {
      snapshots.delete(id);
      small.delete(id);
      directories.delete(id);
      leaving.delete(id);
      return members.delete(id) ? check() : undefined;
    },
    suspected: () => void (checkers = formCheckers),
    leaving: (id) => void leaving.add(id),
    mayFail(id, listsUnderWay) {
      if (!members.has(id)) return true;
      const rest = [...members.values()].filter((member) => member.id !== id && !leaving.has(member.id));
      if (rest.length === 0) return false;
      if (rest.length <= successors) return members.size <= successors + 1 || established;
      if (!established && members.size > successors + 1) return false;
      const ring = createRingView(rest, successors, listsUnderWay);
      const isListLive = (list: readonly Identifier[]): boolean =>
        list.some((entry) => ring.members.has(entry));
      return (
        rest.every((member) => isListLive(member.successors)) &&
        listsUnderWay.every(isListLive) &&
        principals(ring).size > successors
      );
    },
    isEstablished: () => established,
    view,
  };
}

function isComplete(ring: RingView): boolean {
  for (const member of ring.members.values()) {
    if (member.successors.length !== ring.successors) return false;
  }
  return stepCheckers.every((checker) => checker.check(ring) === undefined);
}

function isSameList(left: readonly Identifier[], right: readonly Identifier[]): boolean {
  return left.length === right.length && left.every((id, index) => id === right[index]);
}
