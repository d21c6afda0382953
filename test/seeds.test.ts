import { expect } from 'chai';
import {
  defaultFaults,
  defaultSimulation,
  faultNames,
  runSimulation,
  type FaultName,
} from '../runner/simulator/index.js';

/** One mix of ring and faults, and the seeds that it is run with. */
interface Mix {
  readonly situation: string;
  readonly nodes: number;
  readonly replicas: number;
  readonly successors: number;
  readonly faults: readonly FaultName[];
  readonly seeds: readonly number[];
}

const mixes: readonly Mix[] = [
  { situation: 'a lone node', nodes: 1, replicas: 3, successors: 4, faults: ['loss', 'pause'], seeds: [1] },
  { situation: 'two nodes', nodes: 2, replicas: 3, successors: 4, faults: defaultFaults, seeds: [1, 2] },
  { situation: 'nothing wrong', nodes: 12, replicas: 3, successors: 4, faults: [], seeds: [1, 2] },
  {
    situation: 'joins and departures',
    nodes: 10,
    replicas: 3,
    successors: 4,
    faults: ['churn'],
    seeds: [1, 2, 3, 4],
  },
  { situation: 'crashes', nodes: 12, replicas: 3, successors: 3, faults: ['crash'], seeds: [1, 2, 3, 4] },
  {
    situation: 'crashes and churn',
    nodes: 9,
    replicas: 3,
    successors: 3,
    faults: ['crash', 'churn'],
    seeds: [1, 2, 3, 4],
  },
  {
    situation: 'lost, doubled and late messages',
    nodes: 10,
    replicas: 3,
    successors: 4,
    faults: ['loss', 'delay', 'duplication'],
    seeds: [1, 2, 3],
  },
  {
    situation: 'partitions and pauses',
    nodes: 10,
    replicas: 3,
    successors: 4,
    faults: ['partition', 'pause'],
    seeds: [1, 2, 3],
  },
  {
    situation: 'one copy only',
    nodes: 8,
    replicas: 1,
    successors: 4,
    faults: defaultFaults,
    seeds: [1, 2, 3],
  },
  { situation: 'five copies', nodes: 14, replicas: 5, successors: 4, faults: defaultFaults, seeds: [1, 2] },
  {
    situation: 'a ring about as small as its successor lists',
    nodes: 5,
    replicas: 3,
    successors: 4,
    faults: defaultFaults,
    seeds: [1, 2, 3],
  },
  {
    situation: 'every fault there is',
    nodes: 20,
    replicas: 3,
    successors: 4,
    faults: faultNames,
    seeds: [1, 2, 3],
  },
  { situation: 'thirty nodes', nodes: 30, replicas: 3, successors: 4, faults: defaultFaults, seeds: [1] },
];

describe('seeds', function () {
  this.timeout(120_000);
  for (const { situation, seeds, ...mix } of mixes) {
    for (const seed of seeds) {
      it(`${situation}, seed ${seed}`, async () => {
        const result = await runSimulation({ ...defaultSimulation, ...mix, seed, minutes: 1 });
        const found = result.violations.map(
          ({ invariant, atMs, detail }) => `${invariant} at ${atMs} ms: ${detail}`,
        );
        expect(result.ok, `${found.join('\n')}\nreplay: ${result.replay}`).to.equal(true);
      });
    }
  }
});
