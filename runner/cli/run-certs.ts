/** The work of `certs`: keys and certificates as files that are never overwritten; keys are for their owner's eyes only. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RondoError, reasonOf } from '../../src/errors.js';
import { issueAuthority, issueHost, type Issued } from '../certs/issue.js';
import { fileNameOf, readNames } from '../certs/names.js';
import type { AuthorityFlags, HostFlags } from './commands/certs.js';
import type { Output } from './output.js';

const keyMode = 0o600;
const certMode = 0o644;

export async function makeAuthority(options: AuthorityFlags, output: Output): Promise<void> {
  const cert = join(options.out, 'ca.crt');
  const key = join(options.out, 'ca.key');
  await refuseExisting([cert, key]);
  const issued = await issueAuthority(options.cluster, options.days, Date.now());
  await writePair(cert, key, issued);
  if (options.json) return output.json({ event: 'issued', ca: cert, key, ends: dateOf(issued) });
  output.data(`${cert}  the authority, valid until ${dateOf(issued)}: copy it to every host and client`);
  output.data(`${key}  its key: whoever has it can make hosts of the ring, so keep it off the hosts`);
  output.data(`Next: rondo certs host NAME,ADDRESS --ca ${options.out} --out DIRECTORY`);
}

export async function makeHost(words: readonly string[], options: HostFlags, output: Output): Promise<void> {
  const names = readNames(words);
  const authority = await readAuthority(options.ca);
  const out = options.out ?? options.ca;
  const name = fileNameOf(names[0] ?? '');
  const cert = join(out, `${name}.crt`);
  const key = join(out, `${name}.key`);
  const ca = join(out, 'ca.crt');
  await refuseExisting([cert, key]);
  const isCopied = await holdsAlready(ca, authority.cert);
  const issued = await issueHost(names, authority, options.days, Date.now());
  // Beside the host's files, so that the directory is all that the host needs.
  if (!isCopied) await write(ca, authority.cert, certMode);
  await writePair(cert, key, issued);
  if (options.json) return output.json({ event: 'issued', ca, cert, key, names, ends: dateOf(issued) });
  output.data(`${cert}  for ${names.join(', ')}, valid until ${dateOf(issued)}`);
  output.data(`${key}  its key`);
  output.data(`Use: rondo up --tls-ca ${ca} --tls-cert ${cert} --tls-key ${key} ...`);
}

async function readAuthority(folder: string): Promise<{ readonly cert: string; readonly key: string }> {
  const certFile = join(folder, 'ca.crt');
  const keyFile = join(folder, 'ca.key');
  const cert = await readText(certFile);
  const key = await readText(keyFile);
  const parsed = parse(certFile, () => new X509Certificate(cert));
  const privateKey = parse(keyFile, () => createPrivateKey(key));
  const wrong = (message: string) => new RondoError('NOT_FOUND', message);
  if (!parsed.ca) throw wrong(`${certFile} is no authority's: make one with rondo certs ca --out DIRECTORY`);
  if (!parsed.checkPrivateKey(privateKey)) throw wrong(`${keyFile} is not the key of ${certFile}`);
  if (privateKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw wrong(`${keyFile} is no key on the curve P-256: make an authority with rondo certs ca`);
  if (Date.parse(parsed.validTo) <= Date.now())
    throw wrong(`${certFile} expired on ${parsed.validTo}: make another with rondo certs ca --out DIRECTORY`);
  return { cert, key };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new RondoError(
      'NOT_FOUND',
      `${file} cannot be read (${whyUnread(cause)}): --ca is the directory that rondo certs ca --out made`,
      { cause },
    );
  }
}

function parse<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new RondoError('NOT_FOUND', `${file} holds nothing that can be used: ${whyUnread(cause)}`, {
      cause,
    });
  }
}

async function refuseExisting(files: readonly string[]): Promise<void> {
  for (const file of files) {
    const exists = await access(file).then(
      () => true,
      () => false,
    );
    if (exists) throw alreadyThere(file);
  }
}

function alreadyThere(file: string): RondoError {
  return new RondoError(
    'BUSY',
    `${file} is there already and is not overwritten: choose another --out, or move it away`,
  );
}

/** The key first: a certificate without its key would look finished. */
async function writePair(cert: string, key: string, issued: Issued): Promise<void> {
  await write(key, issued.key, keyMode);
  await write(cert, issued.cert, certMode);
}

async function write(file: string, text: string, mode: number): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { mode, flag: 'wx' });
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') throw alreadyThere(file);
    throw new RondoError('NOT_FOUND', `${file} cannot be written: ${whyUnread(cause)}`, { cause });
  }
}

/** False when there is no such file; another text in it is refused. */
async function holdsAlready(file: string, text: string): Promise<boolean> {
  const there = await readFile(file, 'utf8').catch(() => undefined);
  if (there === undefined || there === text) return there !== undefined;
  throw new RondoError('BUSY', `${file} is another authority's and is not overwritten: choose another --out`);
}

function dateOf({ endsMs }: Issued): string {
  return new Date(endsMs).toISOString().slice(0, 10);
}

function whyUnread(cause: unknown): string {
  return codeOf(cause) === 'ENOENT' ? 'no such file' : reasonOf(cause);
}

function codeOf(cause: unknown): unknown {
  return cause instanceof Error && 'code' in cause ? cause.code : undefined;
}
