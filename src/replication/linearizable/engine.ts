/** The linearizable mode: every door into a site, and what each leads to (docs/design/replication.md, 1). */
import { assertNever } from '../../errors.js';
import type { LinearizableEngine, ViewPhase } from '../engine.js';
import { isDead, raisePending } from '../engine-state.js';
import type { ReplicaEnvironment } from '../environment.js';
import { isEventualMessage } from '../messages.js';
import { releaseReservations } from '../reservations.js';
import { ledBy } from '../shelf-counts.js';
import { answerAsks } from './acceptor.js';
import { answerFetch } from './answering-fetches.js';
import { handleAnswers } from './answers.js';
import { flushAsks } from './asking.js';
import { enforceBounds } from './bounding.js';
import {
  answerAcceptView,
  answerPrepareView,
  decidingDue,
  handleViewAccepted,
  handleViewPromised,
  handleViewRefused,
  warmedUp,
} from './deciding.js';
import { departureReport, handleWantsToLeave, isHandedOver, tellLeaving } from './departing.js';
import { fetchingDue, handleActivated, handleFetched } from './fetching.js';
import { driveNext, handleSuggest, hintSoon, reconsider } from './hinting.js';
import { answerPrepareAll, handlePreparedAll, handleUniform, refreshLead } from './leading.js';
import { learnView, learnViews } from './learning.js';
import type { ViewMessage } from './messages.js';
import { handleSurvivor, startRecovering } from './recovering.js';
import { answerCompare, doubtEqual, handleEqual, handleRepair, settleKeys } from './repairing.js';
import { tickReservations } from './reserving.js';
import { serveRequests } from './serving.js';
import { createSite, type Site } from './site.js';
import { answerGetViews, confirmActive } from './spreading.js';
import { copiesOf, copyOf, peersOf, siteDigest, siteStats } from './statistics.js';
import { answerGetSurvivor } from './surveying.js';
import { activityOf, tick, tickInMs } from './ticking.js';
import { phaseMs } from './timing.js';
import { handleWarmUp } from './warming.js';
import { answerListKeys, handleKeysListed } from './whole-partitions.js';

export function createLinearizableEngine(environment: ReplicaEnvironment): LinearizableEngine {
  const site = createSite(environment);
  const turn = <Arguments extends readonly unknown[]>(door: (...given: Arguments) => void) => {
    return (...given: Arguments): void => {
      door(...given);
      driveNext(site, environment.clock.nowMs());
      flushAsks(site);
    };
  };
  return {
    consistency: 'linearizable',
    environment,
    site,
    overlayChanged: turn((overlay) => {
      site.overlay = overlay;
      forgetDead(site);
      refreshLeads(site);
      hintSoon(site, environment.clock.nowMs());
    }),
    routesChanged: (overlay) => {
      if (site.overlay !== undefined) site.overlay = overlay;
    },
    peerUnreachable: turn((id, unreachable) => {
      if (unreachable) site.unreachable.add(id);
      else site.unreachable.delete(id);
      doubtEqual(site, id);
      refreshLeads(site);
      for (const slot of [...site.concerned.keys()]) reconsider(site, slot, environment.clock.nowMs());
      raisePending(site);
    }),
    handleRequests: turn((client, batch) => {
      serveRequests(site, client, batch);
      if (site.store.bounded) enforceBounds(site, environment.clock.nowMs());
    }),
    handleMessages: turn((messages) => {
      for (const message of messages) {
        // What the dead said last may be of a lineage that nobody else ever heard of (surveying.ts).
        if (!isEventualMessage(message) && !isDead(site, message.from)) handleMessage(site, message);
      }
    }),
    clientClosed: (client) => releaseReservations(site, client),
    tick: turn(() => tick(site)),
    tickInMs: () => tickInMs(site),
    activity: () => activityOf(site),
    viewPhase: (partition) => site.slots[partition]?.phase ?? 'steady',
    viewDelayMs: (partition) => viewDelayMs(site, partition),
    viewDue: turn((partition) => viewDue(site, partition)),
    startHandingOver: turn(() => {
      site.departure = 'handingOver';
      site.leaving.add(site.self);
      tellLeaving(site);
      site.hintsDueAtMs = 0;
      raisePending(site);
    }),
    isHandedOver: () => isHandedOver(site),
    departureReport: () => departureReport(site),
    stopServing: turn(() => {
      site.departure = 'announced';
      refreshLeads(site);
      tickReservations(site, environment.clock.nowMs());
    }),
    peers: () => peersOf(site),
    nextRequestId: () => site.nextRequestId++,
    stats: () => siteStats(site),
    led: () => ledBy(site.known),
    filling: () =>
      [...site.known].filter((slot) => slot.incoming !== undefined).map(({ partition }) => partition),
    digest: () => siteDigest(site),
    copies: () => copiesOf(site),
    copyOf: (key) => copyOf(site, key),
    recover: turn((partition, living, settle) => startRecovering(site, partition, living, settle)),
  };
}

