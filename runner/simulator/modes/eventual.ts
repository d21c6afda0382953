/** The eventual mode: acknowledged records are held, reads are never torn and, once settled, right; after quiet copies are equal. */
import { trustBytes } from '../../../src/bytes.js';
import { createAcknowledgementLedger } from '../checkers/nothing-lost.js';
import { createReadChecker } from '../checkers/reads.js';
import { newestCopy } from '../checkers/record-versions.js';
import type { FaultName } from '../faults.js';
import { findCopyUnrest, inspectAll } from '../quiet.js';
import { startWorkload, type Workload } from '../workload.js';
import type { World } from '../world.js';
import type { ModeChecks, ModePorts } from './mode-checks.js';

/** Faults under which a settled key must be read as it was left. */
const gentleFaults: ReadonlySet<FaultName> = new Set(['churn', 'delay', 'duplication', 'loss']);

export function createEventualChecks(ports: ModePorts, faults: readonly FaultName[]): ModeChecks {
  const { violated } = ports;
  const ledger = createAcknowledgementLedger();
  let workload: Workload | undefined;
  return {
    named: () => undefined,
    turned: () => undefined,
    acknowledged(node, key) {
      const problem = ledger.acknowledged(node.inspect(), key);
      if (problem !== undefined) violated('NothingLost', problem);
    },
    crashed: (node) => ledger.crashed(node.inspect(), inspectAll(ports.world())),
    left(node) {
      const lost = ledger.left(node.inspect(), inspectAll(ports.world()));
      if (lost !== undefined) violated('NothingLost', `after a departure: ${lost}`);
    },
    mayEnd: () => true,
    startWorkload() {
      const reads = createReadChecker(faults.every((name) => gentleFaults.has(name)));
      workload = startWorkload(ports.world(), ports.seed, {
        reads,
        violated: (detail) => violated(detail.split(':')[0] ?? 'Reads', detail),
      });
      return workload;
    },
    findUnrest: () => findCopyUnrest(ports.world()),
    async checkInTheEnd() {
      const lost = ledger.findLost(inspectAll(ports.world()));
      if (lost !== undefined) violated('NothingLost', lost);
      else if (workload !== undefined) await checkFinalReads(ports.world(), workload, violated);
    },
    allowedLosses: () => ledger.allowedLosses,
  };
}

/** Once all is quiet a client reads of every key exactly what the copies hold. */
async function checkFinalReads(
  world: World,
  workload: Workload,
  violated: (invariant: string, detail: string) => void,
): Promise<void> {
  const client = world.addClient();
  let values: ReadonlyMap<string, string | undefined> | undefined;
  let failure: unknown;
  workload.readAll(client).then(
    (found) => (values = found),
    (error: unknown) => (failure = error),
  );
  await world.runUntil(world.clock.nowMs() + 30_000, () => values !== undefined || failure !== undefined);
  if (values === undefined) {
    violated('FinalReads', `a read of a quiet ring failed: ${String(failure)}`);
    return;
  }
  const inspections = inspectAll(world);
  for (const [key, value] of values) {
    const newest = newestCopy(inspections, trustBytes(key));
    if (newest?.value === undefined ? value === undefined : value === newest.value) continue;
    violated('FinalReads', `"${key}" was read as "${value}", its copies hold "${newest?.value}"`);
    return;
  }
}
