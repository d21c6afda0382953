/** Comlink's adapter for Node's ports ships without types. */
declare module 'comlink/dist/esm/node-adapter.mjs' {
  import type { Endpoint } from 'comlink';
  import type { MessagePort, Worker } from 'node:worker_threads';
  function nodeEndpoint(port: MessagePort | Worker): Endpoint;
  // eslint-disable-next-line no-restricted-syntax -- it is how the adapter exports itself
  export default nodeEndpoint;
}