function handleMessage(site: Site, message: ViewMessage): void {
  const nowMs = site.environment.clock.nowMs();
  switch (message.type) {
    case 'registerAsks':
      return answerAsks(site, message);
    case 'registerAnswers':
      learnViews(site, message.views);
      return handleAnswers(site, message, nowMs);
    case 'prepareAll':
      return answerPrepareAll(site, message);
    case 'preparedAll':
      learnViews(site, message.views);
      return handlePreparedAll(site, message, nowMs);
    case 'prepareView':
      return answerPrepareView(site, message);
    case 'viewPromised':
      return handleViewPromised(site, message);
    case 'acceptView':
      return answerAcceptView(site, message);
    case 'viewAccepted':
      return handleViewAccepted(site, message);
    case 'viewRefused':
      return handleViewRefused(site, message);
    case 'views':
      learnViews(site, message.views);
      return confirmActive(site, message);
    case 'getViews':
      return answerGetViews(site, message);
    case 'fetch':
      if (message.view !== null) learnView(site, message.view);
      return answerFetch(site, message);
    case 'fetched':
      learnViews(site, message.views);
      if (!handleRepair(site, message)) handleFetched(site, message);
      return;
    case 'activated':
      return handleActivated(site, message);
    case 'warmUp':
      learnView(site, message.view);
      return handleWarmUp(site, message);
    case 'warmedUp': {
      const slot = site.slots[message.partition];
      if (slot !== undefined && slot.epoch === message.epoch) warmedUp(site, slot, message.from);
      return;
    }
    case 'suggest':
      return handleSuggest(site, message, nowMs);
    case 'wantsToLeave':
      return handleWantsToLeave(site, message.from);
    case 'compareRegisters':
      return answerCompare(site, message);
    case 'uniform':
      return handleUniform(site, message);
    case 'registersEqual':
      return handleEqual(site, message);
    case 'settleKeys':
      return settleKeys(site, message, nowMs);
    case 'listKeys':
      return answerListKeys(site, message);
    case 'keysListed':
      return handleKeysListed(site, message, nowMs);
    case 'getSurvivor':
      return answerGetSurvivor(site, message);
    case 'survivor':
      return handleSurvivor(site, message, nowMs);
    default:
      return assertNever(message);
  }
}

/**
 * Of a phase of a view change: longest for those that only finish what a driver began (V4), and longer with each try, so that
 * drivers that refuse each other get out of each other's way.
 */
function viewDelayMs(site: Site, partition: number): number {
  const slot = site.slots[partition];
  const phase: ViewPhase = slot?.phase ?? 'steady';
  const tries = Math.min(6, slot?.tries ?? 0);
  const turns = phase === 'sealed' ? 2 + (slot?.place ?? 0) : 1;
  return phaseMs * turns * 2 ** tries * (0.75 + site.environment.random() / 2);
}

function viewDue(site: Site, partition: number): void {
  const slot = site.slots[partition];
  if (slot === undefined || slot.phase === 'steady') return;
  slot.tries++;
  if (slot.phase === 'fetching') fetchingDue(site, slot);
  else decidingDue(site, slot);
}

function refreshLeads(site: Site): void {
  const nowMs = site.environment.clock.nowMs();
  for (const slot of site.known) refreshLead(site, slot, nowMs);
}

function forgetDead(site: Site): void {
  const named = new Set<string>();
  for (const { view } of site.known) for (const { id } of view?.members ?? []) named.add(id);
  for (const id of [...site.deadSinceMs.keys()]) if (!named.has(id)) site.deadSinceMs.delete(id);
  for (const id of [...site.leaving]) if (isDead(site, id)) site.leaving.delete(id);
  for (const id of [...site.unreachable]) if (isDead(site, id)) site.unreachable.delete(id);
}
