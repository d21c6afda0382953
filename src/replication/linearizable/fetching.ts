/**
 * What a view starts from (V5 to V7 of docs/design/replication.md): a new member asks the members of the epoch before, and those of
 * its own view, until a quorum of the former has answered sealed, or one of the latter with its copy. Pages of buckets;
 * buckets that the asker holds already are named, not sent.
 */
import type { Identifier } from '../../chord/identifier.js';
import { isPlanted } from '../environment.js';
import { bytesOf } from '../../store.js';
import type { Activated, Fetch, Fetched } from './messages.js';
import { activate, slotOf, type Slot } from './slot.js';
import { applyCopy, applySealed } from './transferring.js';
import { setPhase } from './phases.js';
import { forgetRegisters } from './forgetting.js';
import { claimFrom, refreshLead } from './leading.js';
import { packRegisters, unpackRegisters, type AcceptedState } from './packed-registers.js';
import { askNewlyActive, reopen } from './changing.js';
import { bucketOfHash, bucketsFor, bucketsMax, digestBuckets } from './registers-digest.js';
import type { Register } from './register.js';
import { raisePending, seemsAlive, type Site } from './site.js';
import { pageBytesMax, phaseMs } from './timing.js';
import { neededOf, placeIn, quorumOf, type View } from './view.js';
import { answerFlushes } from './whole-partitions.js';

/** One node's answer, as far as it has come. */
export interface Source {
  kind: 'sealed' | 'copy';
  nextBucket: number;
  readonly different: Set<number>;
  registers: AcceptedState[];
  versionFloor: number;
  requestId: number;
}

export interface Incoming {
  /** The view to become active in; undefined while only warming up. */
  readonly view: View | undefined;
  /** Of the view, or of the one whose registers are copied in advance. */
  readonly epoch: number;
  /** What is held here, as it was when the fetching began: it does not change before it ends. */
  readonly buckets: number;
  readonly digests: Float64Array;
  readonly sources: Map<Identifier, Source>;
  tries: number;
  sinceMs: number;
}

const noDigests = new Float64Array(0);
/** Time-outs after which members are asked for all again. */
const triesPerAnswer = 4;

export function startFetching(site: Site, slot: Slot, view: View): void {
  slot.warming = undefined;
  slot.incoming = createIncoming(site, slot, view, view.epoch);
  setPhase(site, slot, 'fetching');
  const isPrevious = slot.status === 'sealed' && slot.epoch === view.previousEpoch;
  const early =
    isPlanted(site.environment, 'serveBeforeFetch') ||
    (isPrevious && isPlanted(site.environment, 'keepOwnCopy'));
  if (early) return finish(site, slot, slot.incoming, view);
  askSources(site, slot, slot.incoming);
  complete(site, slot, slot.incoming);
}

/** Asks again whoever has not answered; members of the new view, too, for they may be active by now. */
export function fetchingDue(site: Site, slot: Slot): void {
  const { incoming } = slot;
  if (incoming === undefined) return setPhase(site, slot, 'steady');
  incoming.tries++;
  // Who answered sealed may be active by now, and its copy alone is enough.
  if (incoming.tries % triesPerAnswer === 0) {
    for (const { id } of incoming.view?.members ?? []) incoming.sources.delete(id);
  }
  askSources(site, slot, incoming);
  complete(site, slot, incoming);
}

/** Copies the registers of a view in advance, from one of its members; what is lost on the way is asked for again. */
export function warmUp(site: Site, slot: Slot, view: View, from: Identifier): void {
  const { warming } = slot;
  if (warming?.epoch === view.epoch) {
    const source = warming.sources.get(from);
    if (site.environment.clock.nowMs() - warming.sinceMs < phaseMs) return;
    if (source !== undefined) return askPage(site, slot, warming, from, source);
  }
  const incoming = createIncoming(site, slot, undefined, view.epoch);
  slot.warming = incoming;
  site.known.add(slot);
  ask(site, slot, incoming, from);
  raisePending(site);
}

/** The asker's view has been learnt before. */
export function answerFetch(site: Site, message: Fetch): void {
  const { partition, epoch, view, buckets, digests, bucket, requestId, from } = message;
  const slot = slotOf(site, partition);
  const kind = slot === undefined ? 'none' : kindOfAnswer(slot, epoch, view);
  if (slot === undefined || kind === 'none') {
    const known = slot?.view;
    site.environment.send(from, {
      type: 'fetched',
      from: site.self,
      requestId,
      partition,
      epoch,
      kind: 'none',
      bucket,
      nextBucket: bucket,
      different: [],
      registers: packRegisters([]),
      versionFloor: 0,
      views: known === undefined || known.epoch < epoch ? [] : [known],
    });
    return;
  }
  const { nextBucket, different, registers } = pageOf(site, slot, digests, buckets, bucket);
  const { versionFloor } = slot;
  site.environment.send(from, {
    type: 'fetched',
    from: site.self,
    requestId,
    partition,
    epoch,
    kind,
    bucket,
    nextBucket,
    different,
    registers: packRegisters(registers),
    versionFloor,
    views: [],
  });
}

