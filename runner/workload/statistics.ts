/** Statistics of a run: histograms of many clients merged, and the figures that people and scripts read. */
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { HopSummary } from '../../src/admin.js';
import { rounded, total } from '../figures.js';

/** Latency percentiles in microseconds, under the names that scripts read. */
export interface LatencyUs {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** What one client did. It crosses threads: plain data and a histogram, which Node clones over a port. */
export interface ClientReport {
  readonly operations: number;
  readonly errors: number;
  /** By the first word of the error, such as NOQUORUM. */
  readonly errorsByCode: ReadonlyMap<string, number>;
  /** The first error's text: enough to say what is wrong. */
  readonly firstError: string | undefined;
  readonly hits: number;
  readonly misses: number;
  /** Nanoseconds of `process.hrtime`, one origin for all threads. */
  readonly startNs: number;
  readonly endNs: number;
  /** Latencies in nanoseconds. */
  readonly latency: RecordableHistogram;
  readonly hops: HopSummary | undefined;
  /** History lines (docs of `rondo check`), empty unless asked for. */
  readonly history: readonly string[];
}

/** A run as `--json` prints it in its last line. */
export interface RunSummary {
  readonly operations: number;
  readonly errors: number;
  readonly seconds: number;
  /** Operations per second, all clients together. */
  readonly throughput: number;
  readonly latencyUs: LatencyUs;
  readonly clients: number;
  readonly hits: number;
  readonly misses: number;
  readonly errorsByCode: Readonly<Record<string, number>>;
  readonly firstError: string | null;
  /** Null where the door cannot know them (the Redis protocol). */
  readonly hops: HopSummary | null;
}

/** Merges what the clients measured: histograms are added, so percentiles are of all operations, not means of percentiles. */
export function summarize(reports: readonly ClientReport[]): RunSummary {
  const latency = createLatencyHistogram();
  const codes = new Map<string, number>();
  for (const report of reports) {
    if (report.latency.count > 0) latency.add(report.latency);
    for (const [code, count] of report.errorsByCode) codes.set(code, (codes.get(code) ?? 0) + count);
  }
  const operations = total(reports.map((report) => report.operations));
  const active = reports.filter((report) => report.operations > 0);
  const startNs = Math.min(...active.map((report) => report.startNs));
  const endNs = Math.max(...active.map((report) => report.endNs));
  const seconds = active.length === 0 ? 0 : (endNs - startNs) / 1e9;
  return {
    operations,
    errors: total(reports.map((report) => report.errors)),
    seconds: rounded(seconds, 6),
    throughput: seconds > 0 ? rounded(operations / seconds, 1) : 0,
    latencyUs: latencyUs(latency),
    clients: reports.length,
    hits: total(reports.map((report) => report.hits)),
    misses: total(reports.map((report) => report.misses)),
    errorsByCode: Object.fromEntries(codes),
    firstError: reports.find((report) => report.firstError !== undefined)?.firstError ?? null,
    hops: mergeHops(reports.flatMap((report) => (report.hops === undefined ? [] : [report.hops]))),
  };
}

/** A histogram of nanoseconds: three figures, up to an hour. Never record 0. */
export function createLatencyHistogram(): RecordableHistogram {
  return createHistogram({ lowest: 1, highest: 3_600_000_000_000, figures: 3 });
}

/** Percentiles of a histogram of nanoseconds; all 0 when it is empty. */
export function latencyUs(histogram: RecordableHistogram): LatencyUs {
  const at = (percentile: number): number =>
    histogram.count === 0 ? 0 : rounded(histogram.percentile(percentile) / 1_000, 1);
  return {
    p50: at(50),
    p90: at(90),
    p99: at(99),
    p999: at(99.9),
    max: histogram.count === 0 ? 0 : rounded(histogram.max / 1_000, 1),
  };
}

/** The mean is weighted by lookups. Null when no client could tell. */
export function mergeHops(summaries: readonly HopSummary[]): HopSummary | null {
  if (summaries.length === 0) return null;
  const lookups = total(summaries.map((summary) => summary.lookups));
  const hops = total(summaries.map((summary) => summary.mean * summary.lookups));
  return {
    lookups,
    mean: lookups === 0 ? 0 : rounded(hops / lookups, 3),
    max: Math.max(...summaries.map((summary) => summary.max)),
  };
}
