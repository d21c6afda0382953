/** The host process of the bridge's benchmark: runs the nodes that another host asks, and tells their counters when it is asked. */
import { createRing } from '../../actors/index.js';
import type { RingOptions } from '../../src/index.js';

process.once('message', (options: RingOptions) => {
  void createRing(options).then((ring) => {
    process.on('message', () => {
      void ring.admin.stats().then(({ ring: { reads, writes, batches } }) => {
        process.send?.({ operations: reads + writes, batches });
      });
    });
    process.once('disconnect', () => {
      void ring.close().then(() => process.exit());
    });
    process.send?.({ address: ring.address });
  });
});
