/** The failure detector of a simulated host: certain deaths after a short delay, and opinions about who cannot be reached. */
import type { Identifier } from '../../src/chord/identifier.js';
import type { Random } from '../../src/ports.js';
import type { VirtualClock } from './virtual-clock.js';

/** Whom the detector tells. */
export interface DetectorAudience {
  /** Nodes that live at present. */
  living(): readonly Identifier[];
  tellDead(node: Identifier, dead: Identifier): void;
  tellUnreachable(node: Identifier, peer: Identifier, unreachable: boolean): void;
  /** The host has seen the end of the node's thread: clients and new nodes will know. */
  hostLearned(dead: Identifier): void;
}

export interface FailureDetector {
  /** The node's thread ended. Everyone alive is told once, each after a delay of its own. */
  died(dead: Identifier): void;
  /** The peers have been out of each other's reach since now. The opinion forms after 5 s unless `reachable` comes first. */
  lostSight(observer: Identifier, peer: Identifier): void;
  /** They reach each other again; the opinion is revoked a little later. */
  sighted(observer: Identifier, peer: Identifier): void;
}

/** Milliseconds of silence before a peer counts as unreachable. */
const suspicionMs = 5_000;

export function createFailureDetector(
  clock: VirtualClock,
  random: Random,
  audience: DetectorAudience,
): FailureDetector {
  /** How many causes hide the peer from the observer; key `observer peer`. */
  const causes = new Map<string, number>();
  const opinions = new Set<string>();

  return {
    died(dead) {
      const noticedMs = drawNoticeMs(random);
      clock.set(() => {
        audience.hostLearned(dead);
        for (const node of audience.living()) {
          clock.set(() => audience.tellDead(node, dead), random() < 0.9 ? random() : drawNoticeMs(random));
        }
      }, noticedMs);
    },
    lostSight(observer, peer) {
      const pair = `${observer} ${peer}`;
      const count = (causes.get(pair) ?? 0) + 1;
      causes.set(pair, count);
      if (count > 1) return;
      clock.set(
        () => {
          // Told again where the opinion stands: the observer may have heard from the peer meanwhile, and thought better of it.
          if ((causes.get(pair) ?? 0) === 0) return;
          opinions.add(pair);
          audience.tellUnreachable(observer, peer, true);
        },
        suspicionMs * (1 + random() / 2),
      );
    },
    sighted(observer, peer) {
      const pair = `${observer} ${peer}`;
      const count = (causes.get(pair) ?? 0) - 1;
      if (count > 0) {
        causes.set(pair, count);
        return;
      }
      causes.delete(pair);
      clock.set(() => {
        if (causes.has(pair) || !opinions.delete(pair)) return;
        audience.tellUnreachable(observer, peer, false);
      }, random() * 1_000);
    },
  };
}

/** A worker's exit is noticed after 3 to 8 ms as a rule, under full load after up to 1.2 s (measured; chord.md). */
function drawNoticeMs(random: Random): number {
  return random() < 0.85 ? 3 + random() * 5 : random() * 1_200;
}
