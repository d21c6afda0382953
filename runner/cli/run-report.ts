/** A run's figures for people, and its history for `check`. */
import { writeFile } from 'node:fs/promises';
import { RondoError } from '../../src/errors.js';
import type { RunSummary } from '../workload/statistics.js';

/** Lines of `name  value`; hops only where they are known. */
export function describeRun(summary: RunSummary): readonly string[] {
  const { latencyUs: latency, hops } = summary;
  const lines = [
    `operations  ${summary.operations} by ${summary.clients} ${summary.clients === 1 ? 'client' : 'clients'} in ${summary.seconds.toFixed(3)} s`,
    `throughput  ${Math.round(summary.throughput)} operations/s`,
    `latency us  p50 ${latency.p50}, p90 ${latency.p90}, p99 ${latency.p99}, p999 ${latency.p999}, max ${latency.max}`,
    `reads       ${summary.hits} found, ${summary.misses} missing`,
    `errors      ${summary.errors}${describeCodes(summary.errorsByCode)}`,
  ];
  if (hops !== null)
    lines.push(`hops        mean ${hops.mean} over ${hops.lookups} lookups, max ${hops.max}`);
  return lines;
}

function describeCodes(codes: Readonly<Record<string, number>>): string {
  const parts = Object.entries(codes).map(([code, count]) => `${code} ${count}`);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

export async function writeHistory(file: string, lines: readonly string[]): Promise<void> {
  await writeFile(file, lines.map((line) => `${line}\n`).join('')).catch((error: unknown) => {
    throw new RondoError('NOT_FOUND', `${file}: the history cannot be written (${String(error)})`, {
      cause: error,
    });
  });
}
