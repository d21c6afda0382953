import { expect } from 'chai';
import { defaultSimulation, runSimulation, type FaultName } from '../../runner/simulator/index.js';

/** One planted bug, the runs that must show it, and the invariants by which it may. */
interface Mutation {
  readonly bug: string;
  readonly situation: string;
  readonly nodes: number;
  readonly replicas?: number;
  readonly faults: readonly FaultName[];
  readonly minutes?: number;
  /** Tried in this order until one fails: first the one that is known to. */
  readonly seeds: readonly number[];
  readonly invariants: readonly string[];
}

const mutations: readonly Mutation[] = [
  {
    bug: 'noDirectory',
    situation: 'a ring started with fewer than r + 1 members is left to the steps alone',
    nodes: 2,
    faults: ['churn'],
    seeds: [1, 2, 3, 4],
    invariants: ['Ideal', 'DirectoryConverged', 'EqualCopies', 'FinalReads'],
  },
  {
    bug: 'adoptUnchecked',
    situation: 'the successor’s predecessor is adopted without having answered',
    nodes: 12,
    faults: ['crash', 'churn'],
    seeds: [1, 2, 3, 4],
    invariants: ['OnlyAnsweredAdopted'],
  },
  {
    bug: 'ignorePrincipals',
    situation: 'on the first successor’s death the list jumps to its last entry',
    nodes: 12,
    faults: ['crash'],
    seeds: [1, 2, 3, 4],
    invariants: ['SufficientPrincipals'],
  },
  {
    bug: 'betweenEqualEnds',
    situation: 'between(a, x, a) is false, so that nobody can join the only node',
    nodes: 2,
    faults: ['churn'],
    seeds: [1, 2, 3, 4, 5, 6],
    invariants: ['Ideal'],
  },
  {
    bug: 'answerWhileAsking',
    situation: 'a node tells its pointers while its own question is pending',
    nodes: 10,
    faults: ['churn', 'delay'],
    seeds: [1, 2, 3],
    invariants: ['BusyWhileAsking'],
  },
  {
    bug: 'dropBeforeConfirming',
    situation: 'a former member drops its copy before the members have confirmed theirs',
    nodes: 10,
    replicas: 1,
    minutes: 2,
    faults: ['churn', 'loss', 'delay'],
    seeds: [1, 2, 3, 4, 5, 6],
    invariants: ['NothingLost', 'EqualCopies', 'SettledReads'],
  },
  {
    bug: 'serveWhileFilling',
    situation: 'a new member answers for records that it does not hold yet',
    nodes: 6,
    replicas: 1,
    minutes: 2,
    faults: ['churn', 'loss', 'delay'],
    seeds: [7, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12],
    invariants: ['SettledReads'],
  },
  {
    bug: 'departWithoutHandOver',
    situation: 'a node leaves before anybody else holds its records',
    nodes: 8,
    replicas: 1,
    faults: ['churn'],
    seeds: [1, 2, 3, 4],
    invariants: ['NothingLost'],
  },
];

describe('planted bugs are caught by the simulator', function () {
  this.timeout(120_000);
  for (const { bug, situation, seeds, invariants, ...mix } of mutations) {
    it(`${bug}: ${situation}`, async () => {
      const found = new Set<string>();
      for (const seed of seeds) {
        if (found.size > 0) break;
        const options = { ...defaultSimulation, minutes: 1, ...mix, seed, mutations: new Set([bug]) };
        const { violations } = await runSimulation(options);
        for (const { invariant } of violations) found.add(invariant);
      }
      expect(invariants, `one of these within ${seeds.length} seeds`).to.include.members([...found]);
      expect(found.size).to.be.greaterThan(0);
    });
  }
});
