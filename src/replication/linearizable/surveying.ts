/**
 * A survey: what all living nodes hold of a partition at one moment. Answers are of different moments, between which a view may have changed;
 * so everybody is asked again until nobody answers anything else. Equal answers to two questions in a row were all true between the two.
 */
import type { Identifier } from '../../chord/identifier.js';
import type { Peer } from '../../peer.js';
import { isDead } from '../engine-state.js';
import type { GetSurvivor, Survivor } from './messages.js';
import { seemsAlive, type Site } from './site.js';
import { slotOf, type Slot } from './slot.js';
import { resendMs } from './timing.js';

export interface Survey {
  readonly slot: Slot;
  /** All nodes that live, as the host says, this one included: each must answer, for it may hold or know what no other does. */
  readonly living: readonly Peer[];
  /** Of the question under way, and the answers to it. */
  requestId: number;
  answers: Map<Identifier, Survivor>;
  /** Answers to the question before. */
  before: ReadonlyMap<Identifier, Survivor>;
  askedAtMs: number;
}

export function createSurvey(slot: Slot, living: readonly Peer[]): Survey {
  return { slot, living, requestId: 0, answers: new Map(), before: new Map(), askedAtMs: -Infinity };
}

/** Asks on. True: `answers` are what all held at one moment. */
export function isSurveyed(site: Site, survey: Survey, nowMs: number): boolean {
  if (survey.requestId === 0) askAnew(site, survey, nowMs);
  while (unansweredBy(site, survey).length === 0) {
    survey.answers.set(site.self, survivorOf(site, survey.slot, survey.requestId));
    if (isSame(survey.before, survey.answers)) return true;
    askAnew(site, survey, nowMs);
  }
  if (nowMs - survey.askedAtMs >= resendMs) askSilent(site, survey, nowMs);
  return false;
}

/** Those that have answered neither the question under way nor the one before. */
export function silentOf(site: Site, survey: Survey): Peer[] {
  return unansweredBy(site, survey).filter(({ id }) => !survey.before.has(id));
}

/**
 * Those that live, and neighbours that this node takes for alive, whose death it may not have heard of: until then it would believe what
 * such a one said last, of a lineage that nobody else ever heard of.
 */
export function livingOf(site: Site, { living }: Survey): Peer[] {
  const { successors, predecessor } = site.overlay ?? { successors: [], predecessor: undefined };
  const peers = new Map(living.filter(({ id }) => !isDead(site, id)).map((peer) => [peer.id, peer]));
  for (const peer of [...successors, predecessor])
    if (peer !== undefined && seemsAlive(site, peer.id)) peers.set(peer.id, peer);
  return [...peers.values()];
}

export function answerGetSurvivor(site: Site, message: GetSurvivor): void {
  const slot = slotOf(site, message.partition);
  if (slot !== undefined) site.environment.send(message.from, survivorOf(site, slot, message.requestId));
}

function askAnew(site: Site, survey: Survey, nowMs: number): void {
  survey.before = survey.answers;
  survey.answers = new Map();
  survey.requestId = site.nextRequestId++;
  askSilent(site, survey, nowMs);
}

function askSilent(site: Site, survey: Survey, nowMs: number): void {
  survey.askedAtMs = nowMs;
  const { requestId, slot } = survey;
  const { partition } = slot;
  for (const { id } of unansweredBy(site, survey))
    site.environment.send(id, { type: 'getSurvivor', from: site.self, requestId, partition });
}

function unansweredBy(site: Site, survey: Survey): Peer[] {
  return livingOf(site, survey).filter(({ id }) => id !== site.self && !survey.answers.has(id));
}

function isSame(
  before: ReadonlyMap<Identifier, Survivor>,
  after: ReadonlyMap<Identifier, Survivor>,
): boolean {
  if (before.size !== after.size) return false;
  for (const [id, { view, epoch, leaves }] of after) {
    const earlier = before.get(id);
    if (earlier?.view?.epoch !== view?.epoch || earlier?.epoch !== epoch || earlier.leaves !== leaves)
      return false;
  }
  return true;
}

function survivorOf(site: Site, slot: Slot, requestId: number): Survivor {
  const { partition, status } = slot;
  const holds = status === 'active' || status === 'sealed';
  return {
    type: 'survivor',
    from: site.self,
    requestId,
    partition,
    view: slot.view ?? null,
    epoch: holds ? slot.epoch : 0,
    leaves: site.departure !== 'none',
  };
}
