/** Load balance without virtual nodes (Stoica et al. 2003, section VI.B, Figure 8): keys per node, hashed identifiers. */
import { bytesFromText } from '../../../src/bytes.js';
import { placeNodes } from '../../../src/chord/placement.js';
import { sha1 } from '../../../src/chord/sha1.js';
import { indexOf, sortPeers } from '../../../src/chord/directory.js';

export interface LoadOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly keys: number;
}

/** As multiples of the mean. */
export interface LoadResult {
  readonly percentile99: number;
  readonly largest: number;
}

export function measureLoad({ seed, nodes, keys }: LoadOptions): LoadResult {
  const unplaced = Array.from({ length: nodes }, (_, index) => ({
    address: `paper-${seed}/${index}`,
    host: 'paper',
    incarnation: 0,
  }));
  const sorted = sortPeers(placeNodes(unplaced, 'hash'));
  const counts = new Int32Array(nodes);
  for (let key = 0; key < keys; key++) {
    const home = indexOf(sorted, sha1(bytesFromText(`${seed} key ${key}`))) % nodes;
    counts[home] = (counts[home] ?? 0) + 1;
  }
  counts.sort();
  const mean = keys / nodes;
  return {
    percentile99: (counts[Math.ceil(nodes * 0.99) - 1] ?? 0) / mean,
    largest: (counts[nodes - 1] ?? 0) / mean,
  };
}
