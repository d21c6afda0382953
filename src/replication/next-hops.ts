/** Where a client's lookup goes on: each node answers one step of it from its own tables (Chord's iterative lookup). */
import { trustBytes, type ByteString } from '../bytes.js';
import { parseIdentifier, type Identifier } from '../chord/identifier.js';
import type { Peer } from '../peer.js';
import { statuses } from '../wire/requests.js';
import { isDead, type EngineState } from './engine-state.js';
import { naturalGroup } from './partition.js';

const nobody: ReadonlySet<Identifier> = new Set();

/** Answers a request for the next hop towards an identifier. */
export function route(state: EngineState, client: number, id: number, key: ByteString): void {
  const target = parseIdentifier(key);
  if (target !== undefined) replyNextHops(state, client, id, target);
  else state.environment.reply(client, id, statuses.error, trustBytes('not an identifier'));
}

/** Answers with `moved` where the home is known, else with `hop` or, where this node knows no other, `tryAgain`. */
export function replyNextHops(state: EngineState, client: number, id: number, target: Identifier): void {
  const { overlay, environment } = state;
  const hops = overlay?.nextHops(target, nobody);
  const peers = (hops?.peers ?? []).filter((peer) => isServing(state, peer));
  if (hops === undefined || peers.length === 0) {
    environment.reply(client, id, statuses.tryAgain, 'this node knows no other that could answer');
  } else if (hops.kind === 'home') {
    const group = naturalGroup(peers, environment.config.replicas);
    environment.reply(client, id, statuses.moved, group.map((peer) => peer.id).join());
  } else {
    environment.reply(client, id, statuses.hop, [hops.via, ...peers.map((peer) => peer.id)].join());
  }
}

/** Neither dead nor, when it is this node itself, on its way out. */
export function isServing(state: EngineState, { id }: Peer): boolean {
  return id === state.self ? state.departure !== 'announced' : !isDead(state, id);
}
