/** Wires over TCP, and over mutual TLS where its texts are given. Names are resolved by the system at each dial, IPv4 and IPv6 alike. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer, TLSSocket } from 'node:tls';
import type { TlsTexts } from '../bridge-options.js';
import { RondoError } from '../errors.js';
import { formatHostAddress, parseHostAddress } from '../host-address.js';
import { closedWithoutWord, isProvedPeer, provesHost, whyTlsFailed, type TlsSide } from './tls-failures.js';
import { peerDialOptions, peerServerOptions } from './tls-options.js';
import { neverOpened, type Connector, type Wire, type WireEvents } from './wire.js';

export interface TcpOptions {
  readonly tls?: TlsTexts | undefined;
  /** A dial that has not opened by then fails. */
  readonly dialMsMax: number;
  /** A connection that did not prove to be of the cluster was ended. */
  refused(from: string, reason: string): void;
}

/** What was sent last, such as a refusal, has this long to leave. */
const lingerMs = 1_000;
/** From others, with those still in their handshake. A pair of hosts needs one, and some more while links are renewed. */
const connectionsMax = 1_024;

export function createTcpConnector({ tls, dialMsMax, refused }: TcpOptions): Connector {
  return {
    dial(text, events) {
      const address = parseHostAddress(text);
      if (address === undefined) return neverOpened(`${text} is no address`, events);
      const { host, port } = address;
      const options = { host, port, autoSelectFamily: true, noDelay: true };
      const socket =
        tls === undefined ? connect(options) : connectTls({ ...options, ...peerDialOptions(tls, host) });
      const late = setTimeout(() => {
        socket.destroy(new Error(`no connection within ${dialMsMax} ms`));
      }, dialMsMax);
      const wire = wireOver(socket, 'dialled', events, () => clearTimeout(late));
      socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
        clearTimeout(late);
        if (!mayOpen(socket)) return wire.close('its certificate proves nothing');
        events.opened();
      });
      return wire;
    },
    async listen(text, accept) {
      const address = parseHostAddress(text);
      if (address === undefined) throw new RondoError('INVALID_ARGUMENT', `${text} is no address`);
      const take = (socket: Socket): void => {
        let heard = unheard;
        const events: WireEvents = {
          opened: () => undefined,
          received: (chunk) => heard.received(chunk),
          closed: (reason) => heard.closed(reason),
        };
        const wire = wireOver(socket, 'accepted', events, () => undefined);
        if (!mayOpen(socket)) return wire.close('its certificate proves nothing');
        socket.setNoDelay(true);
        heard = accept(wire, farEndOf(socket));
      };
      const server = tls === undefined ? createServer(take) : createTlsServer(peerServerOptions(tls), take);
      server.maxConnections = connectionsMax;
      // Asked while it is open, a socket knows its far end after its end, too.
      server.on('connection', (socket: Socket) => farEndOf(socket));
      server.on('tlsClientError', (error: Error, socket: TLSSocket) =>
        refused(farEndOf(connectionUnder(socket)), whyTlsFailed(error, 'accepted', socket)),
      );
      await listening(server, address.host, address.port, text);
      const { address: host, port } = server.address() as AddressInfo;
      return {
        address: formatHostAddress({ host, port }),
        close: () => new Promise((resolve) => server.close(() => resolve())),
      };
    },
    close: () => Promise.resolve(),
  };
}

/** Of a wire that nobody has taken yet. */
const unheard: WireEvents = {
  opened: () => undefined,
  received: () => undefined,
  closed: () => undefined,
};

function wireOver(socket: Socket, side: TlsSide, events: WireEvents, ended: () => void): Wire {
  const isTls = socket instanceof TLSSocket;
  let reason: string | undefined;
  let received = false;
  let closing: NodeJS.Timeout | undefined;
  const explain = (error: Error): string => (isTls ? whyTlsFailed(error, side) : error.message);
  socket.on('data', (chunk: Buffer) => {
    received = true;
    if (closing === undefined) events.received(chunk);
  });
  socket.on('error', (error) => (reason ??= explain(error)));
  socket.on('end', () => {
    reason ??= side === 'dialled' && !received ? closedWithoutWord(isTls) : 'the other end closed it';
  });
  socket.once('close', () => {
    ended();
    clearTimeout(closing);
    events.closed(reason ?? 'it was closed');
  });
  return {
    proves: (host) => !(socket instanceof TLSSocket) || provesHost(socket, host),
    send(bytes, taken) {
      if (closing !== undefined || !socket.writable) return;
      socket.write(bytes, (error) => {
        if (error === undefined || error === null) taken?.();
      });
    },
    close(why) {
      if (closing !== undefined) return;
      reason ??= why;
      closing = setTimeout(() => socket.destroy(), lingerMs);
      // One that never opened has nothing to let go. Destroyed as soon as it has ended, TLS would cut off what was sent: the other
      // end closes in answer.
      if (socket.connecting) socket.destroy();
      else socket.end();
    },
  };
}

function farEndOf({ remoteAddress, remotePort }: Socket): string {
  return formatHostAddress({ host: remoteAddress ?? '', port: remotePort ?? 0 });
}

/** Node's own field, and documented nowhere: a TLS socket that failed has forgotten where it came from. */
function connectionUnder(socket: TLSSocket & { readonly _parent?: Socket }): Socket {
  return socket._parent ?? socket;
}

function mayOpen(socket: Socket): boolean {
  return !(socket instanceof TLSSocket) || isProvedPeer(socket);
}

function listening(server: Server, host: string, port: number, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.on('error', (error) =>
      reject(new RondoError('CONNECTION', `cannot listen at ${text}: ${error.message}`, { cause: error })),
    );
    server.listen({ host, port }, resolve);
  });
}
