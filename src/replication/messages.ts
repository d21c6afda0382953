/** Messages between the replicas of a partition: those of eventual mode, question beside answer (replication.md, section 2), and the union of both modes. */
import type { ByteString } from '../bytes.js';
import type { Identifier } from '../chord/identifier.js';
import type { Peer } from '../peer.js';
import type { ViewMessage } from './linearizable/messages.js';
import type { PackedRecords } from './packed-records.js';

interface Sent {
  readonly from: Identifier;
}
/** `requestId` is the asker's, never reused; the answer repeats it. */
interface Question extends Sent {
  readonly requestId: number;
}

/** How much of a partition a node has: nothing it vouches for, a part that is being filled, or all it should. */
export type Copy = 'none' | 'filling' | 'complete';

/** Who replicates some partitions, as their home says. */
export interface ToldGroup {
  readonly home: Identifier;
  /** The home's hybrid clock when it said so: of two words of one home the later counts. */
  readonly asOf: number;
  /** The natural group, leader first. */
  readonly members: readonly Peer[];
  /** First and last partition of each run, both included: `[0, 31, 64, 64]`. */
  readonly ranges: readonly number[];
}

/** Changes of records, in the order in which the sender made them; sent again until answered. */
export interface Replicate extends Question {
  readonly type: 'replicate';
  readonly records: PackedRecords;
}
export interface Replicated extends Question {
  readonly type: 'replicated';
}

/** What the sender holds of some partitions; empty when it only tells groups. */
export interface Compare extends Question {
  readonly type: 'compare';
  readonly told: readonly ToldGroup[];
  readonly digests: readonly PartitionDigest[];
}
export interface PartitionDigest {
  readonly partition: number;
  readonly low: number;
  readonly high: number;
  readonly copy: Copy;
  /** The sender will not keep its copy: the receiver must not let its own go because of this one. */
  readonly passesOn?: true;
  /** Version of the last flush; 0 = none. */
  readonly flushedHlc: number;
  readonly flushedWriter: Identifier;
}
/** Each partition of the question is in exactly one of `equal`, `different`, `bucketed` and `later`. */
export interface Compared extends Question {
  readonly type: 'compared';
  /** Groups of partitions of which the asker is no member, as far as the answerer knows. */
  readonly told: readonly ToldGroup[];
  /** The answerer's, in the order of the question's. */
  readonly digests: readonly PartitionDigest[];
  readonly equal: readonly number[];
  readonly different: readonly VersionList[];
  readonly bucketed: readonly BucketDigests[];
  /** Another node is filling these: ask again shortly. */
  readonly later: readonly number[];
}
/** The versions that the answerer holds, of a whole partition or of some buckets of it. */
export interface VersionList {
  readonly partition: number;
  /** Empty = of all buckets. */
  readonly buckets: readonly number[];
  readonly keyHashes: Float64Array;
  readonly hlcs: Float64Array;
  /** Places in `writers`. */
  readonly writerPlaces: Int32Array;
  readonly writers: readonly Identifier[];
}
export interface BucketDigests {
  readonly partition: number;
  /** [low, high] x buckets */
  readonly digests: Int32Array;
}

export interface GetVersions extends Question {
  readonly type: 'getVersions';
  readonly wanted: readonly { readonly partition: number; readonly buckets: readonly number[] }[];
}
export interface Versions extends Question {
  readonly type: 'versions';
  readonly lists: readonly VersionList[];
}

/** One chunk of what the receiver lacks; the next follows when it was taken. */
export interface Records extends Question {
  readonly type: 'records';
  readonly records: PackedRecords;
}
export interface RecordsTaken extends Question {
  readonly type: 'recordsTaken';
}

/** The receiver holds everything that the sender, whose copies are complete, held of these partitions: it is filled. */
export interface Confirmed extends Sent {
  readonly type: 'confirmed';
  readonly partitions: readonly number[];
}

/** A filling member asks a previous one for a record that it lacks. */
export interface Forward extends Question {
  readonly type: 'forward';
  readonly partition: number;
  readonly key: ByteString;
}
export interface Forwarded extends Question {
  readonly type: 'forwarded';
  /** `notHere`: the asked node's own copy is not complete. */
  readonly outcome: 'found' | 'absent' | 'notHere';
  /** The record when found; else empty. */
  readonly records: PackedRecords;
}

/** A holder that nobody told for long asks who replicates: one step of an iterative lookup for many partitions. */
export interface GetGroups extends Question {
  readonly type: 'getGroups';
  readonly partitions: readonly number[];
}
export interface Groups extends Question {
  readonly type: 'groups';
  /** Where the answerer is the home. */
  readonly told: readonly ToldGroup[];
  /** Where it is not: whom to ask next. */
  readonly closer: readonly { readonly partition: number; readonly peer: Identifier }[];
}

export type EventualMessage =
  | Replicate
  | Replicated
  | Compare
  | Compared
  | GetVersions
  | Versions
  | Records
  | RecordsTaken
  | Confirmed
  | Forward
  | Forwarded
  | GetGroups
  | Groups;

/** What a node's data plane hears: a ring has one mode, so one half of these never comes. */
export type ReplicationMessage = EventualMessage | ViewMessage;

const eventualTypes: ReadonlySet<string> = new Set([
  'replicate',
  'replicated',
  'compare',
  'compared',
  'getVersions',
  'versions',
  'records',
  'recordsTaken',
  'confirmed',
  'forward',
  'forwarded',
  'getGroups',
  'groups',
] as const satisfies readonly EventualMessage['type'][]);

export function isEventualMessage(message: ReplicationMessage): message is EventualMessage {
  return eventualTypes.has(message.type);
}