export function handleFetched(site: Site, message: Fetched): void {
  const slot = site.slots[message.partition];
  if (slot === undefined) return;
  const incoming = slot.incoming ?? slot.warming;
  const source = incoming?.sources.get(message.from);
  if (incoming === undefined || source === undefined || source.requestId !== message.requestId) return;
  if (incoming.epoch !== message.epoch || message.bucket !== source.nextBucket) return;
  if (message.kind === 'none') {
    incoming.sources.delete(message.from);
    if (slot.warming === incoming) slot.warming = undefined;
    return;
  }
  if (source.nextBucket > 0 && source.kind !== message.kind) {
    // It has become active meanwhile: its copy is another thing than what it had sealed.
    incoming.sources.delete(message.from);
    return ask(site, slot, incoming, message.from);
  }
  incoming.sinceMs = site.environment.clock.nowMs();
  source.kind = message.kind;
  source.nextBucket = message.nextBucket;
  source.versionFloor = Math.max(source.versionFloor, message.versionFloor);
  for (const bucket of message.different) source.different.add(bucket);
  source.registers.push(...unpackRegisters(message.registers, (text) => site.environment.detach(text)));
  if (!isWhole(incoming, source)) askPage(site, slot, incoming, message.from, source);
  else if (incoming === slot.incoming) complete(site, slot, incoming);
  else finishWarming(site, slot, incoming, message.from, source);
}

/** A member's replica of the view is active: once a quorum's are, former members may forget theirs (V7). */
export function handleActivated(site: Site, message: Activated): void {
  const slot = site.slots[message.partition];
  if (slot?.view === undefined || slot.view.epoch !== message.epoch) return;
  slot.activated.add(message.from);
  if (slot.status === 'active' && slot.epoch === message.epoch) {
    claimFrom(site, slot, message.from);
    askNewlyActive(site, slot, message.from);
  }
  const isFormer = placeIn(slot.view, site.self) === -1 && slot.status === 'sealed';
  if (isFormer && slot.activated.size >= quorumOf(slot.view.members)) forgetRegisters(site, slot);
}

export function createIncoming(site: Site, slot: Slot, view: View | undefined, epoch: number): Incoming {
  // Who holds nothing names no digests, but wants bounded pages all the same.
  const buckets = slot.records.size === 0 ? bucketsMax : bucketsFor(slot.records.size);
  const digests = slot.records.size === 0 ? noDigests : digestBuckets(slot.records.values(), buckets);
  const sinceMs = site.environment.clock.nowMs();
  return { view, epoch, buckets, digests, sources: new Map(), tries: 0, sinceMs };
}

function askSources(site: Site, slot: Slot, incoming: Incoming): void {
  const { view } = incoming;
  if (view === undefined) return;
  const asked = incoming.tries === 0 ? view.previous : [...view.previous, ...view.members];
  for (const { id } of asked) {
    if (id === site.self || (incoming.tries === 0 && !seemsAlive(site, id))) continue;
    const source = incoming.sources.get(id);
    if (source === undefined) ask(site, slot, incoming, id);
    else if (!isWhole(incoming, source)) askPage(site, slot, incoming, id, source);
  }
}

export function ask(site: Site, slot: Slot, incoming: Incoming, peer: Identifier): void {
  const source: Source = {
    kind: 'sealed',
    nextBucket: 0,
    different: new Set(),
    registers: [],
    versionFloor: 0,
    requestId: 0,
  };
  incoming.sources.set(peer, source);
  askPage(site, slot, incoming, peer, source);
}

export function askPage(site: Site, slot: Slot, incoming: Incoming, peer: Identifier, source: Source): void {
  source.requestId = site.nextRequestId++;
  const { requestId, nextBucket: bucket } = source;
  const { epoch, buckets, digests } = incoming;
  const view = incoming.view ?? null;
  const { partition } = slot;
  site.environment.send(peer, {
    type: 'fetch',
    from: site.self,
    requestId,
    partition,
    view,
    epoch,
    buckets,
    digests,
    bucket,
  });
}

export function isWhole(incoming: Incoming, source: Source): boolean {
  return source.nextBucket >= incoming.buckets;
}

