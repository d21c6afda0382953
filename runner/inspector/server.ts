/** The inspector's server: a page on the loopback interface that shows the ring, its nodes and its counters. */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIP, type AddressInfo } from 'node:net';
import { RondoError, reasonOf } from '../../src/errors.js';
import { exposureOf } from '../../src/exposure.js';
import { formatHostAddress, isLoopbackHost } from '../../src/host-address.js';
import type { InspectorBridge } from './bridge.js';
import { pageCss, pageHtml } from './page.js';
import { ringPicture } from './ring-picture.js';

export interface Inspector {
  /** `HOST:PORT` as bound. */
  readonly address: string;
  close(): Promise<void>;
}

const headers = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};
/**
 * Names by which a browser may call this server; any other is a DNS name that a stranger's page has had rebound to it. Beyond
 * loopback an address cannot be one, and the name under which it listens is its own.
 */
function ownNamesOf(host: string): (name: string) => boolean {
  const isOpen = !isLoopbackHost(host);
  return (name) => {
    const bare = name.replace(/^\[(.*)\]$/, '$1');
    return isLoopbackHost(bare) || (isOpen && (isIP(bare) !== 0 || bare === host));
  };
}

/** Served to the browser as they are compiled. */
const pageScript = new URL('./page-script.js', import.meta.url);
const chartScript = new URL('./chart-text.js', import.meta.url);
const pictureScript = new URL('./ring-picture.js', import.meta.url);

interface Document {
  readonly type: string;
  body(bridge: InspectorBridge): Promise<string>;
}

const documents: ReadonlyMap<string, Document> = new Map<string, Document>([
  ['/', { type: 'text/html', body: async () => pageHtml }],
  ['/page.css', { type: 'text/css', body: async () => pageCss }],
  ['/page-script.js', { type: 'text/javascript', body: () => readFile(pageScript, 'utf8') }],
  ['/chart-text.js', { type: 'text/javascript', body: () => readFile(chartScript, 'utf8') }],
  ['/ring-picture.js', { type: 'text/javascript', body: () => readFile(pictureScript, 'utf8') }],
  [
    '/overlay.json',
    { type: 'application/json', body: async (bridge) => JSON.stringify(await bridge.overlay()) },
  ],
  ['/stats.json', { type: 'application/json', body: async (bridge) => JSON.stringify(await bridge.stats()) }],
  ['/ring.svg', { type: 'image/svg+xml', body: async (bridge) => ringPicture(await bridge.overlay()) }],
]);

/**
 * `host` must be a loopback address, unless `insecure` lets other machines look; port 0 = any free one. Rejects with a RondoError
 * INVALID_ARGUMENT, or BUSY when the port is taken.
 */
export async function startInspector(
  bridge: InspectorBridge,
  host: string,
  port: number,
  insecure = false,
): Promise<Inspector> {
  const exposure = exposureOf('http', { host, port }, { tls: false, password: false, insecure });
  if (exposure.type === 'refused') throw new RondoError('INVALID_ARGUMENT', exposure.reason);
  const isOwnName = ownNamesOf(host);
  const server = createServer((request, response) => {
    answer(bridge, isOwnName, request, response).catch((error: unknown) => {
      send(response, 503, 'text/plain', reasonOf(error));
    });
  });
  await listening(server, host, port);
  return {
    address: formatBound(server.address()),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  bridge: InspectorBridge,
  isOwnName: (name: string) => boolean,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const name = (request.headers.host ?? '').replace(/:\d+$/, '');
  if (!isOwnName(name)) {
    return send(response, 403, 'text/plain', 'this page answers to its own names and addresses only');
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return send(response, 405, 'text/plain', 'this page is for looking');
  }
  const found = documents.get((request.url ?? '/').replace(/\?.*$/s, ''));
  if (found === undefined) return send(response, 404, 'text/plain', 'no such page');
  send(response, 200, found.type, await found.body(bridge));
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { ...headers, 'content-type': `${type}; charset=utf-8` });
  response.end(body);
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    // Heard for ever: a connection that cannot be accepted later must not end the process.
    server.on('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'the port is in use' : error.message;
      reject(
        new RondoError(
          'BUSY',
          `cannot listen at ${host}:${port}: ${reason}; choose another with --http HOST:PORT, or --http 0`,
          {
            cause: error,
          },
        ),
      );
    });
    server.listen(port, host, () => resolve());
  });
}

function formatBound(bound: AddressInfo | string | null): string {
  if (bound === null || typeof bound === 'string') return String(bound);
  return formatHostAddress({ host: bound.address, port: bound.port });
}
