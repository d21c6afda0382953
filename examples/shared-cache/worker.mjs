// One of the threads: it asks for 20 pages, and renders those that no thread has rendered before.
import { parentPort, workerData } from 'node:worker_threads';
import { connect } from 'rondo';

const client = connect(workerData.port);
let rendered = 0;
for (let page = 0; page < 20; page++) {
  await client.getOrSet(
    `page ${page}`,
    () => {
      rendered++;
      return `<h1>Page ${page}</h1>`;
    },
    { ttlMs: 60_000 },
  );
}
await client.close();
parentPort.postMessage(rendered);
