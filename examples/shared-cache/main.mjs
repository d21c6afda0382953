// A cache that all threads of one program share: four workers want the same pages, each page is rendered once.
import { Worker } from 'node:worker_threads';
import { createRing } from 'rondo';

const ring = await createRing({ nodes: 3, replicas: 1, maxEntries: 10_000 });
try {
  const workers = Array.from({ length: 4 }, () => {
    const port = ring.port();
    return new Worker(new URL('./worker.mjs', import.meta.url), {
      workerData: { port },
      transferList: [port],
    });
  });
  const rendered = await Promise.all(
    workers.map(
      (worker) => new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject)),
    ),
  );
  const total = rendered.reduce((sum, count) => sum + count, 0);
  const client = ring.client();
  console.log(
    `${await client.count()} pages in the cache, rendered ${total} times by ${workers.length} threads`,
  );
} finally {
  await ring.close();
}
