/** A program: one node of a ring stands still, the watchdog ends it, and the others heal. Prints how many records are missing. */
import { createRing } from '../../actors/index.js';

const ring = await createRing({
  nodes: 5,
  replicas: 3,
  watchdogMs: 2_000,
  stabilizeIntervalMs: 100,
  antiEntropyIntervalMs: 200,
  logLevel: 'silent',
});
const client = ring.client();
const keys = Array.from({ length: 500 }, (_, index) => `key ${index}`);
await client.putMany(keys.map((key) => [key, key] as const));
for (let below = 1; below > 0; below = (await ring.admin.stats()).ring.recordsBelowReplicas) await pause();
const [first] = await ring.admin.overlay();
await ring.injectFault(first?.id ?? '', { type: 'stall', stallMs: 3_600_000 });
while ((await ring.admin.overlay()).length !== 4) await pause();
for (let below = 1; below > 0; below = (await ring.admin.stats()).ring.recordsBelowReplicas) await pause();
const values = await client.getMany(keys);
await ring.close();
console.log(`${values.filter((value) => value === undefined).length} missing`);

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}
