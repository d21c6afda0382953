/** A Piscina worker that runs seeds: one call, one seed. */
import type { SimulationOptions, SimulationResult } from './options.js';
import { runSimulation } from './simulation.js';

/** Options without what cannot be sent to a worker. */
export type SimulationTask = Omit<SimulationOptions, 'trace'>;

export function simulateSeed(task: SimulationTask): Promise<SimulationResult> {
  return runSimulation(task);
}
