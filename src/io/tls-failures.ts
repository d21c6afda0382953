/** Why TLS failed, in words that say what to do: codes of Node and OpenSSL, seen from the end that reports them. */
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** `dialled`: what the other end, at the address, is to us. `accepted`: what came to our port. */
export type TlsSide = 'dialled' | 'accepted';

const notOurs = 'its certificate is not signed by the CA in --tls-ca';
const theyExpired = 'its certificate has expired: make a new one with rondo certs host';
const theyEarly = 'its certificate is not valid yet: compare the clocks of both machines';
const noTls = 'it does not speak TLS: it was started without certificates, or another program is there';

const reasons: ReadonlyMap<string, string> = new Map([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', notOurs],
  ['SELF_SIGNED_CERT_IN_CHAIN', notOurs],
  ['UNABLE_TO_GET_ISSUER_CERT', notOurs],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', notOurs],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', notOurs],
  ['CERT_SIGNATURE_FAILURE', notOurs],
  ['CERT_UNTRUSTED', notOurs],
  ['INVALID_CA', notOurs],
  ['CERT_HAS_EXPIRED', theyExpired],
  ['CERT_NOT_YET_VALID', theyEarly],
  ['INVALID_PURPOSE', 'its certificate is not meant for this use: make one with rondo certs host'],
  ['ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE', 'it showed no certificate'],
  ['ERR_SSL_HTTP_REQUEST', 'it speaks HTTP: this is no web server'],
  ['ERR_SSL_HTTPS_PROXY_REQUEST', 'it speaks HTTP: this is no proxy'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', noTls],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', noTls],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'it speaks only old versions of TLS'],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'it does not speak our version of TLS'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'it wants a certificate of ours, and we gave none'],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'it does not know the CA of our certificate'],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', 'it says that our certificate has expired'],
  ['ERR_TLS_HANDSHAKE_TIMEOUT', 'it did not finish the TLS handshake in time'],
]);

/**
 * One clause about the other end, without a full stop: `it speaks HTTP: this is no web server`. `socket` is what a
 * `tlsClientError` brings along: it knows what was wrong with a certificate, where the error is only that it was closed.
 */
export function whyTlsFailed(error: Error, side: TlsSide, socket?: TLSSocket): string {
  const code = codeOf(error);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const mismatch = error.message.replace(/^.*altnames: /s, '');
    return `its certificate is for other names (${mismatch}): make one with rondo certs host that has this one`;
  }
  // OpenSSL gives some codes in front, some as the reason alone.
  const reason =
    reasons.get(authorizationCodeOf(socket)) ??
    reasons.get(code) ??
    reasons.get(`ERR_SSL_${reasonOf(error)}`);
  if (reason !== undefined) return reason;
  if (code === 'ECONNRESET') return side === 'dialled' ? closedInHandshake : wentInHandshake;
  return error.message;
}

/**
 * Why a connection that was dialled ended before a byte came. In TLS 1.3 the dialling end is connected before the other has judged
 * its certificate, and hears no more of it than that.
 */
export function closedWithoutWord(isTls: boolean): string {
  return isTls
    ? 'it closed the connection after the TLS handshake without a word: it does not accept our certificate (is --tls-cert of its CA, and the clock right?)'
    : 'it closed the connection without a word: if it wants TLS, give --tls-ca, --tls-cert and --tls-key';
}

const closedInHandshake =
  'it closed the connection during the TLS handshake: does it speak TLS, and accept our certificate?';

const wentInHandshake = 'it went away during the TLS handshake: it may not accept our certificate';

/** Whether a connection that was accepted or dialled is of a peer of the cluster; to be asserted before any byte is read. */
export function isProvedPeer(socket: TLSSocket): boolean {
  return socket.authorized && Object.keys(socket.getPeerCertificate()).length > 0;
}

/** Whether the certificate that the other end showed is for that name or address. */
export function provesHost(socket: TLSSocket, host: string): boolean {
  const certificate = socket.getPeerX509Certificate();
  return (isIP(host) === 0 ? certificate?.checkHost(host) : certificate?.checkIP(host)) !== undefined;
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** A code, whatever the type says. */
function authorizationCodeOf(socket: TLSSocket | undefined): string {
  const code: unknown = socket?.authorizationError;
  return typeof code === 'string' ? code : '';
}

/** A failure to write has OpenSSL's reason in its message alone. */
function reasonOf(error: Error): string {
  const own = 'reason' in error && typeof error.reason === 'string' ? error.reason : undefined;
  const reason = own ?? /SSL routines:[^:]*:([^:]+):/.exec(error.message)?.[1] ?? '';
  return reason.toUpperCase().replaceAll(' ', '_');
}
