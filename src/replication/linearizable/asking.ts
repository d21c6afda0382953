/** Asks on their way: what a turn asks of each member leaves as one message, and each answer finds whoever asked. */
import type { ByteString } from '../../bytes.js';
import type { Identifier } from '../../chord/identifier.js';
import { raisePending } from '../engine-state.js';
import type { Ballot } from './ballot.js';
import type { KeyChange } from './key-change.js';
import type { PrepareAll, Uniform } from './messages.js';
import type { Collection } from './collecting.js';
import { askKinds, createWriter, finishWriter, writeAsk, type AskKind, type Writer } from './packed-asks.js';
import type { PendingRead } from './reading.js';
import type { RegisterState } from './register.js';
import type { Site } from './site.js';
import type { Slot } from './slot.js';

/** Whoever awaits an answer. */
export type Asker = PendingRead | KeyChange | Collection;

interface Batch {
  readonly peer: Identifier;
  readonly askers: readonly Asker[];
  readonly kinds: readonly AskKind[];
  readonly ballots: readonly Ballot[];
  readonly sentAtMs: number;
}

interface Outgoing {
  readonly writer: Writer;
  readonly askers: Asker[];
  readonly kinds: AskKind[];
  readonly ballots: Ballot[];
  answerBytes: number;
}

export interface Asking {
  /** Of the present turn, by member. */
  readonly writers: Map<Identifier, Outgoing>;
  /** Sent and not answered, by request id, oldest first. */
  readonly batches: Map<number, Batch>;
  /** Partitions that are claimed in the present turn, by member (leading.ts). */
  readonly claims: Map<Identifier, PrepareAll['partitions'][number][]>;
  /** Partitions of which that has become known (leading.ts). */
  readonly uniform: Map<Identifier, Uniform['partitions'][number][]>;
}

/** A run that reaches this leaves at once, before the turn ends. */
const runBytesMax = 1024 * 1024;
/** Batches unanswered for so long are forgotten: whoever asked asks again by itself. */
const batchMs = 5_000;

/** Queues one ask for one member. */
export function ask(
  site: Site,
  peer: Identifier,
  asker: Asker,
  kind: AskKind,
  slot: Slot,
  key: ByteString,
  ballot: Ballot,
  state: RegisterState | undefined,
): void {
  const { writers } = site.asking;
  let outgoing = writers.get(peer);
  if (outgoing === undefined) {
    outgoing = { writer: createWriter(), askers: [], kinds: [], ballots: [], answerBytes: 0 };
    writers.set(peer, outgoing);
  }
  writeAsk(outgoing.writer, kind, slot.partition, key, slot.epoch, ballot, state);
  outgoing.askers.push(asker);
  outgoing.kinds.push(kind);
  outgoing.ballots.push(ballot);
  // A prepare is answered with the value, which is likely to be as long as the one held here.
  if (kind === askKinds.prepare) outgoing.answerBytes += slot.records.get(key)?.value.length ?? 0;
  if (outgoing.writer.text.length + outgoing.answerBytes < runBytesMax) return;
  writers.delete(peer);
  send(site, peer, outgoing);
}

/** Sends what the turn has queued. Ends every entry into the site. */
export function flushAsks(site: Site): void {
  const { writers, claims, uniform } = site.asking;
  for (const [peer, partitions] of uniform)
    site.environment.send(peer, { type: 'uniform', from: site.self, partitions });
  uniform.clear();
  for (const [peer, partitions] of claims) {
    const requestId = site.nextRequestId++;
    site.environment.send(peer, { type: 'prepareAll', from: site.self, requestId, partitions });
  }
  claims.clear();
  if (writers.size === 0) return;
  for (const [peer, outgoing] of writers) send(site, peer, outgoing);
  writers.clear();
}

/** The batch that an answer belongs to; undefined when it is answered already or of another peer. */
export function takeBatch(site: Site, peer: Identifier, requestId: number): Batch | undefined {
  const batch = site.asking.batches.get(requestId);
  if (batch === undefined || batch.peer !== peer) return undefined;
  site.asking.batches.delete(requestId);
  return batch;
}

export function forgetOldBatches(site: Site, nowMs: number): void {
  for (const [requestId, batch] of site.asking.batches) {
    if (nowMs - batch.sentAtMs < batchMs) return;
    site.asking.batches.delete(requestId);
  }
}

function send(site: Site, peer: Identifier, outgoing: Outgoing): void {
  const requestId = site.nextRequestId++;
  const { askers, kinds, ballots, writer } = outgoing;
  const sentAtMs = site.environment.clock.nowMs();
  site.asking.batches.set(requestId, { peer, askers, kinds, ballots, sentAtMs });
  const asks = finishWriter(writer);
  site.environment.send(peer, { type: 'registerAsks', from: site.self, requestId, asks });
  raisePending(site);
}
