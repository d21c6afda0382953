/** The figures as published: Stoica et al., "Chord: a scalable peer-to-peer lookup protocol for Internet applications", ToN 11(1), 2003. */

/** Figure 10: nodes, and the mean path length among them. */
export const publishedPaths: readonly (readonly [nodes: number, path: number])[] = [
  [128, 3.39],
  [256, 3.88],
  [512, 4.38],
  [1024, 4.89],
  [2048, 5.36],
  [4096, 5.85],
  [8192, 6.35],
  [16384, 6.87],
];

/** Section VI.B: keys per node of 10,000 nodes and 500,000 keys, as multiples of the mean; a single run. */
export const publishedLoad = { percentile99: 4.6, largest: 9.1 } as const;

/** Table II: the share of 1,000 nodes that failed, the mean path and the mean time-outs of a lookup. */
export const publishedFailures: readonly (readonly [failed: number, path: number, timeouts: number])[] = [
  [0, 3.84, 0],
  [0.1, 4.03, 0.6],
  [0.2, 4.22, 1.17],
  [0.3, 4.44, 2.02],
  [0.4, 4.69, 3.23],
  [0.5, 5.09, 5.1],
];

/** Table III: joins (and leaves) a second among 1,000 nodes, mean path, mean time-outs, failures of 10,000 lookups. */
export const publishedChurn: readonly (readonly [
  rate: number,
  path: number,
  timeouts: number,
  failures: number,
])[] = [
  [0.05, 3.9, 0.05, 0],
  [0.1, 3.83, 0.11, 0],
  [0.15, 3.84, 0.16, 2],
  [0.2, 3.81, 0.23, 5],
  [0.25, 3.83, 0.3, 6],
  [0.3, 3.91, 0.34, 8],
  [0.35, 3.94, 0.42, 16],
  [0.4, 4.06, 0.46, 15],
];
