import { expect } from 'chai';
import {
  defaultSimulation,
  faultNames,
  runSimulation,
  type FaultName,
} from '../../runner/simulator/index.js';

interface Situation {
  readonly what: string;
  readonly nodes: number;
  readonly replicas: number;
  readonly faults: readonly FaultName[];
  readonly seeds: readonly number[];
}

const situations: readonly Situation[] = [
  { what: 'nothing wrong', nodes: 5, replicas: 3, faults: [], seeds: [1] },
  {
    what: 'crashes, joins and departures',
    nodes: 8,
    replicas: 3,
    faults: ['crash', 'churn'],
    seeds: [1, 2, 3],
  },
  { what: 'every fault there is', nodes: 8, replicas: 3, faults: faultNames, seeds: [1, 2, 3] },
  { what: 'five copies', nodes: 9, replicas: 5, faults: faultNames, seeds: [1] },
];

describe('whole nodes in linearizable mode', function () {
  this.timeout(180_000);
  for (const { what, seeds, ...mix } of situations) {
    for (const seed of seeds) {
      it(`${what}, seed ${seed}`, async () => {
        const result = await runSimulation({
          ...defaultSimulation,
          ...mix,
          seed,
          minutes: 0.5,
          consistency: 'linearizable',
        });
        const found = result.violations.map(
          ({ invariant, atMs, detail }) => `${invariant} at ${atMs} ms: ${detail}`,
        );
        expect(found, `replay: ${result.replay}`).to.deep.equal([]);
        expect(result.counts.succeeded).to.be.greaterThan(100);
      });
    }
  }

  it('repeats to the digest', async () => {
    const options = {
      ...defaultSimulation,
      seed: 5,
      nodes: 6,
      minutes: 0.3,
      consistency: 'linearizable',
    } as const;
    expect((await runSimulation(options)).digest).to.equal((await runSimulation(options)).digest);
  });

  it('notices a planted bug: a change that took effect is applied again', async () => {
    const found = new Set<string>();
    for (let seed = 1; seed <= 6 && found.size === 0; seed++) {
      const { violations } = await runSimulation({
        ...defaultSimulation,
        seed,
        nodes: 6,
        minutes: 1,
        consistency: 'linearizable',
        faults: ['partition', 'loss', 'pause', 'delay'],
        mutations: new Set(['noOperationIds']),
      });
      for (const { invariant } of violations) found.add(invariant);
    }
    expect([...found]).to.have.members([...found].filter((name) => name === 'I7' || name === 'History'));
    expect(found.size).to.be.greaterThan(0);
  });
});
