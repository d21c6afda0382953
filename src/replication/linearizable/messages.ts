/** Messages between nodes in linearizable mode, question beside answer (docs/design/replication.md, section 1). */
import type { ByteString } from '../../bytes.js';
import type { Identifier } from '../../chord/identifier.js';
import type { Peer } from '../../peer.js';
import type { PackedAnswers, PackedAsks } from './packed-asks.js';
import type { PackedRegisters } from './packed-registers.js';
import type { Ballot, Epoch } from './ballot.js';
import type { View } from './view.js';

interface Sent {
  readonly from: Identifier;
}
/** `requestId` is the asker's, never reused; the answer repeats it. */
interface Question extends Sent {
  readonly requestId: number;
}

/** What a turn's reads and changes ask of one member, of all partitions together (R2, R3, R6, R8). */
export interface RegisterAsks extends Question {
  readonly type: 'registerAsks';
  readonly asks: PackedAsks;
}
/** One answer an ask, in their order. */
export interface RegisterAnswers extends Question {
  readonly type: 'registerAnswers';
  readonly answers: PackedAnswers;
  /** Newer views of partitions that were asked for in another epoch. */
  readonly views: readonly View[];
}

/** A leader takes all keys of some partitions at once (O1 b). */
export interface PrepareAll extends Question {
  readonly type: 'prepareAll';
  readonly partitions: readonly {
    readonly partition: number;
    readonly epoch: Epoch;
    readonly ballot: Ballot;
    /** Of (key, accepted ballot) of all the leader's records: two sums. */
    readonly low: number;
    readonly high: number;
  }[];
}
export interface PreparedAll extends Question {
  readonly type: 'preparedAll';
  readonly partitions: readonly {
    readonly partition: number;
    readonly epoch: Epoch;
    readonly ballot: Ballot;
    readonly outcome: 'promised' | 'refused' | 'wrongView';
    /** Refused: the ballot to exceed; else 0. */
    readonly exceed: Ballot;
    /** Promised: whether the same keys are held at the same ballots. */
    readonly equal: boolean;
  }[];
  readonly views: readonly View[];
}

/** Single-decree Paxos on the view after `epoch`, among the members of `epoch` (V2). */
export interface PrepareView extends Sent {
  readonly type: 'prepareView';
  readonly partition: number;
  readonly epoch: Epoch;
  readonly ballot: number;
}
export interface ViewPromised extends Sent {
  readonly type: 'viewPromised';
  readonly partition: number;
  readonly epoch: Epoch;
  readonly ballot: number;
  /** The ballot at which `value` was accepted; 0 = none. */
  readonly accepted: number;
  readonly value: View | null;
}
export interface AcceptView extends Sent {
  readonly type: 'acceptView';
  readonly ballot: number;
  /** Of the epoch after the one whose members are asked. */
  readonly view: View;
}
export interface ViewAccepted extends Sent {
  readonly type: 'viewAccepted';
  readonly partition: number;
  readonly epoch: Epoch;
  readonly ballot: number;
}
export interface ViewRefused extends Sent {
  readonly type: 'viewRefused';
  readonly partition: number;
  readonly epoch: Epoch;
  readonly ballot: number;
  /** The ballot to exceed. */
  readonly promised: number;
}
/** Views that are decided (V8). Also the answer to `getViews`. */
export interface Views extends Sent {
  readonly type: 'views';
  readonly views: readonly View[];
}
export interface GetViews extends Sent {
  readonly type: 'getViews';
  readonly partitions: readonly number[];
}

