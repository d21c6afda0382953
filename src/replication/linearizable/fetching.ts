/**
 * What a view starts from (V5 to V7 of docs/design/replication.md): a new member asks the members of the epoch before, and those of
 * its own view, until a quorum of the former has answered sealed, or one of the latter with its copy. Pages of buckets;
 * buckets that the asker holds already are named, not sent.
 */
import type { Identifier } from '../../chord/identifier.js';
import { raisePending } from '../engine-state.js';
import { isPlanted } from '../environment.js';
import { askNewlyActive, reopen } from './changing.js';
import { forgetRegisters } from './forgetting.js';
import { ask, askPage, createIncoming, isWhole, type Incoming } from './incoming.js';
import { claimFrom, refreshLead } from './leading.js';
import type { Activated, Fetched } from './messages.js';
import { unpackRegisters } from './packed-registers.js';
import { setPhase } from './phases.js';
import { seemsAlive, type Site } from './site.js';
import { activate, type Slot } from './slot.js';
import { applyCopy, applySealed } from './transferring.js';
import { neededOf, placeIn, quorumOf, type View } from './view.js';
import { finishWarming } from './warming.js';
import { answerFlushes } from './whole-partitions.js';

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
