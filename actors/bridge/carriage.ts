/** How hosts reach each other: the connector for it, where to listen with it, and what others are to dial. */
import { randomBytes } from 'node:crypto';
import type { CheckedBridge, TcpCarriage } from '../../src/bridge-options.js';
import { formatHostAddress, parseHostAddress } from '../../src/host-address.js';
import { createTcpConnector } from '../../src/io/tcp-wire.js';
import type { Connector } from '../../src/io/wire.js';
import type { Log } from '../thread-log.js';

export interface Carriage {
  readonly connector: Connector;
  readonly listenAt: string;
  /** Under which others dial this host, once it listens at `listens`. */
  advertised(listens: string): string;
}

const dialMsMax = 5_000;

/** Rejects with RondoError CONNECTION, INVALID_ARGUMENT, or UNSUPPORTED where a library is missing. */
export async function openCarriage({ carriage, tls, cluster }: CheckedBridge, log: Log): Promise<Carriage> {
  const refused = (from: string, reason: string): void =>
    log('warn', 'a connection was refused', { from, reason });
  if (carriage.type === 'tcp') {
    return {
      connector: createTcpConnector({ tls, dialMsMax, refused }),
      listenAt: formatHostAddress(carriage.listen),
      advertised: (listens) => advertisedOf(carriage, listens),
    };
  }
  const { servers, ca, credentials, name = `host-${randomBytes(6).toString('hex')}` } = carriage;
  // Loaded only by those who use it.
  const { openNatsConnector } = await import('../../src/io/nats-wire.js');
  const connector = await openNatsConnector({
    servers,
    ca,
    credentials,
    ...(servers.isTls && tls !== undefined ? { cert: tls.cert, key: tls.key } : {}),
    clusterName: cluster,
    ownName: name,
    dialMsMax,
    refused,
  });
  return { connector, listenAt: name, advertised: () => name };
}

function advertisedOf({ listen, advertise }: TcpCarriage, listens: string): string {
  const port = parseHostAddress(listens)?.port ?? listen.port;
  return formatHostAddress(advertise ?? { host: listen.host, port });
}
