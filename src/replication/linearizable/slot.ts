/** A slot: the replica of one partition at one node, from its view and registers to what is under way to the next view. */
import type { Identifier } from '../../chord/identifier.js';
import type { Peer } from '../../peer.js';
import { noRecords, type Shelf } from '../../store.js';
import type { ViewPhase } from '../engine.js';
import { partitionIdentifier } from '../partition.js';
import { ballotOf, noBallot, roundIn, startOf, type Ballot, type Epoch } from './ballot.js';
import type { Collection } from './collecting.js';
import type { Driving } from './deciding.js';
import type { Incoming } from './incoming.js';
import type { KeyChange } from './key-change.js';
import type { Register } from './register.js';
import type { Site } from './site.js';
import { placeIn, quorumOf, type View } from './view.js';

/** The replica of one partition at this node: view and registers of one epoch, and what is under way to the next. */
export interface Slot extends Shelf {
  readonly identifier: Identifier;
  records: Map<string, Register>;
  /** The newest view that is known to be decided. */
  view: View | undefined;

  /** `none`: nothing is held. `warm`: copied in advance, vouched for by nobody. Active and sealed: of `epoch`. */
  status: 'none' | 'warm' | 'active' | 'sealed';
  /** Whose registers are held, and its members; 0 and empty while none. */
  epoch: Epoch;
  /** All ballots of the epoch exceed it. */
  epochStart: Ballot;
  members: readonly Peer[];
  place: number;
  quorum: number;
  /** Members, by place, that seem alive (leading.ts). */
  alive: number;
  /**
   * All members are known to have started this epoch with the same registers. Until then a state of an older ballot may be held by a quorum and
   * yet give way to another that one member brought along: it was not chosen (R6; ARCHITECTURE.md, "Decisions").
   */
  uniform: boolean;
  /** Of keys without a register. */
  readonly promises: Map<string, Ballot>;
  promisedAll: Ballot;
  floor: Ballot;
  versionFloor: number;
  /** No ballot promised, accepted or seen here exceeds it. */
  highest: Ballot;

  /** As a coordinator (leading.ts): `clean` = keys untouched in this epoch may be proposed at `leadBallot` (O1 b). */
  lead: 'none' | 'asking' | 'clean' | 'unclean';
  leadBallot: Ballot;
  /** Members, by place, that hold the same as this node did when it claimed. */
  leadAnswers: number;
  leadUnequal: number;
  leadSentAtMs: number;
  leadTries: number;
  readonly changes: Map<string, KeyChange>;

  /** As an acceptor of the view after `epoch` (V2). */
  nextPromised: number;
  nextAccepted: number;
  nextView: View | undefined;

  phase: ViewPhase;
  /** Time-outs since the view was known. */
  tries: number;
  /** As the driver of a change. */
  driving: Driving | undefined;
  /** As a member that collects what its view starts from. */
  incoming: Incoming | undefined;
  /** Copying in advance for a view that another node drives. */
  warming: Incoming | undefined;
  /** Getting from the leader what this member missed. */
  repairing: Incoming | undefined;
  /** As a leader: `highest` at the last look, and the members that were found equal since it changed. */
  settledAt: Ballot;
  readonly equalMembers: Set<Identifier>;
  /** Newcomers that have copied `epoch` in advance, and when they said so last. */
  readonly warm: Map<Identifier, number>;
  /** Members of `view` that said they are active. */
  readonly activated: Set<Identifier>;
  /** Who should be members as the home said last, and since when it says so. */
  suggested: { readonly group: readonly Peer[]; readonly sinceMs: number; heardAtMs: number } | undefined;
  /** When the copy made in advance was asked for last. */
  warmedAtMs: number;
  /** Clients that wait until the partition is emptied. */
  flushes: { readonly client: number; readonly id: number; readonly untilMs: number; epoch: Epoch }[];
  collectedAtMs: number;
  readonly collections: Map<string, Collection>;
}

/** The slot of a partition; undefined when there is no such partition. */
export function slotOf(site: Site, partition: number): Slot | undefined {
  const { config } = site.environment;
  if (!Number.isInteger(partition) || partition < 0 || partition >= config.partitions) return undefined;
  let slot = site.slots[partition];
  if (slot === undefined) {
    slot = createSlot(partition, config.partitions);
    site.slots[partition] = slot;
  }
  return slot;
}

/** The member's own ballot of the first round above all that were seen. */
export function ballotAbove(slot: Slot): Ballot {
  return ballotOf(slot.epoch, roundIn(slot.epoch, slot.highest) + 1, slot.place);
}

/** Makes the slot's registers those of the view, of which this node is a member. */
export function activate(site: Site, slot: Slot, view: View): void {
  slot.status = 'active';
  slot.epoch = view.epoch;
  slot.epochStart = startOf(view.epoch);
  slot.members = view.members;
  slot.place = placeIn(view, site.self);
  slot.quorum = quorumOf(view.members);
  slot.uniform = view.members.length === 1 || view.previousEpoch === 0 || view.wipes;
  slot.promises.clear();
  slot.promisedAll = noBallot;
  slot.floor = noBallot;
  slot.highest = noBallot;
  // A copy of a replica that is at work brings ballots of this very epoch.
  for (const { promised } of slot.records.values()) slot.highest = Math.max(slot.highest, promised);
  slot.lead = 'none';
  slot.leadBallot = noBallot;
  slot.nextPromised = 0;
  slot.nextAccepted = 0;
  slot.nextView = undefined;
  slot.warm.clear();
  slot.tries = 0;
  slot.repairing = undefined;
  slot.settledAt = noBallot;
  slot.equalMembers.clear();
  site.known.add(slot);
}

function createSlot(partition: number, partitions: number): Slot {
  return {
    partition,
    records: noRecords as Map<string, Register>,
    led: false,
    live: 0,
    bytes: 0,
    tombstones: 0,
    earliestExpiry: Infinity,
    identifier: partitionIdentifier(partition, partitions),
    view: undefined,
    status: 'none',
    epoch: 0,
    epochStart: noBallot,
    members: [],
    place: -1,
    quorum: 0,
    alive: -1,
    uniform: false,
    promises: new Map(),
    promisedAll: noBallot,
    floor: noBallot,
    versionFloor: 0,
    highest: noBallot,
    lead: 'none',
    leadBallot: noBallot,
    leadAnswers: 0,
    leadUnequal: 0,
    leadSentAtMs: 0,
    leadTries: 0,
    changes: new Map(),
    nextPromised: 0,
    nextAccepted: 0,
    nextView: undefined,
    phase: 'steady',
    tries: 0,
    driving: undefined,
    incoming: undefined,
    warming: undefined,
    repairing: undefined,
    settledAt: noBallot,
    equalMembers: new Set(),
    warm: new Map(),
    activated: new Set(),
    suggested: undefined,
    warmedAtMs: -Infinity,
    flushes: [],
    collectedAtMs: -Infinity,
    collections: new Map(),
  };
}
