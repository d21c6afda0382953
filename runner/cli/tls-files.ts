/** Certificates and keys out of files, checked before anything listens: each problem names the flag, the file and what to do. */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import type { TlsTexts } from '../../src/bridge-options.js';
import { RondoError, reasonOf } from '../../src/errors.js';

/** Files, as flags name them. */
export interface TlsFlags {
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

export interface LoadedTls {
  readonly texts: TlsTexts;
  /** DNS names and IP addresses that the certificate is for. */
  readonly names: readonly string[];
  /** What is not wrong yet, for people. */
  readonly warnings: readonly string[];
}

const serverAuth = '1.3.6.1.5.5.7.3.1';
const clientAuth = '1.3.6.1.5.5.7.3.2';
const soonDays = 30;
const dayMs = 86_400_000;
const chainMax = 8;
const certificatePattern = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** Undefined when none of the three is given. Throws INVALID_ARGUMENT when some are missing or do not belong together. */
export function loadTls(flags: TlsFlags, nowMs: number): LoadedTls | undefined {
  const { tlsCa, tlsCert, tlsKey } = flags;
  if (tlsCa === undefined && tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCa === undefined || tlsCert === undefined || tlsKey === undefined) {
    const missing = [
      ...(tlsCa === undefined ? ['--tls-ca'] : []),
      ...(tlsCert === undefined ? ['--tls-cert'] : []),
      ...(tlsKey === undefined ? ['--tls-key'] : []),
    ];
    throw wrong(
      `${missing.join(' and ')} missing: --tls-ca, --tls-cert and --tls-key go together (rondo certs makes the files)`,
    );
  }
  const ca = readText('--tls-ca', tlsCa);
  const cert = readText('--tls-cert', tlsCert);
  const key = readText('--tls-key', tlsKey);
  const authorities = certificatesOf('--tls-ca', tlsCa, ca);
  const [own, ...between] = certificatesOf('--tls-cert', tlsCert, cert);
  if (own === undefined) throw wrong(`--tls-cert ${tlsCert} holds no certificate`);
  const privateKey = keyOf(tlsKey, key);
  if (!own.checkPrivateKey(privateKey)) {
    throw wrong(
      `--tls-key ${tlsKey} is not the key of --tls-cert ${tlsCert}: give the pair that was made together`,
    );
  }
  requireUse(tlsCert, own);
  for (const authority of authorities) requireTime('--tls-ca', tlsCa, authority, nowMs, 'rondo certs ca');
  requireTime('--tls-cert', tlsCert, own, nowMs, 'rondo certs host');
  if (!leadsTo(own, between, authorities)) {
    throw wrong(
      `--tls-cert ${tlsCert} (issued by ${nameOf(own.issuer)}) is not signed by the CA in --tls-ca ${tlsCa} (${authorities.map(({ subject }) => nameOf(subject)).join('; ')}): other hosts would refuse it`,
    );
  }
  return {
    texts: { ca, cert, key },
    names: namesOf(own),
    warnings: [
      ...endsSoon('--tls-cert', tlsCert, own, nowMs),
      ...authorities.flatMap((authority) => endsSoon('--tls-ca', tlsCa, authority, nowMs)),
      ...readableByOthers('--tls-key', tlsKey),
    ],
  };
}

/** The CA alone, as clients need it. */
export function loadAuthority(file: string, nowMs: number): string {
  const text = readText('--tls-ca', file);
  for (const authority of certificatesOf('--tls-ca', file, text)) {
    requireTime('--tls-ca', file, authority, nowMs, 'rondo certs ca');
  }
  return text;
}

/** What other hosts would say who dial this one at the host: undefined when the certificate is for it. */
export function whyNotFor(host: string, cert: string): string | undefined {
  const certificate = new X509Certificate(cert);
  const covers = isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host);
  if (covers !== undefined) return undefined;
  return `--tls-cert is for ${namesOf(certificate).join(', ')} and not for ${host}, where others would dial this host: make one with rondo certs host ${host} --ca DIRECTORY, or give --advertise NAME:PORT`;
}

