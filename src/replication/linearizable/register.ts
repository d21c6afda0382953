/** A register: one key's Paxos acceptor and its state (docs/design/replication.md, 1, "Types"). */
import { emptyBytes, type ByteString } from '../../bytes.js';
import type { StoredRecord } from '../../store.js';
import { keyHashOf } from '../digest.js';
import type { RecordState } from '../operations.js';
import { noWriter } from '../version.js';
import { noBallot, type Ballot } from './ballot.js';
import type { Slot } from './slot.js';

export interface RegisterState extends RecordState {
  /** Counts changes of the key along a lineage. */
  readonly version: number;
  /**
   * The ballots at which the last changes were first proposed, newest last: a ballot is used for one proposal of a key, so it
   * names the attempt, and whoever made it can tell whether it took effect.
   */
  readonly recent: readonly Ballot[];
}

export const recentMax = 16;

/** The last of `recent` and the ballot after them. An array of its very size, which one that is pushed to is not: each register keeps one. */
export function withRecent(recent: readonly Ballot[], ballot: Ballot): readonly Ballot[] {
  return recent.slice(1 - recentMax).concat(ballot);
}

export interface Register extends StoredRecord {
  promised: Ballot;
  accepted: Ballot;
  version: number;
  recent: readonly Ballot[];
  /** The one ballot that this node may propose at without preparing (O1 a); 0 = none. */
  next: Ballot;
}

export function createRegister(slot: Slot, key: ByteString): Register {
  return {
    key,
    keyHash: keyHashOf(key),
    shelf: slot,
    value: emptyBytes,
    hlc: 0,
    writer: noWriter,
    expiresAt: Infinity,
    tombstone: true,
    newer: undefined,
    older: undefined,
    promised: noBallot,
    accepted: noBallot,
    version: 0,
    recent: [],
    next: noBallot,
  };
}

/** The state of a register, or of a key without one (R4). */
export function stateOf(register: Register | undefined, versionFloor: number): RegisterState {
  if (register === undefined)
    return { value: undefined, expiresAt: Infinity, version: versionFloor, recent: [] };
  const { tombstone, value, expiresAt, version, recent } = register;
  return { value: tombstone ? undefined : value, expiresAt, version, recent };
}
