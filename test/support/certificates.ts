/** Certificates for tests: a cluster's authority, its hosts, and all that a stranger may come with. */
import { issueAuthority, issueHost } from '../../runner/certs/issue.js';
import type { TlsTexts } from '../../src/bridge-options.js';

const dayMs = 86_400_000;

export interface Certificates {
  readonly authority: { readonly cert: string; readonly key: string };
  /** For 127.0.0.1, ::1 and localhost. */
  readonly host: TlsTexts;
  /** Of the cluster, for another machine. */
  readonly elsewhere: TlsTexts;
  /** Of the cluster, and no longer valid. */
  readonly expired: TlsTexts;
  /** Trusts the cluster's authority, and has its certificate from another. */
  readonly forged: TlsTexts;
  /** Of another cluster altogether. */
  readonly other: TlsTexts;
}

const here = ['127.0.0.1', '::1', 'localhost'];

export async function createCertificates(): Promise<Certificates> {
  const nowMs = Date.now();
  const authority = await issueAuthority('test', 10, nowMs);
  const stranger = await issueAuthority('other', 10, nowMs);
  const texts = async (
    names: readonly string[],
    by: typeof authority,
    trusted: typeof authority,
    atMs: number,
  ): Promise<TlsTexts> => {
    const { cert, key } = await issueHost(names, by, 1, atMs);
    return { ca: trusted.cert, cert, key };
  };
  return {
    authority,
    host: await texts(here, authority, authority, nowMs),
    elsewhere: await texts(['elsewhere.example.org', '192.0.2.1'], authority, authority, nowMs),
    expired: await texts(here, authority, authority, nowMs - 2 * dayMs),
    forged: await texts(here, stranger, authority, nowMs),
    other: await texts(here, stranger, stranger, nowMs),
  };
}
