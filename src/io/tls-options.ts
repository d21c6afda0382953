/** The TLS of doors: peers prove the cluster's CA to each other, clients see the gateway's certificate and give a password. */
import { isIP } from 'node:net';
import type { ConnectionOptions, SecureContextOptions, TlsOptions } from 'node:tls';
import type { TlsTexts } from '../bridge-options.js';

/** Longer than any honest handshake; a stranger holds a socket no longer. */
const handshakeMs = 5_000;

/** Both ends are this program, so nothing older than TLS 1.3 is spoken. */
const peers = { minVersion: 'TLSv1.3' } as const;

/**
 * For the listener of peers. Its `secureConnection` comes only for peers with a certificate that the CA signed; all others are
 * destroyed and are a `tlsClientError`, which `whyTlsFailed` explains, before one byte of theirs is handed on.
 */
export function peerServerOptions({ ca, cert, key }: TlsTexts): TlsOptions {
  return {
    ...peers,
    ca,
    cert,
    key,
    requestCert: true,
    rejectUnauthorized: true,
    handshakeTimeout: handshakeMs,
  };
}

/**
 * For dialling a peer. Its `secureConnect` comes only when the CA signed the peer's certificate for that very name or address:
 * an address learnt from others is worth nothing until the host there has proved to be it.
 */
export function peerDialOptions({ ca, cert, key }: TlsTexts, host: string): ConnectionOptions {
  return { ...peers, ca, cert, key, rejectUnauthorized: true, ...nameOf(host) };
}

/** For the gateway: clients show no certificate, they give a password inside. */
export function gatewayServerOptions(
  { cert, key }: Pick<TlsTexts, 'cert' | 'key'>,
  handshakeTimeout: number,
): TlsOptions {
  return { minVersion: 'TLSv1.2', cert, key, handshakeTimeout };
}

/** For dialling a gateway whose certificate the CA signed for that name or address. */
export function gatewayDialOptions(ca: string, host: string): ConnectionOptions {
  return { minVersion: 'TLSv1.2', ca, rejectUnauthorized: true, ...nameOf(host) };
}

/** Names are sent, so that a proxy can route by them; TLS does not allow addresses there. */
function nameOf(
  host: string,
): Pick<ConnectionOptions, 'host'> & SecureContextOptions & { servername?: string } {
  return isIP(host) === 0 ? { host, servername: host } : { host };
}
