/**
 * Recovery with loss ("Loss of a quorum" in docs/design/replication.md): every living node tells what it holds of a partition; where
 * no quorum can go on, what the newest survivors hold is merged into the first view of a new lineage. Its epoch exceeds all of the
 * lineage before, so a member that was lost and returns finds its replica discarded.
 */
import type { Recovery } from '../../admin.js';
import type { Identifier } from '../../chord/identifier.js';
import { RondoError } from '../../errors.js';
import type { Peer } from '../../peer.js';
import { raisePending } from '../engine-state.js';
import { naturalGroup } from '../partition.js';
import { describeEpoch, firstEpoch, hasNextLineage, nextLineage } from './ballot.js';
import { learnView } from './learning.js';
import type { Survivor } from './messages.js';
import type { Site } from './site.js';
import { slotOf, type Slot } from './slot.js';
import { createSurvey, isSurveyed, livingOf, silentOf, type Survey } from './surveying.js';
import { recoverMsMax, survivorMsMax } from './timing.js';
import { neededOf, placeIn, quorumOf, type View } from './view.js';

export type SettleRecovery = (outcome: Recovery | RondoError) => void;

/** A recovery under way at this node. */
export interface Recovering extends Survey {
  readonly sinceMs: number;
  readonly settle: SettleRecovery;
  /** The first view of the new lineage, once it is made. */
  begun: { readonly view: View; readonly lost: readonly Peer[] } | undefined;
}

/**
 * Begins a new lineage of the partition from its survivors, and settles when a quorum of it is active; with an error, and without
 * any effect, when a quorum answers.
 */
export function startRecovering(
  site: Site,
  partition: number,
  living: readonly Peer[],
  settle: SettleRecovery,
): void {
  const slot = slotOf(site, partition);
  if (slot === undefined)
    return settle(new RondoError('INVALID_ARGUMENT', `there is no partition ${partition}`));
  if (site.recoveries.has(partition))
    return settle(new RondoError('BUSY', `partition ${partition} is being recovered`));
  const nowMs = site.environment.clock.nowMs();
  const recovering = { ...createSurvey(slot, living), sinceMs: nowMs, settle, begun: undefined };
  site.recoveries.set(partition, recovering);
  tickRecovery(site, recovering, nowMs);
  raisePending(site);
}

export function handleSurvivor(site: Site, message: Survivor, nowMs: number): void {
  const recovering = site.recoveries.get(message.partition);
  if (recovering === undefined || recovering.requestId !== message.requestId) return;
  recovering.answers.set(message.from, message);
  tickRecovery(site, recovering, nowMs);
}

/** Returns whether a recovery is under way. */
export function tickRecoveries(site: Site, nowMs: number): boolean {
  for (const recovering of [...site.recoveries.values()]) tickRecovery(site, recovering, nowMs);
  return site.recoveries.size > 0;
}

function tickRecovery(site: Site, recovering: Recovering, nowMs: number): void {
  const { begun, sinceMs, slot } = recovering;
  const lastedMs = nowMs - sinceMs;
  if (begun !== undefined) {
    if (isServing(slot, begun.view)) finish(site, recovering, reportOf(site, recovering, begun));
    else if (lastedMs >= recoverMsMax) finish(site, recovering, notYet(begun.view));
    return;
  }
  if (isSurveyed(site, recovering, nowMs)) judge(site, recovering);
  else if (lastedMs >= survivorMsMax) finish(site, recovering, notSurveyed(slot, silentOf(site, recovering)));
}

/** All living nodes have told what they hold: refuses, or begins. */
function judge(site: Site, recovering: Recovering): void {
  const { slot, answers } = recovering;
  const { partition } = slot;
  const known = newestOf(answers.values());
  if (known !== undefined && canServe(known, answers)) {
    const refusal = `partition ${partition} has a quorum in epoch ${describeEpoch(known.epoch)}: nothing was changed`;
    return finish(site, recovering, new RondoError('INVALID_ARGUMENT', refusal));
  }
  const epoch = known?.epoch ?? firstEpoch;
  if (!hasNextLineage(epoch)) {
    const refusal = `partition ${partition} was recovered too often: dump the ring and restore it to a new one`;
    return finish(site, recovering, new RondoError('UNSUPPORTED', refusal));
  }
  const living = livingOf(site, recovering).filter(({ id }) => answers.has(id));
  const staying = living.filter(({ id }) => answers.get(id)?.leaves !== true);
  const members = groupOf(slot, staying.length > 0 ? staying : living, site.environment.config.replicas);
  const held = Math.max(0, ...living.map(({ id }) => answers.get(id)?.epoch ?? 0));
  const view: View = {
    partition,
    epoch: nextLineage(epoch, site.environment.random()),
    members,
    previousEpoch: held > 0 ? held : epoch,
    previous: held > 0 ? living.filter(({ id }) => answers.get(id)?.epoch === held) : [],
    wipes: false,
    recovers: true,
  };
  if (placeIn(view, site.self) === -1) {
    const refusal = `node ${site.environment.self.address} is not to be a member: try again`;
    return finish(site, recovering, new RondoError('BUSY', refusal));
  }
  begin(site, recovering, view, known?.members.filter(({ id }) => !answers.has(id)) ?? []);
}

