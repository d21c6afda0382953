/** Latencies as a log-linear histogram: 32 buckets per power of two (3 % wide), mergeable across threads. */
import type { LatencySummary } from './admin.js';

const bucketCount = 64 + 32 * 26;

/** Plain data: crosses threads as it is. Values are whole microseconds from 0 to 2^31 - 1. */
export interface Histogram {
  readonly counts: Float64Array;
  total: number;
  sum: number;
  max: number;
}

export function createHistogram(): Histogram {
  return { counts: new Float64Array(bucketCount), total: 0, sum: 0, max: 0 };
}

export function record(histogram: Histogram, value: number): void {
  const micros = value < 0 ? 0 : value > 0x7fffffff ? 0x7fffffff : Math.floor(value);
  const bucket = bucketOf(micros);
  histogram.counts[bucket] = (histogram.counts[bucket] ?? 0) + 1;
  histogram.total++;
  histogram.sum += micros;
  if (micros > histogram.max) histogram.max = micros;
}

/** Adds the records of `other` to `histogram`. */
export function merge(histogram: Histogram, other: Histogram): void {
  for (let bucket = 0; bucket < bucketCount; bucket++) {
    histogram.counts[bucket] = (histogram.counts[bucket] ?? 0) + (other.counts[bucket] ?? 0);
  }
  histogram.total += other.total;
  histogram.sum += other.sum;
  histogram.max = Math.max(histogram.max, other.max);
}

/** The value below or at which the given share (0 to 1) of the records lies, to 3 %; 0 when there are none. */
export function percentile(histogram: Histogram, share: number): number {
  if (histogram.total === 0) return 0;
  const wanted = Math.max(1, Math.ceil(share * histogram.total));
  let seen = 0;
  for (let bucket = 0; bucket < bucketCount; bucket++) {
    seen += histogram.counts[bucket] ?? 0;
    if (seen >= wanted) return Math.min(upperBoundOf(bucket), histogram.max);
  }
  return histogram.max;
}

export function summarize(histogram: Histogram): LatencySummary {
  return {
    count: histogram.total,
    meanUs: histogram.total === 0 ? 0 : Math.round(histogram.sum / histogram.total),
    p50Us: percentile(histogram, 0.5),
    p90Us: percentile(histogram, 0.9),
    p99Us: percentile(histogram, 0.99),
    p999Us: percentile(histogram, 0.999),
    maxUs: histogram.max,
  };
}

function bucketOf(value: number): number {
  if (value < 64) return value;
  const exponent = 31 - Math.clz32(value);
  return (exponent - 5) * 32 + (value >>> (exponent - 5));
}

function upperBoundOf(bucket: number): number {
  if (bucket < 64) return bucket;
  const shift = Math.floor(bucket / 32) - 1;
  return ((bucket % 32) + 33) * 2 ** shift - 1;
}
