/** The route that a lookup takes, hop by hop, from a random node to the key's home. */
import type { Trace } from '../admin.js';
import { textFromBytes, type ByteString } from '../bytes.js';
import type { Identifier } from '../chord/identifier.js';
import { sha1 } from '../chord/sha1.js';
import { RondoError } from '../errors.js';
import { partitionIdentifier } from '../replication/partition.js';
import { partitionOfKey } from './dispatcher.js';
import { lookUp } from './lookup.js';
import type { Dispatcher } from './state.js';

/** Rejects with TIMEOUT when the lookup takes longer; default: the client's. */
export function traceKey(dispatcher: Dispatcher, key: ByteString, timeoutMs?: number): Promise<Trace> {
  const partition = partitionOfKey(dispatcher, key);
  const addressOf = (id: Identifier): string => dispatcher.links.get(id)?.peer.address ?? 'gone';
  return new Promise((resolve, reject) => {
    const waitMs = timeoutMs ?? dispatcher.settings.requestTimeoutMs;
    const late = (): void => reject(new RondoError('TIMEOUT', `the lookup took more than ${waitMs} ms`));
    const timer = dispatcher.ports.clock.setTimeout(late, waitMs);
    lookUp(
      dispatcher,
      partitionIdentifier(partition, dispatcher.settings.partitions),
      undefined,
      (result) => {
        dispatcher.ports.clock.clearTimeout(timer);
        if (result.type === 'failed')
          return reject(new RondoError('TIMEOUT', `the lookup failed: ${result.reason}`));
        resolve({
          key: textFromBytes(key),
          identifier: sha1(key),
          partition,
          hops: result.hops.map(({ node, via, micros }) => ({
            id: node,
            address: addressOf(node),
            via,
            micros: Math.round(micros),
          })),
          group: result.group.map((id) => ({ id, address: addressOf(id) })),
        });
      },
    );
  });
}
