/** A process that listens on NATS and takes whatever comes: its parent kills it. */
import { openNatsConnector } from '../../src/io/nats-wire.js';
import { parseNatsServers } from '../../src/nats-options.js';

const [, , url = '', name = ''] = process.argv;
const connector = await openNatsConnector({
  servers: parseNatsServers(url),
  clusterName: 'test',
  ownName: name,
  dialMsMax: 2_000,
  refused: () => undefined,
});
await connector.listen(name, () => ({
  opened: () => undefined,
  received: () => undefined,
  closed: () => undefined,
}));
process.send?.('listening');
