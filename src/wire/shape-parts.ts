/** Parts that shapes of messages share. */
import type { ByteString } from '../bytes.js';
import type { Peer } from '../peer.js';
import { replicasMax } from '../ring-options.js';
import { isBallot, isEpoch } from '../replication/linearizable/ballot.js';
import { array, bytes, fail, peer, plain, show, where, whole, type Shape } from './shapes.js';
import { isCount } from './batch-checks.js';

/** What every message has besides its own fields. */
type Common = 'type' | 'from';
/** The shape of a message's own fields; its sender is the packet's, its type stands beside. */
export type MessageShape<M> = Shape<Omit<M, Common>>;
/** A shape for each type of message of a union. */
export type ShapesOf<M extends { readonly type: string }> = {
  readonly [T in M['type']]: MessageShape<Extract<M, { readonly type: T }>>;
};

export const partition = whole(0, ({ partitions }) => partitions - 1);
export const epoch = numberThat(isEpoch, 'an epoch');
export const ballot = numberThat(isBallot, 'a ballot');
export const reading = numberThat(isCount, "a clock's reading");
export const version = numberThat(isCount, 'a version');
export const word = whole(-(2 ** 31), 2 ** 31 - 1);
/** A sum of hashes: exact, or not quite when there are very many. */
export const sum = numberThat((value) => value >= 0 && value < Infinity, 'a sum');

export const key: Shape<ByteString> = bytes(({ keyBytesMax }) => keyBytesMax);

/** The members of a group or view: each once, at most as many as a ring may have copies. */
export const group = where(array(peer, replicasMax), (peers) =>
  isDistinct(peers.map(({ id }) => id)) ? undefined : 'names a peer twice',
);

/** Partitions, each once. */
export const partitionList = where(array(partition), distinct);

/** Things of different partitions. */
export function byPartition<T extends { readonly partition: number }>(shape: Shape<T>): Shape<readonly T[]> {
  return where(array(shape), (list) => distinct(list.map((item) => item.partition)));
}

/** Things of partitions of which some may come twice: what a turn has gathered. */
export function perPartition<T>(shape: Shape<T>): Shape<readonly T[]> {
  return where(array(shape), ({ length }, { limits }) =>
    length > 4 * limits.partitions ? `has ${length} members for ${limits.partitions} partitions` : undefined,
  );
}

export function distinct(values: readonly number[]): string | undefined {
  return isDistinct(values) ? undefined : 'names something twice';
}

export function isDistinct(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length;
}

/** Whether the peer is the sender: a node speaks for itself alone. */
export const sender: Shape<Peer> = where(peer, ({ id }, { from }) =>
  id === from ? undefined : 'is not the sender',
);

function numberThat(holds: (value: number) => boolean, what: string): Shape<number> {
  return plain((json, source) =>
    typeof json === 'number' && holds(json) ? json : fail(source, `must be ${what}, not ${show(json)}`),
  );
}

/** Below 0 where a departing node asks: the ring region of its chart must not take the answers for its own. */
export const requestId = whole(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
