/** Certificates of a cluster: an authority that signs, and hosts that prove by it who they are. Nothing is read or written. */
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { createPrivateKey, KeyObject, randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';

/** Texts in PEM. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
  readonly endsMs: number;
}

const curve = { name: 'ECDSA', namedCurve: 'P-256' };
const signing = { name: 'ECDSA', hash: 'SHA-256' };
const serverAuth = '1.3.6.1.5.5.7.3.1';
const clientAuth = '1.3.6.1.5.5.7.3.2';
const dayMs = 86_400_000;
/** Valid from a little before now: a host whose clock is behind must not refuse a certificate made just now. */
const clockSkewMs = 3_600_000;

/** An authority of its own for one cluster: whatever it signs may join. `cluster` is only shown. */
export async function issueAuthority(cluster: string, days: number, nowMs: number): Promise<Issued> {
  const keys = await newKeys();
  const endsMs = nowMs + days * dayMs;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    // Two authorities of one cluster, as during a rotation, must not have one name.
    name: [{ CN: [`Rondo ${cluster} CA ${randomBytes(4).toString('hex')}`] }],
    serialNumber: newSerialNumber(),
    notBefore: new Date(nowMs - clockSkewMs),
    notAfter: new Date(endsMs),
    keys,
    signingAlgorithm: signing,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: pemOf(certificate), key: pemOfKey(keys.privateKey), endsMs };
}

/**
 * A host dials and is dialled, so its certificate serves both ways. `names` are DNS names and IP addresses, at least one: those by
 * which others reach it. It ends no later than its authority.
 */
export async function issueHost(
  names: readonly string[],
  authority: { readonly cert: string; readonly key: string },
  days: number,
  nowMs: number,
): Promise<Issued> {
  const keys = await newKeys();
  const issuer = new x509.X509Certificate(authority.cert);
  const endsMs = Math.min(nowMs + days * dayMs, issuer.notAfter.getTime());
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [{ CN: [(names[0] ?? '').slice(0, commonNameMax)] }],
    issuer: issuer.subjectName,
    serialNumber: newSerialNumber(),
    notBefore: new Date(nowMs - clockSkewMs),
    notAfter: new Date(endsMs),
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.key),
    signingAlgorithm: signing,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([serverAuth, clientAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((name) => ({ type: isIP(name) === 0 ? 'dns' : 'ip', value: name })),
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return { cert: pemOf(certificate), key: pemOfKey(keys.privateKey), endsMs };
}

/** RFC 5280's bound on a common name. */
const commonNameMax = 64;

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(curve, true, ['sign', 'verify']);
}

function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', der, curve, false, ['sign']);
}

/** Positive, 127 random bits. */
function newSerialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

function pemOf(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}

function pemOfKey(key: webcrypto.CryptoKey): string {
  return String(KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }));
}
