/** Answering fetches (V6 of docs/design/replication.md): to whom what is held here speaks, and how, in pages of buckets that differ. */
import { bytesOf } from '../../store.js';
import { isPlanted } from '../environment.js';
import type { Fetch, Fetched } from './messages.js';
import { packRegisters, type AcceptedState } from './packed-registers.js';
import type { Register } from './register.js';
import { bucketOfHash, digestBuckets } from './registers-digest.js';
import type { Site } from './site.js';
import { slotOf, type Slot } from './slot.js';
import { pageBytesMax } from './timing.js';
import type { View } from './view.js';

/** The asker's view has been learnt before. */
export function answerFetch(site: Site, message: Fetch): void {
  const { partition, epoch, view, buckets, digests, bucket, requestId, from } = message;
  const slot = slotOf(site, partition);
  const kind = slot === undefined ? 'none' : kindOfAnswer(slot, epoch, view);
  const isNone = slot === undefined || kind === 'none';
  const page = isNone ? emptyPage(bucket) : pageOf(site, slot, digests, buckets, bucket);
  const known = slot?.view;
  site.environment.send(from, {
    type: 'fetched',
    from: site.self,
    requestId,
    partition,
    epoch,
    kind,
    bucket,
    nextBucket: page.nextBucket,
    different: page.different,
    registers: packRegisters(page.registers),
    versionFloor: isNone ? 0 : slot.versionFloor,
    views: !isNone || known === undefined || known.epoch < epoch ? [] : [known],
  });
}

interface Page {
  readonly nextBucket: number;
  readonly different: readonly number[];
  readonly registers: readonly AcceptedState[];
}

function emptyPage(first: number): Page {
  return { nextBucket: first, different: [], registers: [] };
}

/** V6: sealed answers come from whoever was active in the epoch before; copies from whoever is, or was, active in the epoch. */
function kindOfAnswer(slot: Slot, epoch: number, view: View | null): Fetched['kind'] {
  const was = slot.status === 'active' || slot.status === 'sealed';
  if (was && slot.epoch === epoch) return 'copy';
  if (view !== null && was && slot.epoch === view.previousEpoch) return 'sealed';
  return 'none';
}

/** The registers of differing buckets from `first` on, least recently changed first, until they fill a page. */
function pageOf(site: Site, slot: Slot, theirs: Float64Array, buckets: number, first: number): Page {
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
