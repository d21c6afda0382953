/** What every part of the node's chart shares: its context, its events, its two effects, and its delays. */
import { setup } from 'xstate';
import type { Identifier } from '../../src/chord/identifier.js';
import type { ChordOverlay } from '../../src/chord/chord-overlay.js';
import type { Directory } from '../../src/chord/directory.js';
import type { FingerTable } from '../../src/chord/finger-table.js';
import type { RingState } from '../../src/chord/ring.js';
import type { RingConfig } from '../../src/config.js';
import type { Peer } from '../../src/peer.js';
import type { Random } from '../../src/ports.js';
import type { Engine } from '../../src/replication/engine.js';
import { changingViews } from './changing-views.js';
import { dataPlane } from './data-plane.js';
import type { NodeEntry, NodeEvent, Outgoing } from './events.js';
import { lookupMachine } from './looking-up-machine.js';
import { tickerMachine } from './ticker.js';

/** The one question that the ring region (or the joiner) has pending. */
export interface PendingQuestion {
  readonly requestId: number;
  readonly asked: Peer;
  /** 1 at first; the question is asked again under the same number, at most `triesMax` times. */
  readonly tries: number;
  /** Position of the own directory that the question told news through. */
  readonly toldThrough: number;
}

/** How far two directories have told each other: what the peer has seen of ours, and we of the peer's. */
export interface DirectoryProgress {
  readonly told: number;
  readonly heard: number;
}

export type { NodeEntry, NodeEvent, Outgoing } from './events.js';

export interface NodeContext {
  readonly self: Peer;
  readonly config: RingConfig;
  readonly entry: NodeEntry;
  readonly random: Random;
  /** Immutable; the same object as long as no pointer changes. */
  readonly ring: RingState;
  readonly fingers: FingerTable;
  /** Owned, mutable, grow-only: outside what snapshots compare. */
  readonly directory: Directory;
  /** By peer; only of peers that were asked lately. */
  readonly progress: ReadonlyMap<Identifier, DirectoryProgress>;
  /** Peers that the failure detector cannot reach at present. */
  readonly unreachable: ReadonlySet<Identifier>;
  /** What the tables above came to when they last changed; the engine holds the same view. */
  readonly overlay: ChordOverlay;
  /** Position of the directory that the tables were last compared with. */
  readonly directoryRead: number;
  /** Owned, mutable, outside snapshots. */
  readonly engine: Engine;
  /** What the runtime makes of `send`: queues messages that leave at the end of the turn. */
  readonly post: (messages: readonly Outgoing[]) => void;
  /** At most one: while it is pending, questions about the own state are answered `busy`. */
  readonly question: PendingQuestion | undefined;
  /** Asked next: a better successor that step 2 or a probe found, not to be adopted before it answers. */
  readonly candidate: Peer | undefined;
  /** Who notified and may replace the predecessor that is being asked for life. */
  readonly notifier: Peer | undefined;
  /** A notify that waits until no question is pending. */
  readonly waitingNotify: Peer | undefined;
  /** The probed once-known peer, and the request it must answer. */
  readonly probe: PendingQuestion | undefined;
  /** Finger to be refreshed next (0 to 160), and the number of the lookup that does so (0 when none). */
  readonly finger: number;
  readonly fingerLookup: number;
  /** Lookups running for others, by number: `lookup:<number>` are their actors. */
  readonly lookupTargets: ReadonlyMap<number, Identifier>;
  readonly rounds: number;
  /** Index of the contact that a joiner tries. */
  readonly contact: number;
  /** Numbers given to questions and lookups; each is used once. */
  readonly questions: number;
  readonly lookups: number;
}

/** Times a question is asked before it is abandoned; silence is never taken for death. */
export const triesMax = 3;

/** Stabilization rounds from one finger refresh to the next, and from one probe of a once-known peer to the next. */
export const roundsPerProbe = 4;

/** `meanMs`, jittered by half of it either way. */
export function jittered(meanMs: number, random: Random): number {
  return meanMs * (0.5 + random());
}

export const nodeSetup = setup({
  types: {
    context: {} as NodeContext,
    events: {} as NodeEvent,
    input: {} as NodeContext,
  },
  actors: {
    dataPlane,
    lookup: lookupMachine,
    changingViews,
    ticker: tickerMachine,
  },
  actions: {
    /** Queues messages; they leave at the end of the turn. The runtime hands them to `context.post`. */
    send: (_, _messages: readonly Outgoing[]) => {
      throw new Error('send: the runtime provides it');
    },
  },
  delays: {
    /** From one stabilization round to the next. */
    stabilizePeriod: ({ context }) => jittered(context.config.stabilizeIntervalMs, context.random),
    /** Until an unanswered question is asked again: doubled with each try. */
    questionTimeout: ({ context }) =>
      jittered(
        context.config.questionTimeoutMs * 2 ** ((context.question?.tries ?? 1) - 1),
        () => 0.25 + context.random() / 2,
      ),
    /** After `busy`: up to half a period, at random. */
    busyBackOff: ({ context }) => (context.config.stabilizeIntervalMs / 2) * context.random(),
    /** Between two attempts to join. */
    joinRetry: ({ context }) => jittered(context.config.questionTimeoutMs, context.random),
    /** How long a once-known peer has to answer a probe. */
    probeTimeout: ({ context }) => 2 * context.config.questionTimeoutMs,
  },
});