function begin(site: Site, recovering: Recovering, view: View, lost: readonly Peer[]): void {
  const { partition, epoch, members, previousEpoch, previous } = view;
  recovering.begun = { view, lost };
  site.environment.log?.('warn', 'a partition without quorum begins a new lineage: changes may be lost', {
    partition,
    epoch: describeEpoch(epoch),
    members: addressesOf(members),
    from: describeEpoch(previousEpoch),
    survivors: addressesOf(previous),
    lost: addressesOf(lost),
  });
  for (const { id } of livingOf(site, recovering)) {
    if (id !== site.self) site.environment.send(id, { type: 'views', from: site.self, views: [view] });
  }
  learnView(site, view);
  tickRecovery(site, recovering, site.environment.clock.nowMs());
}

/** Whether the newest view can go on by itself, with those that answered: it has a quorum, and somebody to start from. */
function canServe(view: View, answers: ReadonlyMap<Identifier, Survivor>): boolean {
  const present = view.members.filter(({ id }) => answers.has(id)).length;
  if (present < quorumOf(view.members)) return false;
  for (const { epoch } of answers.values()) if (epoch === view.epoch) return true;
  const sealed = view.previous.filter(({ id }) => answers.get(id)?.epoch === view.previousEpoch);
  return sealed.length >= neededOf(view);
}

function isServing(slot: Slot, begun: View): boolean {
  const { status, epoch, members, activated } = slot;
  if (status !== 'active' || epoch < begun.epoch) return false;
  return members.filter(({ id }) => activated.has(id)).length >= slot.quorum;
}

function newestOf(answers: Iterable<Survivor>): View | undefined {
  let newest: View | undefined;
  for (const { view } of answers) {
    if (view !== null && view.epoch > (newest?.epoch ?? 0)) newest = view;
  }
  return newest;
}

/** The natural group among these nodes. */
function groupOf(slot: Slot, peers: readonly Peer[], replicas: number): readonly Peer[] {
  const ring = [...peers].sort((one, other) => (one.id < other.id ? -1 : 1));
  const home = ring.findIndex(({ id }) => id >= slot.identifier);
  return naturalGroup(home <= 0 ? ring : [...ring.slice(home), ...ring.slice(0, home)], replicas);
}

function finish(site: Site, recovering: Recovering, outcome: Recovery | RondoError): void {
  site.recoveries.delete(recovering.slot.partition);
  if (!(outcome instanceof RondoError))
    site.environment.log?.('warn', 'a partition was recovered with loss', { ...outcome });
  recovering.settle(outcome);
}

function reportOf(
  site: Site,
  { slot }: Recovering,
  { view, lost }: NonNullable<Recovering['begun']>,
): Recovery {
  let records = 0;
  const nowMs = site.environment.clock.nowMs();
  for (const { tombstone, expiresAt } of slot.records.values())
    if (!tombstone && expiresAt > nowMs) records++;
  return {
    partition: view.partition,
    epoch: describeEpoch(view.epoch),
    records,
    survivors: addressesOf(view.previous),
    lost: addressesOf(lost),
  };
}

function notSurveyed({ partition }: Slot, silent: readonly Peer[]): RondoError {
  if (silent.length === 0)
    return new RondoError(
      'BUSY',
      `partition ${partition} was left as it is: its views are changing; try again`,
    );
  const names = addressesOf(silent).join(', ');
  const advice = 'it may hold what no other does: wait for it, or end it (rondo kill)';
  return new RondoError(
    'BUSY',
    `partition ${partition} was left as it is: ${names} does not answer; ${advice}`,
  );
}

function notYet({ partition, epoch }: View): RondoError {
  const state = `began epoch ${describeEpoch(epoch)}, but has no quorum there yet: it goes on`;
  return new RondoError('TIMEOUT', `partition ${partition} ${state}`);
}

function addressesOf(peers: readonly Peer[]): string[] {
  return peers.map(({ address }) => address);
}
