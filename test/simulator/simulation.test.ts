import { expect } from 'chai';
import { Piscina } from 'piscina';
import { simulateCommand } from '../../runner/simulator/command.js';
import {
  defaultSimulation,
  parseFaults,
  parseSeeds,
  replayCommand,
  runSimulation,
  type SimulationOptions,
  type SimulationResult,
} from '../../runner/simulator/index.js';

const options: SimulationOptions = { ...defaultSimulation, seed: 7, nodes: 8, minutes: 0.5 };

describe('simulation', () => {
  it('repeats to the digest, in another thread too, and differs for another seed', async () => {
    const first = await runSimulation(options);
    const second = await runSimulation(options);
    expect(second).to.deep.equal(first);
    const pool = new Piscina<SimulationOptions, SimulationResult>({
      filename: new URL('../../runner/simulator/task.js', import.meta.url).href,
      name: 'simulateSeed',
      maxThreads: 1,
    });
    try {
      expect(await pool.run(options)).to.deep.equal(first);
    } finally {
      await pool.destroy();
    }
    const other = await runSimulation({ ...options, seed: 8 });
    expect(other.digest).not.to.equal(first.digest);
  });

  it('does not change when it is watched', async () => {
    const lines: string[] = [];
    const watched = await runSimulation({ ...options, trace: (line) => lines.push(line) });
    expect(watched.digest).to.equal((await runSimulation(options)).digest);
    expect(lines.length).to.be.greaterThan(1_000);
  });
});

describe('rondo simulate', () => {
  async function run(settings: Parameters<typeof simulateCommand>[0]) {
    const printed: string[] = [];
    const complaints: string[] = [];
    const exitCode = await simulateCommand(settings, {
      print: (line) => printed.push(line),
      complain: (line) => complaints.push(line),
    });
    return { exitCode, printed, complaints };
  }

  it('prints one JSON line a seed and a last one with the totals', async () => {
    const { exitCode, printed } = await run({
      seeds: '3..5',
      nodes: 4,
      minutes: 0.1,
      faults: 'none',
      json: true,
    });
    expect(exitCode).to.equal(0);
    const lines = printed.map((line): Record<string, unknown> => JSON.parse(line));
    expect(lines.map((line) => line['seed'])).to.deep.equal([3, 4, 5, undefined]);
    expect(lines[0]).to.include.keys('seed', 'digest', 'ok', 'violations');
    expect(lines[3]).to.include({ seeds: 3, failed: 0, ok: true });
  });

  it('refuses seeds and faults that it does not understand', async () => {
    expect((await run({ seeds: 'seven' })).exitCode).to.equal(2);
    const { exitCode, complaints } = await run({ faults: 'crash,flood' });
    expect(exitCode).to.equal(2);
    expect(complaints[0]).to.match(/--faults takes/);
    expect((await run({ replicas: 5, successors: 3 })).exitCode).to.equal(2);
  });

  it('names the command that repeats a run, which reads back as the same options', () => {
    expect(replayCommand({ ...defaultSimulation, seed: 17, faults: ['crash', 'skew'] })).to.equal(
      'npx rondo simulate --seed 17 --nodes 20 --minutes 10 --faults crash,skew --consistency eventual --replicas 3 --successors 4',
    );
    expect(parseFaults('crash,skew')).to.deep.equal(['crash', 'skew']);
    expect(parseFaults('none')).to.deep.equal([]);
    expect(parseSeeds('5..3')).to.equal(undefined);
  });
});
