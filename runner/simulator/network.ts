/** The simulated network: decides, from its seed, when and how often each message arrives, if at all. */
import type { Random } from '../../src/ports.js';
import { drawExponential } from './exponential.js';
import type { VirtualClock } from './virtual-clock.js';

/** How long messages are under way, in milliseconds. */
export type DelayDistribution =
  | { readonly type: 'uniform'; readonly minMs: number; readonly maxMs: number }
  /** Pareto with exponent 2, cut at `maxMs`: most take little more than `minMs`, few take very long. */
  | { readonly type: 'tailed'; readonly minMs: number; readonly maxMs: number }
  /** Uniform below `minMs`, but a share of them waits up to `maxMs`. */
  | {
      readonly type: 'stragglers';
      readonly minMs: number;
      readonly maxMs: number;
      readonly share: number;
    }
  /** As simulations of networks have it (Stoica et al. 2003, section VI). */
  | { readonly type: 'exponential'; readonly meanMs: number };

/** Messages from one of `from` to one of `to` do not arrive. Both ways when `both`. */
export interface Cut {
  readonly from: ReadonlySet<string>;
  readonly to: ReadonlySet<string>;
  readonly both: boolean;
}

export interface NetworkConditions {
  lossRate: number;
  duplicationRate: number;
  /** Duplicates come this much later at most. */
  duplicateMsMax: number;
  delay: DelayDistribution;
  readonly cuts: Set<Cut>;
}

/** What threads of one host do to each other's messages. */
export const calmDelay: DelayDistribution = { type: 'uniform', minMs: 0.02, maxMs: 0.4 };

/** A message under way. */
export interface Envelope<Content> {
  readonly from: string;
  readonly to: string;
  readonly content: Content;
}

export interface NetworkCounts {
  sent: number;
  lost: number;
  duplicated: number;
}

export interface Network<Content> {
  readonly conditions: NetworkConditions;
  readonly counts: NetworkCounts;
  /** Between nodes: may be lost, doubled, late and out of order. */
  send(from: string, to: string, content: Content): void;
  /** Between a client and a node: delayed, never lost or doubled, in order, as a port or a connection is. */
  sendInOrder(from: string, to: string, content: Content): void;
  /** All that has been sent and has not arrived, in no promised order. */
  underWay(): Iterable<Envelope<Content>>;
  /** Loses what one sender has under way, as a crash may. */
  loseFrom(from: string): void;
}

export function createNetwork<Content>(
  clock: VirtualClock,
  random: Random,
  arrive: (envelope: Envelope<Content>) => void,
  copy: (content: Content) => Content,
): Network<Content> {
  const conditions: NetworkConditions = {
    lossRate: 0,
    duplicationRate: 0,
    duplicateMsMax: 0,
    delay: calmDelay,
    cuts: new Set(),
  };
  const counts: NetworkCounts = { sent: 0, lost: 0, duplicated: 0 };
  const underWay = new Set<Envelope<Content>>();
  const lastArrivals = new Map<string, number>();

  const dispatch = (from: string, to: string, content: Content, delayMs: number): void => {
    const envelope: Envelope<Content> = { from, to, content };
    underWay.add(envelope);
    clock.set(() => {
      if (!underWay.delete(envelope)) return;
      if (isCut(conditions.cuts, from, to)) counts.lost++;
      else arrive(envelope);
    }, delayMs);
  };
  return {
    conditions,
    counts,
    send(from, to, content) {
      counts.sent++;
      if (random() < conditions.lossRate || isCut(conditions.cuts, from, to)) {
        counts.lost++;
        return;
      }
      dispatch(from, to, copy(content), drawDelay(conditions.delay, random));
      if (random() < conditions.duplicationRate) {
        counts.duplicated++;
        const lateMs = conditions.duplicateMsMax === 0 ? 0 : random() * conditions.duplicateMsMax;
        dispatch(from, to, copy(content), lateMs + drawDelay(conditions.delay, random));
      }
    },
    sendInOrder(from, to, content) {
      counts.sent++;
      const link = `${from}>${to}`;
      const earliestMs = clock.nowMs() + drawDelay(conditions.delay, random);
      const arrivalMs = Math.max(earliestMs, lastArrivals.get(link) ?? 0);
      lastArrivals.set(link, arrivalMs);
      dispatch(from, to, copy(content), arrivalMs - clock.nowMs());
    },
    underWay: () => underWay,
    loseFrom(from) {
      for (const envelope of underWay) {
        if (envelope.from === from) underWay.delete(envelope);
      }
    },
  };
}

/** Uses no Math.log, exp or pow, which differ between engines; a square root is exact everywhere. */
export function drawDelay(distribution: DelayDistribution, random: Random): number {
  switch (distribution.type) {
    case 'uniform':
      return distribution.minMs + random() * (distribution.maxMs - distribution.minMs);
    case 'tailed':
      return Math.min(distribution.maxMs, distribution.minMs / Math.sqrt(1 - random()));
    case 'stragglers':
      return random() < distribution.share ? random() * distribution.maxMs : random() * distribution.minMs;
    case 'exponential':
      return distribution.meanMs * drawExponential(random);
  }
}

function isCut(cuts: ReadonlySet<Cut>, from: string, to: string): boolean {
  for (const cut of cuts) {
    if (cut.from.has(from) && cut.to.has(to)) return true;
    if (cut.both && cut.from.has(to) && cut.to.has(from)) return true;
  }
  return false;
}
