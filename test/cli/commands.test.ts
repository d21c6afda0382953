/** Every command against a ring that `rondo up` started: what it prints, on which stream, and how it ends. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { rondo, runHere, upRing, type Ran, type RunningRing } from './running.js';

describe('commands against a ring', function () {
  this.timeout(30_000);
  let ring: RunningRing;
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rondo-'));
    ring = await upRing(['-n', '3', '-k', '3']);
  });
  after(async () => {
    rmSync(folder, { recursive: true });
    await ring.end('SIGKILL');
  });

  /** In this process, at the ring. */
  const run = (...words: string[]): Promise<Ran> => runHere(words, { RONDO_CONNECT: ring.resp });
  const json = async (...words: string[]): Promise<unknown> =>
    JSON.parse((await run(...words, '--json')).stdout);
  const lines = (ran: Ran): string[] => ran.stdout.split('\n').slice(0, -1);

  it('up says where it listens and who its nodes are, in one JSON line', () => {
    expect(ring.resp).to.match(/^127\.0\.0\.1:\d+$/);
    expect(ring.http).to.match(/^127\.0\.0\.1:\d+$/);
    expect(ring.nodes).to.have.length(3);
    expect(ring.nodes[0]).to.match(/^[0-9a-f]{40}$/);
  });

  it('put, get, append and delete do what they say, under every name', async () => {
    expect(await run('put', 'Like a Rolling Stone', '1965')).to.deep.equal({
      code: 0,
      stdout: 'OK\n',
      stderr: '',
    });
    expect((await run('query', 'Like a Rolling Stone')).stdout).to.equal('1965\n');
    expect((await run('insert', 'k', 'a')).code).to.equal(0);
    expect((await run('set', 'k', 'b')).code).to.equal(0);
    expect((await run('append', 'k', 'cd')).stdout).to.equal('3\n');
    expect(await json('get', 'k')).to.deep.equal({ key: 'k', value: 'bcd' });
    expect(await json('delete', 'k')).to.deep.equal({ key: 'k', deleted: true });
  });

  it('a missing key ends with 1 and says nothing on standard output', async () => {
    expect(await run('get', 'missing')).to.deep.equal({ code: 1, stdout: '', stderr: '(nil)\n' });
    expect(await run('get', 'missing', '--json')).to.include({
      code: 1,
      stdout: '{"key":"missing","value":null}\n',
    });
    expect((await run('delete', 'missing')).code).to.equal(1);
  });

  it('conditions and expiry of a put are kept', async () => {
    expect((await run('put', 'once', '1', '--if-absent')).code).to.equal(0);
    expect(await run('put', 'once', '2', '--if-absent')).to.include({ code: 1, stdout: '' });
    expect((await run('put', 'never', '1', '--if-present')).code).to.equal(1);
    expect((await run('put', 'soon', '1', '--ttl-ms', '60000')).code).to.equal(0);
  });

  it('keys and values are UTF-8 text as typed, and the star is a key to get', async () => {
    expect((await run('put', 'Τραγούδι', 'ναι')).code).to.equal(0);
    expect((await rondo(['get', 'Τραγούδι'], { env: { RONDO_CONNECT: ring.resp } })).stdout).to.equal(
      'ναι\n',
    );
    expect((await run('get', '*')).code).to.equal(1);
  });

  it("scan prints every record and query '*' groups them by node", async () => {
    await run('put', 'scanned', 'value');
    const scanned = lines(await run('scan'));
    expect(scanned).to.include('scanned\tvalue');
    const keys = lines(await run('scan', '--keys'));
    expect(keys).to.include('scanned').and.have.length(scanned.length);
    const everything = lines(await run('query', '*', '--json')).map(
      (line) => JSON.parse(line) as { id: string; records: { key: string }[] },
    );
    expect(everything.map((node) => node.id).sort()).to.deep.equal([...ring.nodes].sort());
    const grouped = everything.flatMap((node) => node.records.map((record) => record.key));
    expect(grouped.sort()).to.deep.equal(keys.sort());
    expect((await run('query', '*')).stdout)
      .to.match(/^local\/\d [0-9a-f]{12} \d+ records?$/m)
      .and.contain('  scanned = value');
  });

  it('overlay, stats and trace show the ring', async () => {
    const overlay = (await json('overlay')) as { id: string }[];
    expect(overlay.map((node) => node.id)).to.have.members([...ring.nodes]);
    expect(overlay[0]).to.include.keys(
      'id',
      'address',
      'state',
      'predecessor',
      'successors',
      'partitionsLed',
      'records',
    );
    expect(lines(await run('overlay'))).to.have.length(4);
    expect((await run('overlay', '--svg')).stdout).to.match(/^<svg [\s\S]*<\/svg>\n$/);
    expect(await json('stats'))
      .to.have.property('ring')
      .that.includes.keys('reads', 'writes', 'hits', 'misses');
    expect((await run('stats', ring.nodes[0] ?? '')).stdout).to.not.match(/^ring /m);
    expect(await json('trace', 'k'))
      .to.include({ key: 'k' })
      .and.include.keys('partition', 'hops', 'group');
    expect((await run('trace', 'k')).stdout).to.match(/held by local\/\d/);
  });

  it('what the ring refuses ends with 1 and the reason', async () => {
    const ran = await run('depart', 'nosuch');
    expect(ran).to.include({ code: 1, stdout: '' });
    expect(ran.stderr).to.match(/^rondo: no node nosuch.*\n$/);
  });

  it('replay plays the songs with one client a file and leaves a history', async () => {
    const inserts = ['00', '01'].map((number) => `examples/songs/insert_${number}_part.txt`);
    const history = join(folder, 'history.jsonl');
    const summary = await json('replay', ...inserts, '--history', history);
    expect(summary).to.include({ operations: 100, errors: 0, clients: 2, broken: 0 });
    expect(summary).to.have.property('latencyUs').that.has.all.keys('p50', 'p90', 'p99', 'p999', 'max');
    expect(summary).to.have.property('throughput').that.is.above(0);
    expect(readFileSync(history, 'utf8').trim().split('\n')).to.have.length(100);
    const title = readFileSync(inserts[0] ?? '', 'utf8').split('\n')[0] ?? '';
    expect((await run('get', title)).stdout).to.equal('insert_00_part.txt:1\n');
    expect((await run('replay', ...inserts, '--clients', '3', '--outstanding', '8')).stdout).to.match(
      /by 3 clients/,
    );
  });

  it('bench plays a core workload, and judges what it observed', async () => {
    const words = ['--records', '100', '--operations', '1000', '--value-bytes', '20', '--clients', '3'];
    const ran = await run('bench', '--workload', 'b', ...words, '--check', '--outstanding', '1');
    expect(ran.stdout).to.match(/^load {8}100 records, 0 errors\nworkload {4}b\noperations {2}1000 by 3/);
    expect(ran.stdout).to.match(/^verdict {5}ok$/m);
    for (const name of ['e', 'f']) {
      const printed = lines(await run('bench', '--workload', name, ...words, '--skip-load', '--json'));
      expect(printed).to.have.length(1);
      expect(JSON.parse(printed[0] ?? '')).to.include({ workload: name, operations: 1000, errors: 0 });
    }
  });

  it('recover is refused where nothing is lost', async () => {
    const ran = await run('recover', '7', '--accept-loss');
    expect(ran).to.include({ code: 1, stdout: '' });
  });

  it('replay appends where the edition appends', async () => {
    const file = join(folder, 'requests_00.txt');
    writeFileSync(file, 'insert, appended, 1\ninsert, appended, 2\n');
    await run('replay', file, '--existing', 'append');
    expect((await run('get', 'appended')).stdout).to.equal('12\n');
  });

  it('replay sends nothing of a file with a broken line, unless told to skip it', async () => {
    const file = join(folder, 'requests_01.txt');
    writeFileSync(file, 'insert, half, 1\nnonsense\n');
    const refused = await run('replay', file);
    expect(refused).to.include({ code: 1, stdout: '' });
    expect(refused.stderr).to.match(
      /requests_01\.txt:2: expected .*\n1 broken lines, nothing was sent.*--skip-broken/,
    );
    expect((await run('get', 'half')).code).to.equal(1);
    expect((await run('replay', file, '--skip-broken')).code).to.equal(0);
    expect((await run('get', 'half')).stdout).to.equal('1\n');
  });

  it('dump and restore keep values that are no text, and expiry', async () => {
    const file = join(folder, 'dump.jsonl');
    writeFileSync(
      file,
      '{"op":"put","key":"binary","value_base64":"/wA="}\n{"op":"put","key":"t","value":"v","ttl_ms":90000}\n',
    );
    expect((await run('restore', file)).stdout).to.match(/^2 records/);
    expect(await json('get', 'binary')).to.deep.equal({ key: 'binary', value_base64: '/wA=' });
    expect((await run('dump', file)).code).to.equal(0);
    expect(existsSync(`${file}.part`)).to.equal(false);
    const dumped = readFileSync(file, 'utf8');
    expect(dumped).to.contain('"key":"binary","value_base64":"/wA="');
    expect(dumped).to.match(/"key":"t","value":"v","ttl_ms":[78]\d{4}\b/);
    writeFileSync(file, '{"op":"put","key":"a","value":"b"}\nbroken\n');
    expect((await run('restore', file)).stderr).to.match(
      /dump\.jsonl:2: .*the 1 records before it are restored/,
    );
  });

  it('the prompt works piped: results in order, failures on standard error, the first of them as exit code', async () => {
    const input =
      'put "a b" 1\nget "a b"\n\n# comment\nget nothing\nfoo\nget \'open\n overlay --json\nhelp get\nexit\nget never\n';
    const ran = await rondo(['client', '--connect', ring.resp], { input });
    expect(ran.code).to.equal(1);
    expect(ran.stdout).to.match(/^OK\n1\n\[\{"id"[^\n]*\nUsage: rondo get/);
    expect(ran.stderr).to.match(/^\(nil\)\nrondo: unknown command 'foo'.*\na ' is not closed\n$/);
    const json = await rondo(['client', '--json', '--connect', ring.resp], { input: 'get "a b"\n' });
    expect(json).to.include({ code: 0, stdout: '{"key":"a b","value":"1"}\n' });
  });

  it('a reader that goes away ends a command quietly', async () => {
    const ran = await rondo(['scan', '--connect', ring.resp], { readLines: 1 });
    expect(ran).to.include({ code: 0, stderr: '' });
  });

  it('the inspector serves its page and the ring, to loopback names alone', async () => {
    const page = await get(ring.http, '/');
    expect(page.status).to.equal(200);
    expect(page.body).to.contain('<script type="module" src="/page-script.js">');
    expect((await get(ring.http, '/page-script.js')).body).to.contain("from './ring-picture.js'");
    for (const [script, does] of [
      ['/ring-picture.js', 'ringPicture'],
      ['/chart-text.js', 'chartText'],
    ] as const)
      expect((await get(ring.http, script)).body)
        .to.contain(`export function ${does}`)
        .and.not.match(/^import /m);
    const nodes = JSON.parse((await get(ring.http, '/overlay.json')).body) as { activeStates: string[] }[];
    expect(nodes).to.have.length(3);
    for (const { activeStates } of nodes) expect(activeStates).to.include('alive.membership.member');
    expect(JSON.parse((await get(ring.http, '/stats.json?x')).body)).to.have.property('ring');
    expect((await get(ring.http, '/ring.svg')).body).to.match(/^<svg /);
    expect((await get(ring.http, '/../package.json')).status).to.equal(404);
    expect((await get(ring.http, '/', { host: 'evil.example:80' })).status).to.equal(403);
    expect((await get(ring.http, '/overlay.json', {}, 'POST')).status).to.equal(405);
  });
});

describe('the life of rondo up', function () {
  this.timeout(30_000);
  let ring: RunningRing | undefined;
  afterEach(() => ring?.end('SIGKILL'));

  it('nodes join, depart and are killed; a signal ends it with its code, all of it', async () => {
    const started = await upRing(['-n', '3', '-k', '3']);
    ring = started;
    const run = (...words: string[]): Promise<Ran> => runHere(words, { RONDO_CONNECT: started.resp });
    const [first = '', second = ''] = started.nodes;
    await run('put', 'kept', 'yes');
    expect(await run('join', '--json'))
      .to.have.property('stdout')
      .that.matches(/^{"event":"joined","id":"[0-9a-f]{40}"/);
    expect(await run('depart', first)).to.deep.equal({ code: 0, stdout: `departed ${first}\n`, stderr: '' });
    expect(await run('kill', second.slice(0, 10))).to.include({ code: 0, stderr: '' });
    expect(await run('get', 'kept')).to.include({ code: 0, stdout: 'yes\n' });
    expect(await started.end('SIGINT')).to.equal(130);
    expect(started.stderr()).to.match(/SIGINT: leaving/);
    expect((await run('get', 'kept')).code).to.equal(3);
  });

  it('more copies than nodes is served, with a warning', async () => {
    ring = await upRing(['-n', '1', '-k', '3', '--http', 'none']);
    expect(ring.stderr()).to.match(/note: k = 3/);
    expect((await runHere(['put', 'a', '1', '--connect', ring.resp])).code).to.equal(0);
    expect(await ring.end('SIGTERM')).to.equal(143);
  });
});

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
}

/** `fetch` would mend the path and forbids another Host. */
function get(
  address: string,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Answer> {
  const [host, port] = address.split(':');
  return new Promise((resolve, reject) => {
    const sent = request({ host, port, path, method, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode, body }));
    });
    sent.on('error', reject);
    sent.end();
  });
}
