import { expect } from 'chai';
import { runLinearizableArena } from '../../../runner/simulator/arena/linearizable-arena.js';
import {
  assertedWithin,
  findBug,
  plantedBugs,
  seenWithin,
} from '../../../runner/simulator/arena/mutations.js';
import { arenaReplayCommand, defaultArena } from '../../../runner/simulator/arena/options.js';
import { simulateCommand } from '../../../runner/simulator/command.js';

const seeds = 200;

describe('the linearizable mode in the arena', function () {
  this.timeout(600_000);

  it(`breaks no invariant and no history in ${seeds} seeds of 500 operations`, () => {
    let undecided = 0;
    for (let seed = 1; seed <= seeds; seed++) {
      const options = { ...defaultArena, seed };
      const { violations, counts } = runLinearizableArena(options);
      const found = violations.map(({ invariant, atMs, detail }) => `${invariant} at ${atMs} ms: ${detail}`);
      expect(found, `replay: ${arenaReplayCommand(options)}`).to.deep.equal([]);
      expect(counts.operations).to.equal(500);
      undecided += counts.undecided;
    }
    expect(undecided, 'keys that could not be judged').to.be.lessThan(seeds / 5);
  });

  it('repeats to the digest, watched or not, and with assertions or without', () => {
    const options = { ...defaultArena, seed: 9 };
    const { digest } = runLinearizableArena(options);
    const lines: string[] = [];
    expect(runLinearizableArena({ ...options, trace: (line) => lines.push(line) }).digest).to.equal(digest);
    expect(lines.length).to.be.greaterThan(500);
    expect(runLinearizableArena({ ...options, assertions: false }).digest).to.equal(digest);
    expect(runLinearizableArena({ ...options, seed: 10 }).digest).to.not.equal(digest);
  });

  it('runs many seeds from the command line, and says what it did', async () => {
    const printed: string[] = [];
    const output = {
      print: (line: string) => void printed.push(line),
      complain: (line: string) => void printed.push(line),
    };
    const options = { arena: true, seeds: '1..3', operations: 100 };
    expect(await simulateCommand(options, output)).to.equal(0);
    expect(printed[0]).to.match(/^3 seeds, 0 failed, in [\d.]+ s; digest [0-9a-f]{16}$/);
    expect(printed[1]).to.match(/^300 operations \(100 or more a seed\), /);
    expect(await simulateCommand({ arena: true, seeds: '3..1' }, output)).to.equal(2);
    expect(await simulateCommand({ arena: true, plant: 'noSuchBug' }, output)).to.equal(2);
  });
});

describe('bugs planted in the linearizable mode', function () {
  this.timeout(600_000);

  for (const { name, bug, asserted, seen } of plantedBugs) {
    it(`${name} is found by assertions: ${bug}`, () => {
      const { seed } = findBug({ name, profile: asserted, assertions: true, seeds: assertedWithin });
      expect(seed, `none of the first ${assertedWithin} seeds`).to.be.a('number');
    });

    it(`${name} is found by histories alone`, () => {
      const { seed } = findBug({ name, profile: seen, assertions: false, seeds: seenWithin });
      expect(seed, `none of the first ${seenWithin} seeds`).to.be.a('number');
    });
  }

  it('are shown as a table, each with the seeds that show it', async () => {
    const printed: string[] = [];
    const output = { print: (line: string) => void printed.push(line), complain: () => undefined };
    const options = { mutations: true, plant: 'noOperationIds,restampBallots', seeds: '50' };
    expect(await simulateCommand(options, output)).to.equal(0);
    expect(printed).to.have.lengthOf(4);
    expect(printed[2]).to.match(
      /^\| noOperationIds \| R5 \| a change .* \| \d+ of `swarm` \(I\d+\) \| \d+ of `swarm` \|$/,
    );
    expect(printed[3]).to.match(
      /^\| restampBallots \| V5 \| fetched .* \| \d+ of `collection` \(I\d+\) \| \d+ of `succession` \|$/,
    );
    printed.length = 0;
    expect(await simulateCommand({ ...options, plant: 'anyEpoch', seeds: '1' }, output)).to.equal(5);
    expect(printed[2]).to.match(/ \| none of 1 of `exile` \|$/);
  });
});
