import { expect } from 'chai';
import { drawExponential } from '../../runner/simulator/exponential.js';
import { measureChurn } from '../../runner/simulator/paper/churn.js';
import { paperCommand } from '../../runner/simulator/paper/command.js';
import { planExperiments, type Experiment } from '../../runner/simulator/paper/experiment.js';
import { measureFailures } from '../../runner/simulator/paper/failures.js';
import { measureLoad } from '../../runner/simulator/paper/load.js';
import { measurePathLength } from '../../runner/simulator/paper/path-length.js';
import { judge } from '../../runner/simulator/paper/report.js';
import { createRandom } from '../../src/random.js';

describe('the exponential distribution', () => {
  const random = createRandom('exponential');
  const draws = Array.from({ length: 20_000 }, () => drawExponential(random));

  it('has mean 1, and exp(-x) of its draws beyond x', () => {
    expect(draws.reduce((sum, draw) => sum + draw, 0) / draws.length).to.be.closeTo(1, 0.03);
    for (const x of [0.1, 1, 3]) {
      expect(draws.filter((draw) => draw > x).length / draws.length).to.be.closeTo(Math.exp(-x), 0.015);
    }
  });
});

describe('the experiments of the paper', function () {
  this.timeout(60_000);

  it('find each key with the published number of steps among 128 nodes, simulated', async () => {
    const { path, failures } = await measurePathLength({
      seed: 2,
      nodes: 128,
      lookups: 250,
      through: 'messages',
    });
    expect(path).to.be.closeTo(3.39, 0.25);
    expect(failures).to.equal(0);
  });

  it('find each key with the published number of steps among 2,048 nodes, over built tables', async () => {
    const { path, failures } = await measurePathLength({
      seed: 1,
      nodes: 2_048,
      lookups: 1_000,
      through: 'tables',
    });
    expect(path).to.be.closeTo(5.36, 0.15);
    expect(failures).to.equal(0);
  });

  it('measure the same again with the same seed', async () => {
    const options = { seed: 4, nodes: 40, lookups: 50, through: 'messages' } as const;
    const once = await measurePathLength(options);
    expect(await measurePathLength(options)).to.deep.equal(once);
    expect(await measurePathLength({ ...options, seed: 5 })).not.to.deep.equal(once);
  });

  it('spread keys over hashed nodes as exponential arcs do', () => {
    const { percentile99, largest } = measureLoad({ seed: 1, nodes: 1_000, keys: 50_000 });
    expect(percentile99).to.be.within(3.5, 6);
    expect(largest).to.be.within(5, 12);
  });

  it('lose no lookup when half of the nodes fail at once, and pay for it with time-outs', async () => {
    const options = { seed: 1, nodes: 100, successors: 16, lookups: 150 };
    const before = await measureFailures({ ...options, failed: 0 });
    const after = await measureFailures({ ...options, failed: 0.5 });
    expect([before.succeeded, after.succeeded]).to.deep.equal([1, 1]);
    expect(before.timeouts).to.equal(0);
    expect(after.timeouts).to.be.within(1.5, 6);
    expect(after.path).to.be.greaterThan(before.path);
  });

  for (const leaving of ['depart', 'crash'] as const) {
    it(`miss only keys of nodes that have just joined while nodes join and ${leaving}`, async () => {
      const result = await measureChurn({
        seed: 3,
        nodes: 60,
        successors: 8,
        ratePerSecond: 0.05,
        leaving,
        lookupsPerSecond: 5,
        warmUpSeconds: 20,
        seconds: 60,
      });
      expect(result.lookups).to.be.greaterThan(200);
      expect(result.joins * result.leaves).to.be.greaterThan(0);
      expect(result.failures).to.equal(result.behindJoiner);
    });
  }
});

describe('rondo simulate --paper', () => {
  const tables: Experiment = {
    section: 'Path length',
    row: '256 nodes',
    measurement: { type: 'pathLength', nodes: 256, lookups: 300, through: 'tables' },
    seeds: [1, 2],
    published: { path: 3.88 },
    bounds: { path: [3.6, 4.1], failures: [0, 0] },
  };

  async function run(json: boolean, experiments: readonly Experiment[]) {
    const lines: string[] = [];
    const code = await paperCommand({ json }, (line) => lines.push(line), experiments);
    return { code, lines };
  }

  it('prints what was published beside what was measured', async () => {
    const { code, lines } = await run(false, [tables]);
    expect(code).to.equal(0);
    expect(lines.join('\n')).to.match(/256 nodes +3\.88 \/ [34]\.\d+ +0/);
  });

  it('prints a JSON line a row and the totals, and fails when a figure is out of bounds', async () => {
    const wrong = { ...tables, row: 'wrong', bounds: { path: [9, 10] as const } };
    const { code, lines } = await run(true, [tables, wrong]);
    expect(code).to.equal(5);
    const [first, second, totals] = lines.map((line): unknown => JSON.parse(line));
    expect(first).to.include({ row: '256 nodes', ok: true });
    expect(second).to.include({ row: 'wrong', ok: false });
    expect(totals).to.include({ rows: 2, ok: false });
  });

  it('takes a figure that was not measured for one out of bounds', () => {
    expect(judge(tables, { path: 3.9 }).outside).to.deep.equal(['failures']);
  });

  it('has all published rows in the full plan and fewer in the quick one', () => {
    expect(planExperiments('full')).to.have.length(1 + 8 + 1 + 6 + 8 + 1);
    expect(planExperiments('quick')).to.have.length(1 + 3 + 1 + 2 + 1);
  });
});
