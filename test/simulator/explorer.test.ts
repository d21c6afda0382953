import { expect } from 'chai';
import { exploreCommand } from '../../runner/simulator/explorer/command.js';
import { explore } from '../../runner/simulator/explorer/explore.js';
import {
  explorations,
  type Exploration,
  type ExplorationName,
} from '../../runner/simulator/explorer/options.js';
import { StateTable } from '../../runner/simulator/explorer/state-table.js';

/** What is explored until the bug shows, and by which invariant it does first. */
const bugs: readonly {
  readonly name: string;
  readonly explored: ExplorationName;
  readonly index: number;
  readonly invariant: string;
  readonly timeouts?: number;
}[] = [
  { name: 'serveBeforeFetch', explored: 'change', index: 1, invariant: 'I6' },
  { name: 'keepOwnCopy', explored: 'change', index: 1, invariant: 'I6' },
  { name: 'fetchFromOne', explored: 'change', index: 1, invariant: 'I6' },
  { name: 'anyEpoch', explored: 'change', index: 1, invariant: 'I9' },
  { name: 'noSealing', explored: 'change', index: 1, invariant: 'I6' },
  { name: 'acceptAbovePromised', explored: 'two', index: 0, invariant: 'I5' },
  { name: 'prepareAllBlindly', explored: 'two', index: 0, invariant: 'I4' },
  { name: 'readHighest', explored: 'two', index: 1, invariant: 'I11', timeouts: 1 },
];

function explorationOf(name: ExplorationName, index: number): Exploration {
  const exploration = explorations[name][index];
  if (exploration === undefined) throw new RangeError(`there is no exploration ${name} ${index}`);
  return exploration;
}

describe('the explorer', () => {
  it('tries every order of one increment that any member coordinates, and finds nothing wrong', () => {
    const result = explore({ ...explorationOf('one', 0), coordinators: 'ABC', crashes: false }, 20_000);
    expect(result.violation).to.equal(undefined);
    expect(result.frontier).to.equal(0);
    expect(result.answered).to.be.greaterThan(0);
  });

  it('tries every order of a view change after a crash, and finds nothing wrong', function () {
    this.timeout(120_000);
    const result = explore({ ...explorationOf('one', 0), operations: [] }, 500_000);
    expect(result.violation).to.equal(undefined);
    expect(result.frontier).to.equal(0);
    expect(result.changed).to.be.greaterThan(0);
  });

  it('finds nothing wrong with the first states of each exploration', function () {
    this.timeout(120_000);
    for (const exploration of Object.values(explorations).flat()) {
      const { violation, states } = explore(exploration, 3_000);
      expect(violation, exploration.name).to.equal(undefined);
      expect(states, exploration.name).to.be.at.least(3_000);
    }
  });

  it('reaches the same states again', () => {
    const { seconds: _, ...first } = explore(explorationOf('one', 0), 3_000);
    const { seconds: __, ...second } = explore(explorationOf('one', 0), 3_000);
    expect(first).to.deep.equal(second);
  });

  it('refuses a bug that it cannot plant, instead of finding nothing', () => {
    for (const plant of ['noSuchBug', 'anyEpoch,restartUnderOldName']) {
      const said: string[] = [];
      const output = {
        print: (line: string) => void said.push(line),
        complain: (line: string) => void said.push(line),
      };
      expect(exploreCommand({ explore: 'one', states: 10, plant }, output), plant).to.equal(2);
      expect(said).to.have.lengthOf(1);
      expect(said[0]).to.match(
        new RegExp(`^--plant takes serveBeforeFetch, .*, not ${plant.split(',').at(-1) ?? ''}$`),
      );
    }
  });

  for (const { name, explored, index, invariant, timeouts = 0 } of bugs) {
    it(`finds ${name}, planted`, function () {
      this.timeout(120_000);
      const exploration = { ...explorationOf(explored, index), timeouts, mutations: [name] };
      const { violation } = explore(exploration, 200_000);
      expect(violation?.invariant).to.equal(invariant);
      expect(violation?.path.length).to.be.greaterThan(0);
    });
  }
});

describe('a table of states', () => {
  it('takes each state once, in the order in which they came, and knows the way to it', () => {
    const table = new StateTable();
    expect(table.add(Int32Array.of(1, 2, 3), 0, 0)).to.equal(true);
    expect(table.add(Int32Array.of(3, 2, 1), 0, 7)).to.equal(true);
    expect(table.add(Int32Array.of(1, 2, 3), 1, 8)).to.equal(false);
    expect(table.add(Int32Array.of(1, 2), 1, 9)).to.equal(true);
    expect([...(table.take() ?? [])]).to.deep.equal([1, 2, 3]);
    expect([...(table.take() ?? [])]).to.deep.equal([3, 2, 1]);
    expect([...(table.take() ?? [])]).to.deep.equal([1, 2]);
    expect(table.take()).to.equal(undefined);
    expect(table.pathTo(2)).to.deep.equal([7, 9]);
  });

  it('holds more states than its first tables and chunks have room for', () => {
    const table = new StateTable();
    for (let index = 0; index < 100_000; index++) table.add(Int32Array.of(index, 1, 2, 3, 4), 0, 0);
    for (let index = 0; index < 100_000; index++) table.add(Int32Array.of(index, 1, 2, 3, 4), 0, 0);
    expect(table.count).to.equal(100_000);
    let taken = 0;
    for (let state = table.take(); state !== undefined; state = table.take()) {
      expect(state[0]).to.equal(taken);
      taken++;
    }
    expect(taken).to.equal(100_000);
  });
});
