import { expect } from 'chai';
import {
  defaultFaults,
  defaultSimulation,
  runSimulation,
  type SimulationOptions,
} from '../../runner/simulator/index.js';

/** What the simulator once found: the situation, and the run that showed it. */
const scenarios: readonly (readonly [
  situation: string,
  options: Partial<SimulationOptions> & { readonly seed: number },
])[] = [
  [
    'a departing node whose peers are all out of reach waits for them instead of leaving with its records',
    { seed: 22, nodes: 12, minutes: 2, faults: defaultFaults },
  ],
  [
    'a finger that a new successor has taken over does not stay in the table',
    { seed: 1, nodes: 12, minutes: 2, faults: ['crash', 'loss', 'delay'] },
  ],
  [
    'nor does one that it took over by serving all fingers, after which none is looked up',
    {
      seed: 746,
      nodes: 7,
      minutes: 1,
      faults: ['crash', 'pause', 'partition', 'loss', 'delay', 'churn', 'duplication', 'skew'],
    },
  ],
  [
    'a joiner of a small ring whose contact is two places away from its own finds its place',
    {
      seed: 205,
      nodes: 5,
      minutes: 2,
      faults: ['crash', 'pause', 'partition', 'loss', 'delay', 'churn', 'duplication', 'skew'],
    },
  ],
  [
    'a joiner that learns of a node that died before it started is told so, and does not ask it for ever',
    { seed: 2, nodes: 8, minutes: 2, faults: ['partition', 'crash', 'loss'] },
  ],
  [
    'a holder asks on past a node that still takes the holder itself for the home, and gets rid of its copy',
    {
      seed: 563,
      nodes: 10,
      minutes: 1,
      replicas: 1,
      faults: ['crash', 'pause', 'partition', 'loss', 'delay', 'churn', 'duplication', 'skew'],
    },
  ],
  [
    'a member that dropped its copy and was filled again from a stale one does not stay different',
    {
      seed: 748,
      nodes: 7,
      minutes: 1,
      faults: ['crash', 'pause', 'partition', 'loss', 'delay', 'churn', 'duplication', 'skew'],
    },
  ],
];

describe('scenarios found by the simulator', function () {
  this.timeout(120_000);
  for (const [situation, options] of scenarios) {
    it(situation, async () => {
      const result = await runSimulation({ ...defaultSimulation, ...options });
      expect(result.violations).to.deep.equal([]);
    });
  }
});