/** A warning when others on this machine can read a secret. */
export function readableByOthers(flag: string, file: string): readonly string[] {
  if (process.platform === 'win32') return [];
  const { mode } = statSync(file);
  return (mode & 0o077) === 0
    ? []
    : [`${flag} ${file} can be read by other users of this machine: chmod 600 ${file}`];
}

/** Throws INVALID_ARGUMENT when there is no such file, or it cannot be read. */
export function readText(flag: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    const reason =
      code === 'ENOENT'
        ? 'no such file'
        : code === 'EACCES'
          ? 'not allowed for this user'
          : code === 'EISDIR'
            ? 'a directory, not a file'
            : String(cause);
    throw wrong(`${flag} ${file}: ${reason}`, cause);
  }
}

function certificatesOf(flag: string, file: string, text: string): readonly X509Certificate[] {
  const blocks = text.match(certificatePattern) ?? [];
  if (blocks.length === 0)
    throw wrong(`${flag} ${file} holds no certificate in PEM (-----BEGIN CERTIFICATE-----)`);
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch (cause) {
    throw wrong(`${flag} ${file} holds a broken certificate: ${reasonOf(cause)}`, cause);
  }
}

function keyOf(file: string, text: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch (cause) {
    const isEncrypted = text.includes('ENCRYPTED');
    const reason = isEncrypted
      ? 'a key with a passphrase, which is not supported'
      : 'holds no private key in PEM';
    throw wrong(`--tls-key ${file}: ${reason}`, cause);
  }
}

/** A host both dials and is dialled; no use at all said means every use. */
function requireUse(file: string, certificate: X509Certificate): void {
  // Undefined at run time when the certificate says nothing, whatever the type says.
  const uses: readonly string[] | undefined = certificate.keyUsage;
  if (uses === undefined || (uses.includes(serverAuth) && uses.includes(clientAuth))) return;
  throw wrong(
    `--tls-cert ${file} is not for both ends of a connection (extended key usage serverAuth and clientAuth): make one with rondo certs host`,
  );
}

function requireTime(
  flag: string,
  file: string,
  certificate: X509Certificate,
  nowMs: number,
  remedy: string,
): void {
  const { validFrom, validTo } = certificate;
  if (nowMs > Date.parse(validTo))
    throw wrong(`${flag} ${file} expired on ${validTo}: make a new one with ${remedy}`);
  if (nowMs < Date.parse(validFrom))
    throw wrong(`${flag} ${file} is valid from ${validFrom} on: is this machine's clock right?`);
}

/** Follows issuers through the certificates that the file brings along to one of the authorities. */
function leadsTo(
  own: X509Certificate,
  between: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
): boolean {
  let current = own;
  for (let length = 0; length < chainMax; length++) {
    const issued = (by: X509Certificate): boolean => current.checkIssued(by) && current.verify(by.publicKey);
    if (authorities.some(issued)) return true;
    const next = between.find((each) => each.ca && issued(each));
    if (next === undefined) return false;
    current = next;
  }
  return false;
}

function endsSoon(
  flag: string,
  file: string,
  { validTo }: X509Certificate,
  nowMs: number,
): readonly string[] {
  const days = Math.floor((Date.parse(validTo) - nowMs) / dayMs);
  return days >= soonDays ? [] : [`${flag} ${file} expires in ${days} days, on ${validTo}`];
}

function namesOf({ subjectAltName = '' }: X509Certificate): readonly string[] {
  return subjectAltName.split(', ').map((name) => name.replace(/^(?:DNS|IP Address):/, ''));
}

function nameOf(distinguishedName: string): string {
  return distinguishedName.replaceAll('\n', ', ');
}

function wrong(message: string, cause?: unknown): RondoError {
  return new RondoError('INVALID_ARGUMENT', message, { cause });
}
