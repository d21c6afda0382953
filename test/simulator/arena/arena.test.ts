import { expect } from 'chai';
import { runArena } from '../../../runner/simulator/arena/arena.js';
import { createBlindMonitor } from '../../../runner/simulator/arena/arena-monitor.js';
import { defaultArena, type ArenaResult } from '../../../runner/simulator/arena/options.js';
import { createFakeEngine, type FakeStore } from './fake-engine.js';

function runShared(seed: number): ArenaResult {
  const store: FakeStore = new Map();
  return runArena(
    { ...defaultArena, seed, operations: 200 },
    (environment) => createFakeEngine(environment, store),
    createBlindMonitor,
  );
}

describe('the arena', () => {
  it('finds nothing wrong with engines that share one store', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { violations, counts } = runShared(seed);
      expect(violations, `seed ${seed}`).to.deep.equal([]);
      expect(counts.operations).to.equal(200);
      expect(counts.undecided).to.equal(0);
    }
  });

  it('finds that engines with a store each contradict each other', () => {
    const found = Array.from({ length: 10 }, (_, index) =>
      runArena(
        { ...defaultArena, seed: index + 1, operations: 200 },
        (environment) => createFakeEngine(environment, new Map()),
        createBlindMonitor,
      ),
    ).flatMap(({ violations }) => violations.map(({ invariant }) => invariant));
    expect(new Set(found)).to.deep.equal(new Set(['History']));
  });

  it('gives equal digests for equal seeds and others for others', () => {
    const digests = [3, 3, 4].map((seed) => runShared(seed).digest);
    expect(digests[0]).to.equal(digests[1]);
    expect(digests[0]).to.not.equal(digests[2]);
  });

  it('notes an engine that throws', () => {
    const { violations } = runArena(
      { ...defaultArena, seed: 1, operations: 10 },
      (environment) => ({
        ...createFakeEngine(environment, new Map()),
        handleRequests() {
          throw new Error('an invariant broke');
        },
      }),
      createBlindMonitor,
    );
    expect(violations.map(({ invariant }) => invariant)).to.include('NodeFailed');
  });
});
