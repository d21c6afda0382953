/** What a node fetches of a partition's registers, from one or several others, page by page, as far as it has come. */
import type { Identifier } from '../../chord/identifier.js';
import type { AcceptedState } from './packed-registers.js';
import { bucketsFor, bucketsMax, digestBuckets } from './registers-digest.js';
import type { Site } from './site.js';
import type { Slot } from './slot.js';
import type { View } from './view.js';

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

/** One node's answer, as far as it has come. */
export interface Source {
  kind: 'sealed' | 'copy';
  nextBucket: number;
  readonly different: Set<number>;
  registers: AcceptedState[];
  versionFloor: number;
  requestId: number;
}

const noDigests = new Float64Array(0);

export function createIncoming(site: Site, slot: Slot, view: View | undefined, epoch: number): Incoming {
  // Who holds nothing names no digests, but wants bounded pages all the same.
  const buckets = slot.records.size === 0 ? bucketsMax : bucketsFor(slot.records.size);
  const digests = slot.records.size === 0 ? noDigests : digestBuckets(slot.records.values(), buckets);
  const sinceMs = site.environment.clock.nowMs();
  return { view, epoch, buckets, digests, sources: new Map(), tries: 0, sinceMs };
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
