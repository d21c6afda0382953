/** Wrong words: each ends with its exit code and one line that names the place and what to do. No ring is needed. */
import { createServer } from 'node:net';
import { expect } from 'chai';
import { runHere } from './running.js';

interface Wrong {
  readonly words: readonly string[];
  readonly code: number;
  readonly says: RegExp;
  readonly env?: Readonly<Record<string, string>>;
}

const table: readonly Wrong[] = [
  { words: ['dance'], code: 2, says: /unknown command 'dance'.*see rondo --help/ },
  { words: ['bench', '--workload', 'g'], code: 2, says: /a, b, c, d, e, f/ },
  { words: ['bench', '--connect', '127.0.0.1:1'], code: 3, says: /rondo up/ },
  { words: ['recover', '1'], code: 2, says: /--accept-loss/ },
  { words: ['recover', 'x', '--accept-loss'], code: 2, says: /whole number from 0 to 4095/ },
  { words: ['gte', 'k'], code: 2, says: /unknown command 'gte' \(Did you mean get\?\)/ },
  { words: ['get'], code: 2, says: /rondo get: missing required argument 'key'/ },
  { words: ['get', 'a', 'b'], code: 2, says: /rondo get: too many arguments/ },
  { words: ['get', 'k', '--jsn'], code: 2, says: /unknown option '--jsn' \(Did you mean --json\?\)/ },
  { words: ['get', 'k', '--connect', 'nowhere'], code: 2, says: /HOST:PORT/ },
  { words: ['get', 'k'], env: { RONDO_CONNECT: 'x' }, code: 2, says: /from env 'RONDO_CONNECT'.*HOST:PORT/ },
  { words: ['get', 'k', '--timeout-ms', '0'], code: 2, says: /whole number from 1/ },
  { words: ['get', 'k', '--connect', '127.0.0.1:1'], code: 3, says: /127\.0\.0\.1:1.*rondo up/ },
  { words: ['put', 'k', 'v', '--if-absent', '--if-present'], code: 2, says: /cannot be used with/ },
  { words: ['up', '-n', '0'], code: 2, says: /--nodes.*from 1 to 4096/ },
  { words: ['up'], env: { RONDO_NODES: 'many' }, code: 2, says: /'many' from env 'RONDO_NODES'/ },
  { words: ['up', '-k', '8'], code: 2, says: /--replicas.*from 1 to 7/ },
  { words: ['up', '--partitions', '300'], code: 2, says: /power of two from 256 to 4096/ },
  { words: ['up', '--max-bytes', '5zb'], code: 2, says: /size in bytes, such as/ },
  { words: ['up', '-r', '33'], code: 2, says: /--successors/ },
  { words: ['up', '-k', '5', '-r', '2'], code: 2, says: /successors \(r\) must be .* from 4/ },
  { words: ['up', '--placement', 'random'], code: 2, says: /balanced, hash/ },
  { words: ['up', '--consistency', 'strong'], code: 2, says: /eventual, linearizable/ },
  { words: ['up', '--consistency', 'linearizable', '-k', '4'], code: 2, says: /must be odd.*allowEven/ },
  { words: ['up', '--overlay', 'kademlia'], code: 2, says: /not yet in this version.*chord/ },
  { words: ['up', '--record', 'f'], code: 2, says: /--record is not yet in this version/ },
  { words: ['up', '--resp', '0.0.0.0:0'], code: 2, says: /--resp 0\.0\.0\.0:0 .*--tls-cert.*--insecure/ },
  { words: ['up', '--http', '0.0.0.0:0'], code: 2, says: /--http 0\.0\.0\.0:0 .*127\.0\.0\.1.*--insecure/ },
  { words: ['up', '--listen', '10.0.0.1:1'], code: 2, says: /--listen 10\.0\.0\.1:1 .*--tls-ca.*--insecure/ },
  { words: ['up', '--tls-cert', 'a.crt'], code: 2, says: /--tls-ca and --tls-key missing/ },
  {
    words: ['up', '--tls-ca', 'a', '--tls-cert', 'b', '--tls-key', 'c'],
    code: 2,
    says: /--tls-ca a: no such file/,
  },
  { words: ['up', '--resp-tls', 'on'], code: 2, says: /--resp-tls on needs --tls-ca/ },
  { words: ['up', '--resp-tls', 'maybe'], code: 2, says: /auto, on, off/ },
  { words: ['up', '--resp-password-file', 'none'], code: 2, says: /--resp-password-file none: no such file/ },
  {
    words: ['up'],
    env: { RONDO_RESP_PASSWORD: ' ', RONDO_RESP_PASSWORD_FILE: 'x' },
    code: 2,
    says: /cannot be used/,
  },
  { words: ['up', '--resp-password', ''], code: 2, says: /empty password/ },
  {
    words: ['up', '--resp-password', 'a', '--resp-password', 'b', '--resp-password', 'c'],
    code: 2,
    says: /3 passwords/,
  },
  { words: ['up', '--resp-limit', 'idle=1'], code: 2, says: /no limit 'idle': they are .*idleMs/ },
  { words: ['up', '--resp-limit', 'idleMs=x'], code: 2, says: /idleMs must be a whole number/ },
  { words: ['up', '--resp-connections', '20001'], code: 2, says: /from 1 to 20000/ },
  { words: ['get', 'k', '--tls-ca', 'none.crt'], code: 2, says: /--tls-ca none\.crt: no such file/ },
  { words: ['get', 'k', '--password-file', 'none'], code: 2, says: /--password-file none: no such file/ },
  { words: ['certs', 'ca'], code: 2, says: /rondo certs ca: required option '--out/ },
  { words: ['certs', 'host', 'a', '--ca', 'none'], code: 1, says: /none\/ca\.crt cannot be read/ },
  { words: ['certs', 'host', 'a:1', '--ca', 'none'], code: 2, says: /neither a DNS name/ },
  { words: ['certs', 'host', '--ca', 'x'], code: 2, says: /missing required argument 'names'/ },
  { words: ['join', '-n', '0'], code: 2, says: /--count.*from 1 to 64/ },
  { words: ['overlay', '--svg', '--json'], code: 2, says: /cannot be used with/ },
  { words: ['replay'], code: 2, says: /missing required argument 'file'/ },
  { words: ['replay', 'none.txt'], code: 1, says: /none\.txt: no such file/ },
  { words: ['replay', 'README.md', '--format', 'csv'], code: 2, says: /chordify, ycsb, twemcache/ },
  { words: ['replay', 'examples/songs/README.md'], code: 2, says: /README\.md: cannot tell its format/ },
  { words: ['replay', 'examples/songs/query_00.txt', '--speed', '1'], code: 2, says: /holds no times/ },
  {
    words: ['replay', 'examples/songs/query_00.txt', '--speed', '0'],
    code: 2,
    says: /max, or how many times/,
  },
  { words: ['check'], code: 2, says: /missing required argument 'history'/ },
  { words: ['check', 'none.jsonl'], code: 1, says: /none\.jsonl: no such file/ },
  { words: ['replay', 'examples/songs/query_00.txt', '--connect', '127.0.0.1:1'], code: 3, says: /rondo up/ },
  { words: ['simulate', '--seed', '1', '--seeds', '1..2'], code: 2, says: /cannot be used with/ },
  { words: ['simulate', '--seeds', 'x'], code: 2, says: /--seeds takes a number or a range/ },
];

describe('wrong usage', function () {
  this.timeout(20_000);

  for (const { words, code, says, env } of table) {
    const variables = Object.entries(env ?? {}).map(([name, value]) => `${name}=${value} `);
    it(`${variables.join('')}rondo ${words.join(' ')}: ends with ${code}`, async () => {
      const ran = await runHere(words, env);
      expect(ran.stderr).to.match(says);
      expect(ran.code).to.equal(code);
      expect(ran.stdout).to.equal('');
      expect(
        ran.stderr
          .trim()
          .split('\n')
          .filter((line) => !line.startsWith('note: ')),
      ).to.have.length(1);
    });
  }

  it('without a command prints the help on standard error and ends with 2', async () => {
    const ran = await runHere([]);
    expect(ran).to.include({ code: 2, stdout: '' });
    expect(ran.stderr).to.match(/Usage: rondo/);
  });

  it('every command has help with examples on standard output', async () => {
    const overview = (await runHere(['--help'])).stdout;
    const names =
      'up put get delete append scan overlay stats trace join depart kill recover client replay bench check simulate demo dump restore';
    for (const name of names.split(' ')) expect(overview).to.match(new RegExp(`^  ${name}\\b`, 'm'));
    const help = await Promise.all(
      ['up', 'get', 'client', 'replay'].map((name) => runHere([name, '--help'])),
    );
    for (const ran of help) {
      expect(ran).to.include({ code: 0, stderr: '' });
      expect(ran.stdout).to.match(/RONDO_JSON[\s\S]*Examples:\n {2}rondo /);
    }
  });

  it('a port in use ends with 1 and the words to do about it', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const bound = server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    try {
      for (const door of ['--resp', '--http']) {
        const other = door === '--resp' ? '--http' : '--resp';
        const ran = await runHere(['up', '-n', '1', '-k', '1', door, String(port), other, 'none']);
        expect(ran.code).to.equal(1);
        expect(ran.stderr).to.match(new RegExp(`in use.*${door}`));
      }
    } finally {
      server.close();
    }
  });
});