/** Asks for what a view starts from (V5), or, before the view exists, for a warm copy of `epoch`'s records (V1). A page of buckets. */
export interface Fetch extends Question {
  readonly type: 'fetch';
  readonly partition: number;
  /** The decided view that the asker is to become active in; null when it warms up. */
  readonly view: View | null;
  /** Of the view, or that whose records are copied in advance. */
  readonly epoch: Epoch;
  /** A power of two; buckets are by the hash of the key. */
  readonly buckets: number;
  /** The asker's digests of all buckets, two sums each; empty when it holds nothing. */
  readonly digests: Float64Array;
  /** First bucket that is wanted. */
  readonly bucket: number;
}
export interface Fetched extends Question {
  readonly type: 'fetched';
  readonly partition: number;
  readonly epoch: Epoch;
  /** `sealed`: what the answerer accepted in the epoch before. `copy`: of a replica active in the epoch. `none`: neither can be had here. */
  readonly kind: 'sealed' | 'copy' | 'none';
  readonly bucket: number;
  /** The answer covers `bucket` up to, but without, this one. */
  readonly nextBucket: number;
  /** Buckets of the answer whose digest differs: all records of these are in `registers`. */
  readonly different: readonly number[];
  readonly registers: PackedRegisters;
  readonly versionFloor: number;
  /** The newest view that the answerer knows, when `none`. */
  readonly views: readonly View[];
}
/** The sender's replica of the epoch is active (V5). */
export interface Activated extends Sent {
  readonly type: 'activated';
  readonly partition: number;
  readonly epoch: Epoch;
}

/** The driver of a change asks a newcomer to copy the partition in advance; it answers when it has. */
export interface WarmUp extends Sent {
  readonly type: 'warmUp';
  readonly view: View;
}
export interface WarmedUp extends Sent {
  readonly type: 'warmedUp';
  readonly partition: number;
  readonly epoch: Epoch;
}

/** The partition's home says who should replicate it: a hint, which may be wrong. */
export interface Suggest extends Sent {
  readonly type: 'suggest';
  readonly suggestions: readonly {
    readonly partition: number;
    readonly epoch: Epoch;
    readonly group: readonly Peer[];
  }[];
}
/** The sender wants to leave: it is to be replaced wherever it is a member. */
export interface WantsToLeave extends Sent {
  readonly type: 'wantsToLeave';
}

/** Asks every living node what it holds and knows of a partition that may have lost its quorum (`rondo recover`). Changes nothing. */
export interface GetSurvivor extends Question {
  readonly type: 'getSurvivor';
  readonly partition: number;
}
export interface Survivor extends Question {
  readonly type: 'survivor';
  readonly partition: number;
  /** The newest that the answerer knows. */
  readonly view: View | null;
  /** Of the answerer's replica, active or sealed; 0 when it has none. */
  readonly epoch: Epoch;
  /** The answerer is on its way out. */
  readonly leaves: boolean;
}

/** The keys that a member holds of a partition whose hashes lie in a range: a step of a scan. */
export interface ListKeys extends Question {
  readonly type: 'listKeys';
  readonly partition: number;
  readonly epoch: Epoch;
  /** Hashes greater than this, and up to `through`. */
  readonly after: number;
  readonly through: number;
}
export interface KeysListed extends Question {
  readonly type: 'keysListed';
  /** False: the answerer is not active in the epoch. */
  readonly active: boolean;
  readonly keys: readonly ByteString[];
}

/** A leader's digests of quiet partitions: a member that missed something asks for it (`fetch` without a view). */
export interface CompareRegisters extends Sent {
  readonly type: 'compareRegisters';
  readonly partitions: readonly {
    readonly partition: number;
    readonly epoch: Epoch;
    readonly low: number;
    readonly high: number;
  }[];
}

/** All members of these views started with the same registers. */
export interface Uniform extends Sent {
  readonly type: 'uniform';
  readonly partitions: readonly { readonly partition: number; readonly epoch: Epoch }[];
}

/** The sender holds the same as the leader in these. */
export interface RegistersEqual extends Sent {
  readonly type: 'registersEqual';
  readonly partitions: readonly { readonly partition: number; readonly epoch: Epoch }[];
}

/** Keys that the sender holds in another state than the leader, and may not simply take over: the leader settles them (R5). */
export interface SettleKeys extends Sent {
  readonly type: 'settleKeys';
  readonly partition: number;
  readonly epoch: Epoch;
  readonly keys: readonly ByteString[];
}

export type ViewMessage =
  | CompareRegisters
  | Uniform
  | RegistersEqual
  | SettleKeys
  | ListKeys
  | KeysListed
  | RegisterAsks
  | RegisterAnswers
  | PrepareAll
  | PreparedAll
  | PrepareView
  | ViewPromised
  | AcceptView
  | ViewAccepted
  | ViewRefused
  | Views
  | GetViews
  | Fetch
  | Fetched
  | Activated
  | WarmUp
  | WarmedUp
  | Suggest
  | WantsToLeave
  | GetSurvivor
  | Survivor;
