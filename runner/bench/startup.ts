/** Start-up: from createRing to a ring whose pointers are exact, and the memory that a node costs. */
import { createRing } from '../../actors/index.js';

export interface StartupRow {
  readonly nodes: number;
  readonly seconds: number;
  /** Resident memory a node, in MB, over that of the process before. */
  readonly megabytesPerNode: number;
}

export async function measureStartup(nodes: number): Promise<StartupRow> {
  const before = process.memoryUsage.rss();
  const startNs = process.hrtime.bigint();
  const ring = await createRing({ nodes, replicas: 1, consistency: 'eventual' });
  try {
    for (;;) {
      const overlay = await ring.admin.overlay();
      const isIdeal = overlay.every((node, index) => {
        const next = overlay[(index + 1) % overlay.length];
        return (
          node.state === 'member' &&
          (next === node || (node.successors[0] === next?.id && next?.predecessor === node.id))
        );
      });
      if (overlay.length === nodes && isIdeal) break;
    }
    const seconds = Number(process.hrtime.bigint() - startNs) / 1e9;
    return { nodes, seconds, megabytesPerNode: (process.memoryUsage.rss() - before) / nodes / 2 ** 20 };
  } finally {
    await ring.close();
  }
}
