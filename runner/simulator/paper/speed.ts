/** How fast virtual time passes: seconds of a quiet, stabilizing ring in a second of this machine. */
import { createPaperRing } from './paper-ring.js';

export interface SpeedOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly stabilizeIntervalMs: number;
  readonly virtualSeconds: number;
}

export interface SpeedResult {
  /** Virtual seconds in one second of wall clock, and in one of processor time of this thread. */
  readonly perWallSecond: number;
  readonly perProcessorSecond: number;
  readonly turns: number;
}

export async function measureSpeed(options: SpeedOptions): Promise<SpeedResult> {
  const { seed, nodes, stabilizeIntervalMs, virtualSeconds } = options;
  const ring = createPaperRing({
    seed,
    nodes,
    successors: 20,
    stabilizeIntervalMs,
    delay: { type: 'exponential', meanMs: 50 },
    deaths: 'discovered',
  });
  // One round first: compiled code and the first finger lookups, which are the longest.
  await ring.run(stabilizeIntervalMs);
  const [turnsBefore, wallMs, cpu] = [ring.world.events, performance.now(), process.cpuUsage()];
  await ring.run(virtualSeconds * 1_000);
  const { user, system } = process.cpuUsage(cpu);
  const result = {
    perWallSecond: virtualSeconds / ((performance.now() - wallMs) / 1_000),
    perProcessorSecond: virtualSeconds / ((user + system) / 1e6),
    turns: ring.world.events - turnsBefore,
  };
  ring.stop();
  return result;
}
