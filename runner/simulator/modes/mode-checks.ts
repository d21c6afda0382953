/** What a run does and asserts that depends on the ring's consistency. */
import type { ByteString } from '../../../src/bytes.js';
import type { Identifier } from '../../../src/chord/identifier.js';
import type { BrokenInvariant } from '../ring-monitor.js';
import type { SimulatedNode } from '../simulated-node.js';
import type { World } from '../world.js';

export interface RunningWorkload {
  readonly counts: { readonly operations: number; readonly succeeded: number };
  /** No new operations begin. */
  stop(): void;
  /** The operations that have been open for longer than their deadline allows. */
  findStuck(): string | undefined;
}

export interface ModeChecks {
  /** A node gets its name; it starts later. */
  named(id: Identifier): void;
  turned(node: SimulatedNode): void;
  acknowledged(node: SimulatedNode, key: ByteString): void;
  crashed(node: SimulatedNode): void;
  left(node: SimulatedNode): void;
  /** Whether all data could go on being served without this node. */
  mayEnd(node: SimulatedNode): boolean;
  /** Once the world has its nodes and clients. */
  startWorkload(): RunningWorkload;
  /** What keeps the copies from being as they must be in a quiet ring. */
  findUnrest(): BrokenInvariant | undefined;
  /** When all is at rest. */
  checkInTheEnd(): Promise<void>;
  /** Acknowledged changes that crashes lost within what the mode promises. */
  allowedLosses(): number;
}

export interface ModePorts {
  readonly seed: number;
  /** The world exists when the first method is called. */
  world(): World;
  /** Virtual time of the workload. */
  readonly workloadMs: number;
  violated(invariant: string, detail: string): void;
}
