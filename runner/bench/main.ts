/**
 * All benchmarks: one table each, and one JSON file. `npm run bench` takes up to ten minutes, `npm run bench -- --quick` one,
 * `npm run bench -- --only scale` one part. Each part runs in a process of its own, so that none inherits another's heap.
 */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { measureBridge } from './bridge.js';
import { measureFailover } from './failover.js';
import { measureGateway } from './gateway.js';
import { measureLayers } from './layers.js';
import { measureBeside } from './linearizable.js';
import { measureProfile, runProfiled } from './profile.js';
import { measureRecovery } from './recovery.js';
import { measureScale } from './scale.js';
import { measureStartup } from './startup.js';
import { measureInserts, measureMix } from './throughput.js';

type Row = Readonly<Record<string, unknown>>;

interface Part {
  readonly title: string;
  run(quick: boolean): Promise<readonly object[]>;
}

/** The parts, by the name that --only takes; a part may start processes per row to measure their memory. */
const parts: Readonly<Record<string, Part>> = {
  mix: {
    title:
      '95 % get, 5 % put, 8 nodes, k = 1: operations per second beside a bare MessagePort echo and Redis',
    run: (quick) => measureMix(quick ? 1 : 5, quick ? 1 : 2),
  },
  inserts: {
    title: "The course's experiment: 10 closed-loop clients insert, 10 nodes, k = 1",
    run: (quick) => measureInserts(quick ? 1 : 5, quick ? 1 : 2),
  },
  gateway: {
    title: 'The same through the gateway: ten Redis connections insert, closed loop, 10 nodes, k = 1',
    run: (quick) => measureGateway(quick ? 1 : 5, quick ? 3 : 2),
  },
  bridge: {
    title:
      'Over two hosts on loopback, eventual, 8 nodes, k = 1: operations per second beside an echo of the same batches over a Node socket',
    run: (quick) => measureBridge(quick ? 1 : 3, quick ? 0.3 : 0.6),
  },
  layers: {
    title: 'Where the time of a get goes: layer after layer replaced, 1,024 outstanding',
    run: (quick) => measureLayers(quick ? 1 : 3, 1),
  },
  profile: {
    title:
      "Where the processors spend a get: per cent of a thread's time by file, under the sampling profiler",
    run: async (quick) =>
      (await inOrder(quick ? [1_024] : [1_024, 64], (outstanding) => measureProfile(outstanding))).flat(),
  },
  startup: {
    title: 'Start-up to a stable ring',
    run: (quick) => inOrder(quick ? [8] : [8, 64, 256], (nodes) => alone('startup-row', String(nodes))),
  },
  recovery: {
    title: 'Until the ring is ideal, and until every record has k = 3 copies again',
    run: (quick) => measureRecovery(quick ? 10_000 : 100_000),
  },
  linearizable: {
    title:
      'Linearizable beside eventual, 8 nodes, k = 3: operations per second, packets between nodes an operation',
    run: (quick) => measureBeside(quick ? 1 : 3, quick ? 1 : 2, quick ? 2 : 20),
  },
  failover: {
    title:
      'Linearizable, 8 nodes, k = 3: ms without an answer of the partitions that a kill, a departure or a join touches',
    run: (quick) => measureFailover(quick ? 2 : 8, 'half', 'half'),
  },
  'failover-50': {
    title: 'The same of 50 kills',
    run: (quick) => measureFailover(quick ? 4 : 50, 'half', 'fifty', ['kill']),
  },
  'failover-full': {
    title: 'The same at full load',
    run: (quick) => measureFailover(quick ? 2 : 8, 'full', 'full'),
  },
  scale: {
    title: 'Node threads on one machine: operations per second at 1,024 outstanding',
    run: (quick) =>
      inOrder(
        (quick ? [1, 8] : [1, 2, 4, 8, 16, 64]).flatMap((nodes) =>
          [1, 3].map((replicas) => `${nodes},${replicas}`),
        ),
        (row) => alone('scale-row', row),
      ),
  },
};

/** All that fit ten minutes together, or one: the others are asked for by name. */
function defaultParts(quick: boolean): string[] {
  const byName = [
    'bridge',
    'failover-50',
    'failover-full',
    ...(quick ? ['failover', 'layers', 'linearizable', 'profile'] : []),
  ];
  return Object.keys(parts).filter((name) => !byName.includes(name));
}

/** Single rows, in a process of their own. */
const rows: Readonly<Record<string, (argument: string) => Promise<object>>> = {
  'profiled-row': (outstanding) => runProfiled(Number(outstanding)),
  'startup-row': (nodes) => measureStartup(Number(nodes)),
  'scale-row': (row) => {
    const [nodes = 1, replicas = 1] = row.split(',').map(Number);
    return measureScale(nodes, replicas, 3, 1);
  },
};

const run = promisify(execFile);
const here = fileURLToPath(import.meta.url);

async function alone(name: string, argument: string): Promise<Row> {
  const { stdout } = await run(process.execPath, [here, '--row', name, argument], { maxBuffer: 1 << 24 });
  return JSON.parse(stdout) as Row;
}

async function inOrder<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      row: { type: 'string' },
      out: { type: 'string', default: 'bench.json' },
    },
  });
  if (values.row !== undefined) {
    const measureRow = rows[values.row];
    if (measureRow === undefined) throw new Error(`no row ${values.row}: ${Object.keys(rows).join(', ')}`);
    process.stdout.write(JSON.stringify(await measureRow(positionals[0] ?? '')));
    return;
  }
  if (positionals.length > 0)
    throw new Error(`unexpected ${positionals.join(' ')}: say --only PART,... or --row ROW ARGUMENT`);
  const names = values.only === undefined ? defaultParts(values.quick) : values.only.split(',');
  const results: Record<string, unknown> = {};
  const started = performance.now();
  for (const name of names) {
    const part = parts[name];
    if (part === undefined) throw new Error(`no benchmark ${name}: ${Object.keys(parts).join(', ')}`);
    const table = await part.run(values.quick);
    results[name] = { title: part.title, rows: table };
    console.log(`\n${part.title}`);
    console.table(table);
  }
  const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`;
  const seconds = Math.round((performance.now() - started) / 1_000);
  writeFileSync(
    values.out,
    `${JSON.stringify({ machine, seconds, quick: values.quick, results }, null, 2)}\n`,
  );
  console.log(`\n${machine}; ${seconds} s; figures in ${values.out}`);
}

await main();
