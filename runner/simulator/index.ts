/** The simulator as programs and tests use it: `rondo/simulate`. */
export { runSimulation } from './simulation.js';
export {
  defaultFaults,
  defaultSimulation,
  parseFaults,
  parseSeeds,
  replayCommand,
  type SimulationCounts,
  type SimulationOptions,
  type SimulationResult,
  type Violation,
} from './options.js';
export { faultNames, type FaultName } from './faults.js';
