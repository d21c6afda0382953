/** Putting fetched registers in place: ballots unchanged, whatever nobody holds is gone (V5 of docs/design/replication.md). */
import { isPlanted } from '../environment.js';
import { remove, store } from './acceptor.js';
import { ballotOf, type Ballot } from './ballot.js';
import type { Incoming, Source } from './incoming.js';
import type { AcceptedState } from './packed-registers.js';
import { bucketOfHash } from './registers-digest.js';
import { keyHashOf } from '../digest.js';
import type { Site } from './site.js';
import type { Slot } from './slot.js';

/** Takes over what one active replica holds. */
export function applyCopy(site: Site, slot: Slot, incoming: Incoming, source: Source): void {
  slot.versionFloor = Math.max(slot.versionFloor, source.versionFloor);
  replaceBuckets(site, slot, incoming, source.different, toMap(source.registers));
}

/** Takes, of each key, what was accepted at the highest ballot by any of the sources; by this node, too, when it is one of them. */
export function applySealed(
  site: Site,
  slot: Slot,
  incoming: Incoming,
  sources: readonly Source[],
  isSource: boolean,
): void {
  const different = new Set<number>();
  for (const source of sources) for (const bucket of source.different) different.add(bucket);
  const best = new Map<string, AcceptedState>();
  for (const source of sources) {
    slot.versionFloor = Math.max(slot.versionFloor, source.versionFloor);
    for (const state of source.registers) keepHigher(best, state);
  }
  const buckets = incoming.buckets;
  for (const register of slot.records.values()) {
    const bucket = bucketOfHash(register.keyHash, buckets);
    // What is held here counts where this node, or a source that holds the same in the bucket, vouches for it.
    const isVouched = isSource || sources.some((source) => !source.different.has(bucket));
    if (!different.has(bucket) || !isVouched) continue;
    const { key, value, tombstone, accepted, version, expiresAt, recent } = register;
    keepHigher(best, { key, value: tombstone ? undefined : value, accepted, version, expiresAt, recent });
  }
  replaceBuckets(site, slot, incoming, different, best);
  // Nobody was left to start from (`rondo recover`): what happens to be here is vouched for by nobody.
  if (sources.length === 0 && !isSource)
    for (const register of [...slot.records.values()]) remove(site, slot, register);
  if (incoming.view?.wipes === true) wipe(site, slot, sources);
}

function replaceBuckets(
  site: Site,
  slot: Slot,
  incoming: Incoming,
  buckets: ReadonlySet<number>,
  states: ReadonlyMap<string, AcceptedState>,
): void {
  if (buckets.size === 0) return;
  const count = incoming.buckets;
  for (const register of [...slot.records.values()]) {
    const state = states.get(register.key);
    if (state === undefined && buckets.has(bucketOfHash(register.keyHash, count)))
      remove(site, slot, register);
  }
  const restamped = isPlanted(site.environment, 'restampBallots');
  for (const state of states.values()) {
    if (!buckets.has(bucketOfHash(keyHashOf(state.key), count))) continue;
    const register = slot.records.get(state.key);
    if (register?.accepted === state.accepted) continue;
    const ballot: Ballot = restamped ? ballotOf(incoming.epoch, 1, 0) : state.accepted;
    const held = store(site, slot, state.key, register, ballot, state);
    held.promised = ballot;
    held.next = 0;
  }
}

/** FLUSHALL: nothing stays but the versions, which go on growing. */
function wipe(site: Site, slot: Slot, sources: readonly Source[]): void {
  for (const source of sources) {
    for (const { version } of source.registers) slot.versionFloor = Math.max(slot.versionFloor, version);
  }
  for (const register of [...slot.records.values()]) {
    slot.versionFloor = Math.max(slot.versionFloor, register.version);
    remove(site, slot, register);
  }
}

function keepHigher(best: Map<string, AcceptedState>, state: AcceptedState): void {
  const known = best.get(state.key);
  if (known === undefined || known.accepted < state.accepted) best.set(state.key, state);
}

function toMap(states: readonly AcceptedState[]): Map<string, AcceptedState> {
  return new Map(states.map((state) => [state.key, state]));
}
