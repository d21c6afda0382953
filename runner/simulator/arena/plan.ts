/** The plan of one run of the arena: its nodes, its workload, its network, and which faults happen and how hard. */
import type { DelayDistribution } from '../network.js';
import type { KeyKind } from './operations.js';

export const arenaFaults = [
  'loss',
  'duplication',
  'delay',
  'partition',
  'pause',
  'crash',
  'hostCrash',
  'suspicion',
  'clockJump',
  'join',
  'leave',
] as const;
export type ArenaFault = (typeof arenaFaults)[number];

/** One node from all (both ways, only what it says, only what it hears), any part from the rest, or one from one. */
export type CutShape = 'isolate' | 'mute' | 'deaf' | 'halves' | 'oneWay' | 'pair';

/** One kind of fault, happening again and again. */
export interface FaultStream {
  readonly fault: ArenaFault;
  readonly meanGapMs: number;
}

export interface ArenaPlan {
  readonly replicas: number;
  readonly partitions: number;
  readonly founders: number;
  /** Nodes share this many hosts. */
  readonly hosts: number;
  readonly keys: number;
  /** Of keys: histories of registers are cheaper to judge by far. */
  readonly kinds: readonly KeyKind[];
  readonly connections: number;
  /** Operations that one connection may have under way. */
  readonly lanes: number;
  /** Mean pause of a lane between two operations: while all views are steady, and while one is not. */
  readonly steadyGapMs: number;
  readonly changingGapMs: number;
  readonly operationTimeoutMs: number;
  /** Share of gets among operations, of deletes among changes. */
  readonly reads: number;
  readonly deletes: number;
  /** Probability that a request goes to any node instead of the one that led last. */
  readonly wanders: number;
  /** Network in the absence of faults. */
  readonly delay: DelayDistribution;
  readonly streams: readonly FaultStream[];
  /** Who is cut off from whom, and how long at most (one is drawn). */
  readonly cuts: readonly CutShape[];
  readonly cutMsMax: readonly number[];
  /** Of all messages between nodes while the faults last, whether or not there is a stream of losses or duplication. */
  readonly lossRate: number;
  readonly duplicationRate: number;
  readonly duplicateMsMax: number;
  /** No clock begins further off than this, or runs this much fast or slow. */
  readonly skewMsMax: number;
  readonly drift: number;
  /** News of joins and deaths may reach a node this late. */
  readonly newsMsMax: number;
  /** Probability that whoever drives a view change dies of it. */
  readonly driverDies: number;
  /** Probability that a view change makes another node join. */
  readonly joinsDuringChange: number;
  /** Whether crashes may leave a view without a quorum: nothing stale may be served then, but nothing need be. */
  readonly mayLoseQuorum: boolean;
  /** How often somebody looks for partitions without a quorum, and recovers them with loss; undefined = never. */
  readonly recoversEachMs: number | undefined;
  /** Virtual time in which the faults happen, unless the operations are used up before. */
  readonly faultyMsMax: number;
}