/** V6: sealed answers come from whoever was active in the epoch before; copies from whoever is, or was, active in the epoch. */
function kindOfAnswer(slot: Slot, epoch: number, view: View | null): Fetched['kind'] {
  const was = slot.status === 'active' || slot.status === 'sealed';
  if (was && slot.epoch === epoch) return 'copy';
  if (view !== null && was && slot.epoch === view.previousEpoch) return 'sealed';
  return 'none';
}

/** The registers of differing buckets from `first` on, least recently changed first, until they fill a page. */
function pageOf(
  site: Site,
  slot: Slot,
  theirs: Float64Array,
  buckets: number,
  first: number,
): { readonly nextBucket: number; readonly different: number[]; readonly registers: AcceptedState[] } {
  const own = digestBuckets(slot.records.values(), buckets);
  const differs = (bucket: number): boolean =>
    own[2 * bucket] !== (theirs[2 * bucket] ?? 0) || own[2 * bucket + 1] !== (theirs[2 * bucket + 1] ?? 0);
  const byBucket = new Map<number, Register[]>();
  for (const register of slot.records.values()) {
    const bucket = bucketOfHash(register.keyHash, buckets);
    if (bucket < first || !differs(bucket)) continue;
    const list = byBucket.get(bucket);
    if (list === undefined) byBucket.set(bucket, [register]);
    else list.push(register);
  }
  const withoutTombstones = isPlanted(site.environment, 'dropTombstonesAtTransfer');
  const different: number[] = [];
  const registers: AcceptedState[] = [];
  let bytes = 0;
  let bucket = first;
  for (; bucket < buckets && bytes < pageBytesMax; bucket++) {
    if (!differs(bucket)) continue;
    different.push(bucket);
    for (const register of byBucket.get(bucket) ?? []) {
      const { key, tombstone, value, accepted, version, expiresAt, recent } = register;
      if (tombstone && withoutTombstones) continue;
      registers.push({ key, value: tombstone ? undefined : value, accepted, version, expiresAt, recent });
      bytes += bytesOf(key, value);
    }
  }
  return { nextBucket: bucket, different, registers };
}

/** Whether enough has come; then the replica becomes active. */
function complete(site: Site, slot: Slot, incoming: Incoming): void {
  const { view } = incoming;
  if (view === undefined || slot.incoming !== incoming) return;
  const whole = [...incoming.sources].filter(([, source]) => isWhole(incoming, source));
  const copy = whole.find(([, source]) => source.kind === 'copy')?.[1];
  const isPrevious =
    slot.status === 'sealed' && slot.epoch === view.previousEpoch && isElector(view, site.self);
  const sealed = whole.filter(([id, source]) => source.kind === 'sealed' && isElector(view, id));
  const wanted = isPlanted(site.environment, 'fetchFromOne') ? 1 : neededOf(view);
  if (copy !== undefined) applyCopy(site, slot, incoming, copy);
  else if (sealed.length + (isPrevious ? 1 : 0) >= wanted) {
    applySealed(
      site,
      slot,
      incoming,
      sealed.map(([, source]) => source),
      isPrevious,
    );
  } else return;
  finish(site, slot, incoming, view);
}

function isElector(view: View, id: Identifier): boolean {
  return view.previous.some((peer) => peer.id === id);
}

function finish(site: Site, slot: Slot, incoming: Incoming, view: View): void {
  const nowMs = site.environment.clock.nowMs();
  slot.incoming = undefined;
  activate(site, slot, view);
  slot.activated.add(site.self);
  const concerned = new Set([...view.members, ...view.previous].map(({ id }) => id));
  concerned.delete(site.self);
  const { partition, epoch } = view;
  for (const id of concerned) {
    site.environment.send(id, { type: 'activated', from: site.self, partition, epoch });
  }
  setPhase(site, slot, 'steady');
  refreshLead(site, slot, nowMs);
  if (view.wipes) answerFlushes(site, slot, view.epoch);
  for (const change of [...slot.changes.values()]) reopen(site, change, nowMs);
  if (incoming.tries > 0 || slot.members.length < site.environment.config.replicas) site.hintsDueAtMs = 0;
  raisePending(site);
}

function finishWarming(site: Site, slot: Slot, incoming: Incoming, from: Identifier, source: Source): void {
  slot.warming = undefined;
  if (slot.status !== 'none' && slot.status !== 'warm') return;
  applyCopy(site, slot, incoming, source);
  slot.status = 'warm';
  slot.warmedAtMs = site.environment.clock.nowMs();
  slot.epoch = incoming.epoch;
  const { partition } = slot;
  site.environment.send(from, { type: 'warmedUp', from: site.self, partition, epoch: incoming.epoch });
}
