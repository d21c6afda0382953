/**
 * Where the processors' time goes while gets run: samples of the client's thread and of the node threads, by source file. Each row's
 * run is a process of its own under the engine's sampling profiler, which costs some speed: shares count, not rates.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createRing } from '../../actors/index.js';
import { rounded } from '../figures.js';
import { measure, standardMix } from './closed-loop.js';

export interface ProfileRow {
  readonly outstanding: number;
  /** A source file, or in brackets what the engine does. */
  readonly file: string;
  /** Per cent of the client thread's time, waiting included. */
  readonly client: number;
  /** Per cent of one node thread's time, mean over all nodes, waiting included. */
  readonly node: number;
}

/** The parts that are used here of what the engine writes. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
      readonly columnNumber: number;
    };
  }[];
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

const secondsMeasured = 4;
const sampleEveryUs = 250;
/** Files with less of both threads' time are summed up. */
const percentShown = 0.5;

const run = promisify(execFile);
const bench = fileURLToPath(new URL('./main.js', import.meta.url));
const buildFolder = fileURLToPath(new URL('../../', import.meta.url));

/** Files in order of what both threads spend in them. */
export async function measureProfile(outstanding: number): Promise<ProfileRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'rondo-profile-'));
  try {
    const profiling = ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-interval=${sampleEveryUs}`];
    await run(process.execPath, [...profiling, bench, '--row', 'profiled-row', String(outstanding)]);
    return summarizeProfiles(folder, outstanding);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What is profiled. */
export async function runProfiled(outstanding: number): Promise<object> {
  const ring = await createRing({ nodes: 8, replicas: 1, consistency: 'eventual' });
  const client = ring.client();
  await client.putMany(standardMix.keys.map((key) => [key, standardMix.value] as const));
  const rate = await measure(client, standardMix, outstanding, secondsMeasured);
  await ring.close();
  return { outstanding, rate };
}

function summarizeProfiles(folder: string, outstanding: number): ProfileRow[] {
  const client = new Map<string, number>();
  const node = new Map<string, number>();
  let nodes = 0;
  for (const name of readdirSync(folder)) {
    const shares = sharesByFile(JSON.parse(readFileSync(join(folder, name), 'utf8')) as CpuProfile);
    const kind = shares.has('runner/bench/closed-loop.ts')
      ? client
      : shares.has('actors/node/runtime.ts')
        ? node
        : undefined;
    if (kind === node) nodes++;
    for (const [file, percent] of shares) kind?.set(file, (kind.get(file) ?? 0) + percent);
  }
  const rows: ProfileRow[] = [...new Set([...client.keys(), ...node.keys()])].map((file) => ({
    outstanding,
    file,
    client: client.get(file) ?? 0,
    node: (node.get(file) ?? 0) / nodes,
  }));
  const shown = rows.filter((row) => row.client >= percentShown || row.node >= percentShown);
  const rest = rows.filter((row) => !shown.includes(row));
  const others = {
    outstanding,
    file: `${rest.length} others`,
    client: rest.reduce((sum, row) => sum + row.client, 0),
    node: rest.reduce((sum, row) => sum + row.node, 0),
  };
  return [...shown.sort((a, b) => b.client + b.node - a.client - a.node), others].map((row) => ({
    ...row,
    client: rounded(row.client, 1),
    node: rounded(row.node, 1),
  }));
}

/** Per cent of the thread's last seconds, so that starting and filling do not count. */
function sharesByFile(profile: CpuProfile): Map<string, number> {
  const files = new Map(profile.nodes.map(({ id, callFrame }) => [id, fileOf(callFrame)]));
  const windowUs = secondsMeasured * 1e6;
  const shares = new Map<string, number>();
  let countedUs = 0;
  for (let index = profile.samples.length - 1; index > 0 && countedUs < windowUs; index--) {
    const microseconds = profile.timeDeltas[index] ?? 0;
    const file = files.get(profile.samples[index - 1] ?? 0) ?? '';
    countedUs += microseconds;
    shares.set(file, (shares.get(file) ?? 0) + microseconds);
  }
  for (const [file, microseconds] of shares) shares.set(file, (100 * microseconds) / countedUs);
  return shares;
}

function fileOf(frame: CpuProfile['nodes'][number]['callFrame']): string {
  const { functionName, url, lineNumber, columnNumber } = frame;
  if (url === '') return functionName.startsWith('(') ? functionName : `(native ${functionName})`;
  if (!url.startsWith('file:')) return url;
  const path = fileURLToPath(url);
  const entry = sourceMapOf(path)?.findEntry(lineNumber, columnNumber);
  const source = entry !== undefined && 'originalSource' in entry ? entry.originalSource : path;
  const [, library] = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source) ?? [];
  if (library !== undefined) return library;
  return /(?:^|\/)((?:src|actors|runner)\/.*)$/.exec(source.replace(buildFolder, ''))?.[1] ?? source;
}

const sourceMaps = new Map<string, SourceMap | undefined>();

function sourceMapOf(path: string): SourceMap | undefined {
  if (!sourceMaps.has(path)) {
    const map = `${path}.map`;
    sourceMaps.set(
      path,
      existsSync(map) ? new SourceMap(JSON.parse(readFileSync(map, 'utf8')) as SourceMapPayload) : undefined,
    );
  }
  return sourceMaps.get(path);
}
