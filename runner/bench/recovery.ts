/** Recovery: how long after a join, a departure and a crash the ring is ideal and every record has k copies again. */
import { setTimeout as pause } from 'node:timers/promises';
import { createRing, type Ring } from '../../actors/index.js';

export interface RecoveryRow {
  readonly event: 'join' | 'depart' | 'crash';
  readonly records: number;
  readonly idealSeconds: number;
  readonly copiesSeconds: number;
}

const limitSeconds = 120;

/** One ring of 8 nodes with k = 3, the events one after the other. */
export async function measureRecovery(records: number): Promise<RecoveryRow[]> {
  const ring = await createRing({ nodes: 8, replicas: 3, consistency: 'eventual' });
  try {
    const client = ring.client();
    await client.putMany(
      Array.from({ length: records }, (_, index) => [`record-${index}`, 'v'.repeat(100)] as const),
    );
    await untilWhole(ring, 8, process.hrtime.bigint());
    const rows: RecoveryRow[] = [];
    const run = async (
      event: RecoveryRow['event'],
      nodes: number,
      act: () => Promise<unknown>,
    ): Promise<void> => {
      const startNs = process.hrtime.bigint();
      await act();
      rows.push({ event, records, ...(await untilWhole(ring, nodes, startNs)) });
    };
    await run('join', 9, () => ring.admin.join(1));
    await run('depart', 8, async () => ring.admin.depart((await ring.admin.overlay())[0]?.id ?? ''));
    await run('crash', 7, async () => ring.admin.kill((await ring.admin.overlay())[3]?.id ?? ''));
    return rows;
  } finally {
    await ring.close();
  }
}

async function untilWhole(
  ring: Ring,
  nodes: number,
  startNs: bigint,
): Promise<{ idealSeconds: number; copiesSeconds: number }> {
  let idealSeconds = -1;
  for (;;) {
    const seconds = Number(process.hrtime.bigint() - startNs) / 1e9;
    if (seconds > limitSeconds)
      throw new Error(`the ring of ${nodes} nodes is not whole after ${limitSeconds} s`);
    const overlay = await ring.admin.overlay();
    const isIdeal =
      overlay.length === nodes &&
      overlay.every((node, index) => {
        const next = overlay[(index + 1) % overlay.length];
        return node.state === 'member' && node.successors[0] === next?.id && next?.predecessor === node.id;
      });
    if (isIdeal && idealSeconds < 0) idealSeconds = seconds;
    if (isIdeal && (await ring.admin.stats()).ring.recordsBelowReplicas === 0) {
      return { idealSeconds, copiesSeconds: Number(process.hrtime.bigint() - startNs) / 1e9 };
    }
    await pause(10);
  }
}
