/** `rondo certs`, and what `up` and clients make of its files: pairs that do not belong together are found before anything starts. */
import { expect } from 'chai';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, copyFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issueAuthority, issueHost } from '../../runner/certs/issue.js';
import { fileNameOf, readNames } from '../../runner/certs/names.js';
import { readPasswords } from '../../runner/cli/passwords.js';
import { loadAuthority, loadTls, whyNotFor } from '../../runner/cli/tls-files.js';
import { RondoError } from '../../src/errors.js';
import { runHere } from './running.js';

const dayMs = 86_400_000;

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof RondoError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'nothing was wrong';
}

describe('certificates', function () {
  this.timeout(60_000);
  let folder: string;
  const at = (...parts: string[]): string => join(folder, ...parts);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rondo-certs-'));
    await runHere(['certs', 'ca', '--out', at('ca')]);
    await runHere([
      'certs',
      'host',
      'node1.example.org,10.0.0.1',
      '::1',
      '--ca',
      at('ca'),
      '--out',
      at('node1'),
    ]);
  });
  after(() => rm(folder, { recursive: true }));

  const flagsOf = (name: string, ca = at(name, 'ca.crt')) => ({
    tlsCa: ca,
    tlsCert: at(name, 'node1.example.org.crt'),
    tlsKey: at(name, 'node1.example.org.key'),
  });
  const read = (...parts: string[]): Promise<string> => readFile(at(...parts), 'utf8');

  it('an authority signs hosts and nothing else, a host serves and dials', async () => {
    const authority = new X509Certificate(await read('ca', 'ca.crt'));
    const host = new X509Certificate(await read('node1', 'node1.example.org.crt'));
    expect(authority.ca).to.equal(true);
    expect(host.ca).to.equal(false);
    expect(host.checkIssued(authority) && host.verify(authority.publicKey)).to.equal(true);
    expect(host.keyUsage).to.have.members(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    for (const name of ['node1.example.org']) expect(host.checkHost(name)).to.equal(name);
    for (const address of ['10.0.0.1', '::1']) expect(host.checkIP(address)).to.equal(address);
    const key = createPrivateKey(await read('node1', 'node1.example.org.key'));
    expect(key.asymmetricKeyDetails?.namedCurve).to.equal('prime256v1');
    expect(host.checkPrivateKey(key)).to.equal(true);
    const days = (certificate: X509Certificate): number =>
      Math.round((Date.parse(certificate.validTo) - Date.now()) / dayMs);
    expect([days(authority), days(host)]).to.deep.equal([3_650, 365]);
  });

  it('keys are for their owner alone, and a host gets no key but its own', async () => {
    expect((await readdir(at('node1'))).sort()).to.deep.equal([
      'ca.crt',
      'node1.example.org.crt',
      'node1.example.org.key',
    ]);
    for (const file of [at('ca', 'ca.key'), at('node1', 'node1.example.org.key')])
      expect((await stat(file)).mode & 0o777).to.equal(0o600);
  });

  it('nothing is overwritten', async () => {
    const before = await read('ca', 'ca.key');
    expect(await runHere(['certs', 'ca', '--out', at('ca')])).to.include({ code: 1, stdout: '' });
    expect(await read('ca', 'ca.key')).to.equal(before);
    const again = await runHere([
      'certs',
      'host',
      'node1.example.org',
      '--ca',
      at('ca'),
      '--out',
      at('node1'),
    ]);
    expect(again.code).to.equal(1);
    expect(again.stderr).to.match(/is there already and is not overwritten/);
    await runHere(['certs', 'ca', '--out', at('other')]);
    const mixed = await runHere(['certs', 'host', 'b', '--ca', at('other'), '--out', at('node1')]);
    expect(mixed.stderr).to.match(/ca\.crt is another authority's/);
    expect(await readdir(at('node1'))).to.have.length(3);
  });

  it('a host ends no later than its authority', async () => {
    const nowMs = Date.now();
    const authority = await issueAuthority('short', 2, nowMs);
    const { endsMs } = await issueHost(['a'], authority, 365, nowMs);
    expect(endsMs).to.be.at.most(authority.endsMs);
  });

  it('names are DNS names and IP addresses', () => {
    expect(readNames(['a,b.example.org', '*.c', '::1', 'a', 'rondo_1'])).to.deep.equal([
      'a',
      'b.example.org',
      '*.c',
      '::1',
      'rondo_1',
    ]);
    for (const wrong of [
      '',
      'a:7400',
      '[::1]',
      'http://a',
      'a b',
      '1.2.3',
      '300.1.1.1',
      'a,,b',
      '-a',
      'x.*.y',
      '../a',
      'fe80::1%eth0',
    ])
      expect(
        messageOf(() => readNames([wrong])),
        wrong,
      ).to.match(/^INVALID_ARGUMENT .*neither a DNS name/);
    expect(['::1', '*.a'].map(fileNameOf)).to.deep.equal(['__1', 'any.a']);
  });

  it('files that belong together are taken, with a word about what is near', async () => {
    const loaded = loadTls(flagsOf('node1'), Date.now());
    expect(loaded?.names).to.include.members(['node1.example.org', '10.0.0.1']);
    expect(loaded?.warnings).to.deep.equal([]);
    expect(loadTls({}, Date.now())).to.equal(undefined);
    expect(loadAuthority(at('ca', 'ca.crt'), Date.now())).to.equal(await read('ca', 'ca.crt'));
    const soon = loadTls(flagsOf('node1'), Date.now() + 350 * dayMs);
    expect(soon?.warnings.join()).to.match(/--tls-cert .* expires in 1[45] days/);
    await chmod(at('node1', 'node1.example.org.key'), 0o644);
    expect(loadTls(flagsOf('node1'), Date.now())?.warnings.join()).to.match(/--tls-key .* chmod 600/);
    await chmod(at('node1', 'node1.example.org.key'), 0o600);
  });

  it('files that do not are named, with what to do', async () => {
    const flags = flagsOf('node1');
    const nowMs = Date.now();
    const why = (changes: Partial<typeof flags>, atMs = nowMs): string =>
      messageOf(() => loadTls({ ...flags, ...changes }, atMs));
    expect(why({ tlsKey: at('ca', 'ca.key') })).to.match(
      /--tls-key .*ca\.key is not the key of --tls-cert .*node1/,
    );
    expect(why({ tlsCa: at('other', 'ca.crt') })).to.match(
      /--tls-cert .* is not signed by the CA in --tls-ca .*other/,
    );
    expect(why({}, nowMs + 400 * dayMs)).to.match(/--tls-cert .* expired on .*rondo certs host/);
    expect(why({}, nowMs + 4_000 * dayMs)).to.match(/--tls-ca .* expired on .*rondo certs ca/);
    expect(why({}, nowMs - 2 * dayMs)).to.match(/--tls-ca .* is valid from .*clock/);
    expect(why({ tlsCert: at('none') })).to.match(/--tls-cert .*none: no such file/);
    expect(why({ tlsKey: folder })).to.match(/--tls-key .*: a directory/);
    expect(why({ tlsCert: flags.tlsKey })).to.match(/--tls-cert .* holds no certificate in PEM/);
    expect(why({ tlsKey: flags.tlsCert })).to.match(/--tls-key .*holds no private key in PEM/);
    await writeFile(at('broken.crt'), '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    expect(why({ tlsCert: at('broken.crt') })).to.match(/holds a broken certificate/);
    await copyFile(at('ca', 'ca.crt'), at('both.crt'));
    await writeFile(at('both.crt'), `${await read('other', 'ca.crt')}${await read('ca', 'ca.crt')}`);
    expect(why({ tlsCa: at('both.crt') })).to.equal('nothing was wrong');
  });

  it('a certificate for other names than the one that is dialled is found at home', async () => {
    const cert = await read('node1', 'node1.example.org.crt');
    for (const host of ['node1.example.org', '10.0.0.1', '::1'])
      expect(whyNotFor(host, cert)).to.equal(undefined);
    expect(whyNotFor('10.0.0.2', cert)).to.match(
      /is for node1\.example\.org, .* not for 10\.0\.0\.2.*--advertise/,
    );
    const words = ['--tls-ca', at('node1', 'ca.crt'), '--tls-cert', at('node1', 'node1.example.org.crt')];
    words.push('--tls-key', at('node1', 'node1.example.org.key'));
    const ran = await runHere(['up', '--listen', '127.0.0.1:0', ...words]);
    expect(ran.code).to.equal(2);
    expect(ran.stderr).to.match(/not for 127\.0\.0\.1/);
  });

  it('passwords are lines of a file, two at most', async () => {
    const file = at('passwords');
    const source = { flag: '--resp-password', given: undefined, file };
    await writeFile(file, 'old\r\nnew \n\n');
    expect(readPasswords(source)).to.deep.equal(['old', 'new ']);
    await writeFile(file, 'one');
    expect(readPasswords(source)).to.deep.equal(['one']);
    for (const [text, says] of [
      ['', /empty/],
      ['\n\n', /empty/],
      ['a\n\nb', /empty/],
      ['a\nb\nc\n', /3 passwords/],
    ] as const) {
      await writeFile(file, text);
      expect(messageOf(() => readPasswords(source)))
        .to.match(says)
        .and.match(/--resp-password-file/);
    }
  });
});
