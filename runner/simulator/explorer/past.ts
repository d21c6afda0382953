/**
 * What invariants need to know of a node's past and its state does not tell: what it held while active in each epoch, for which
 * views it voted, and which it took for decided. Grows only, and stays when the node crashes.
 */
import type { Ballot, Epoch } from '../../../src/replication/linearizable/ballot.js';
import type { Slot } from '../../../src/replication/linearizable/slot.js';
import { namesOf, viewText } from './members.js';

/** A state of the key as it was held in an epoch. */
export interface HeldState {
  readonly epoch: Epoch;
  readonly ballot: Ballot;
  readonly value: string | undefined;
  readonly version: number;
  readonly recent: readonly Ballot[];
}

export interface SeenView {
  readonly epoch: Epoch;
  readonly previousEpoch: Epoch;
  /** Names of members, in order. */
  readonly members: string;
  readonly previous: string;
  readonly text: string;
}

export interface Past {
  /** By epoch and text. */
  readonly held: ReadonlyMap<string, HeldState>;
  readonly activeIn: ReadonlySet<Epoch>;
  /** The epoch in which the node is active now; 0 = in none. */
  readonly activeNow: Epoch;
  /** Taken for decided, by epoch. */
  readonly learned: ReadonlyMap<Epoch, SeenView>;
  /** By the epoch whose members vote and the ballot of the vote. */
  readonly votes: ReadonlyMap<string, SeenView>;
}

export const noPast: Past = {
  held: new Map(),
  activeIn: new Set(),
  activeNow: 0,
  learned: new Map(),
  votes: new Map(),
};

/** The past of a node whose replica is now what the slot says. */
export function pastAfter(past: Past, slot: Slot | undefined): Past {
  if (slot === undefined) return past;
  const { view, nextView, nextAccepted, epoch, status } = slot;
  let { held, activeIn, learned, votes } = past;
  if (view !== undefined && !learned.has(view.epoch)) learned = new Map(learned).set(view.epoch, seen(view));
  const vote = `${epoch} ${nextAccepted}`;
  if (nextView?.previousEpoch === epoch && !votes.has(vote)) votes = new Map(votes).set(vote, seen(nextView));
  const isActive = status === 'active';
  if (isActive && !activeIn.has(epoch)) activeIn = new Set([...activeIn, epoch]);
  if (isActive) {
    for (const { accepted: ballot, tombstone, value, version, recent } of slot.records.values()) {
      const state: HeldState = { epoch, ballot, value: tombstone ? undefined : value, version, recent };
      const name = `${epoch}:${heldText(state)}`;
      if (!held.has(name)) held = new Map(held).set(name, state);
    }
  }
  return { held, activeIn, activeNow: isActive ? epoch : 0, learned, votes };
}

/** Equal for equal pasts. */
export function pastText({ held, activeIn, activeNow, learned, votes }: Past): string {
  const states = [...held.keys()];
  const views = [...learned.values()].map(({ text }) => text);
  const voted = [...votes].map(([name, { text }]) => `${name}=${text}`);
  const sorted = [states, views, voted].map((list) => list.sort().join(','));
  return `${sorted.join(';')};${[...activeIn].sort((a, b) => a - b).join()};${activeNow}`;
}

/** Equal for equal states, of whatever epoch. */
export function heldText({ ballot, value, version, recent }: HeldState): string {
  return `${value === undefined ? 'absent' : `"${value}"`} at ${ballot}, version ${version} after ${recent.join(' ')}`;
}

function seen(view: NonNullable<Slot['view']>): SeenView {
  const { epoch, previousEpoch, members, previous } = view;
  return {
    epoch,
    previousEpoch,
    members: namesOf(members),
    previous: namesOf(previous),
    text: viewText(view),
  };
}
