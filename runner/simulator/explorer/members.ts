/** The nodes of an exploration: A, B and C found the ring, D is the newcomer. A is the home of the only partition. */
import { trustIdentifier, type Identifier } from '../../../src/chord/identifier.js';
import { defaultConfig, type RingConfig } from '../../../src/config.js';
import type { Overlay } from '../../../src/overlay.js';
import type { Peer } from '../../../src/peer.js';
import type { View } from '../../../src/replication/linearizable/view.js';
import { overlayOf } from '../arena/membership.js';

export const founderCount = 3;
export const memberNames = ['A', 'B', 'C', 'D'] as const;
export const memberCount = memberNames.length;
/** The member that leaves, and the newcomer. */
export const leaver = 2;
export const newcomer = 3;

export const peers: readonly Peer[] = memberNames.map((name, index) => ({
  id: trustIdentifier(`${index + 1}`.padEnd(40, '0')),
  address: name,
  host: name,
  incarnation: 1,
}));

export const exploredConfig: RingConfig = {
  ...defaultConfig,
  clusterId: 'explored',
  consistency: 'linearizable',
  partitions: 1,
};

const indexes = new Map(peers.map(({ id }, index) => [id, index]));

export function peerOf(index: number): Peer {
  const peer = peers[index];
  if (peer === undefined) throw new RangeError(`there is no member ${index}`);
  return peer;
}

export function indexOf(id: Identifier): number {
  return indexes.get(id) ?? -1;
}

export function nameOf(id: Identifier): string {
  return memberNames[indexOf(id)] ?? id;
}

/** For people and for comparing: `2 ABD after 1 ABC`. */
export function viewText({ epoch, members, previousEpoch, previous, wipes }: View): string {
  return `${epoch} ${namesOf(members)} after ${previousEpoch} ${namesOf(previous)}${wipes ? ' wiped' : ''}`;
}

export function namesOf(list: readonly Peer[]): string {
  return list.map(({ id }) => nameOf(id)).join('');
}

/** The ring from one node, some of whose nodes it knows to be dead: a bit a node. */
export function overlayFrom(index: number, deadBits: number): Overlay {
  return overlayOf(peerOf(index), {
    known: new Map(peers.map((peer) => [peer.id, peer])),
    dead: new Set(peers.filter((_, each) => (deadBits & (1 << each)) !== 0).map(({ id }) => id)),
    unreachable: new Set(),
  });
}
