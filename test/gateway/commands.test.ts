/** Each command by example, as a session with an in-memory ring. */
import { expect } from 'chai';
import { trustBytes } from '../../src/bytes.js';
import { commandTable } from '../../runner/gateway/commands/index.js';
import { createHarness, type Harness, type HarnessOptions } from './harness.js';
import { show } from './show.js';

/** Lines of `command => reply`; `(pass 100)` lets milliseconds pass. Words as a user types them. */
async function session(lines: string, options: HarnessOptions = {}): Promise<Harness> {
  const harness = createHarness(options);
  for (const line of lines.split('\n')) {
    const [request = '', expected] = line.trimStart().split(' => ');
    const pause = /^\(pass (\d+)\)$/.exec(request)?.[1];
    if (pause !== undefined) harness.pass(Number(pause));
    else {
      await harness.send(`${request}\r\n`);
      expect(harness.replies().map(show), request).to.deep.equal([expected]);
    }
  }
  return harness;
}

const sessions: readonly (readonly [situation: string, lines: string, options?: HarnessOptions])[] = [
  [
    'GET and SET',
    `GET k => nil
     SET k v => OK
     GET k => "v"
     get k => "v"
     SET k "" => OK
     GET k => ""
     SET __proto__ x => OK
     GET __proto__ => "x"
     GET constructor => nil
     GET => error ERR wrong number of arguments for 'get' command
     SET k v EX => error ERR syntax error
     SET k v NX XX => error ERR syntax error
     SET k v EX 0 => error ERR invalid expire time in 'set' command
     SET k v PX x => error ERR value is not an integer or out of range
     SET k v EX 9223372036854775807 => error ERR value is not an integer or out of range
     SET k v EX 9007199254740991 => error ERR invalid expire time in 'set' command
     SET k v EX 1 PX 1 => error ERR syntax error
     SET k v KEEPTTL EX 1 => error ERR syntax error`,
  ],
  [
    'SET with conditions',
    `SET k v XX => nil
     SET k v NX => OK
     SET k w NX => nil
     GET k => "v"
     SET k w XX => OK
     SET k x GET => "w"
     SET n x GET => nil
     SET n "" GET => "x"
     SET n y GET => ""
     SET o x NX GET => nil
     SET o y NX GET => "x"
     SET p y XX GET => nil
     SET o z XX GET => "x"
     GET o => "z"`,
  ],
  [
    'SET with an expiry',
    `SET k v PX 1500 => OK
     TTL k => 2
     PTTL k => 1500
     SET k w KEEPTTL => OK
     PTTL k => 1500
     SET k x => OK
     TTL k => -1
     SET k v EX 1 => OK
     (pass 999)
     GET k => "v"
     (pass 1)
     GET k => nil
     SET k v EXAT 1000002 => OK
     PTTL k => 1000
     SET k v PXAT 1000001500 => OK
     PTTL k => 500
     SET k v EXAT 1 => OK
     (pass 1)
     GET k => nil`,
  ],
  [
    'SETNX, SETEX, PSETEX and GETSET',
    `SETNX k v => 1
     SETNX k w => 0
     GET k => "v"
     SETEX k 10 w => OK
     TTL k => 10
     SETEX k 0 w => error ERR invalid expire time in 'setex' command
     PSETEX k 10 x => OK
     PTTL k => 10
     PSETEX k -1 w => error ERR invalid expire time in 'psetex' command
     GETSET k y => "x"
     GETSET n y => nil
     TTL k => -1`,
  ],
  [
    'GETDEL and GETEX',
    `GETDEL k => nil
     SET k v => OK
     GETEX k => "v"
     GETEX k EX 10 => "v"
     TTL k => 10
     GETEX k PERSIST => "v"
     TTL k => -1
     GETEX k PX 10 => "v"
     GETEX k EX => error ERR syntax error
     GETEX k EX 0 => error ERR invalid expire time in 'getex' command
     GETEX n EX 10 => nil
     GETEX k EXAT 1 => "v"
     GET k => nil
     SET k v => OK
     GETDEL k => "v"
     GETDEL k => nil`,
  ],
  [
    'DEL, UNLINK, EXISTS, TOUCH and TYPE',
    `MSET a 1 b 2 c 3 => OK
     EXISTS a b x a => 3
     TOUCH a x => 1
     DEL a a x => 1
     UNLINK b c => 2
     EXISTS a => 0
     SET s v => OK
     TYPE s => string
     TYPE x => none`,
  ],
  [
    'MGET and MSET',
    `MSET a 1 b 2 => OK
     MGET a x b => ["1" nil "2"]
     MSET a 1 b => error ERR wrong number of arguments for 'mset' command
     MSET a 1 a 2 => OK
     GET a => "2"`,
  ],
  [
    'APPEND and STRLEN',
    `APPEND k ab => 2
     APPEND k cd => 4
     GET k => "abcd"
     STRLEN k => 4
     STRLEN n => 0`,
  ],
  [
    'EXPIRE and its kin',
    `EXPIRE k 10 => 0
     TTL k => -2
     PTTL k => -2
     SET k v => OK
     TTL k => -1
     EXPIRE k 10 => 1
     TTL k => 10
     EXPIRETIME k => 1000010
     PEXPIRETIME k => 1000010000
     PEXPIRE k 500 => 1
     PTTL k => 500
     EXPIREAT k 1000002 => 1
     PTTL k => 2000
     PEXPIREAT k 1000003000 => 1
     PTTL k => 3000
     EXPIRE k 10 NX => 0
     EXPIRE k 1 GT => 0
     EXPIRE k 10 GT => 1
     EXPIRE k 20 LT => 0
     EXPIRE k 5 LT => 1
     EXPIRE k 5 XX => 1
     EXPIRE k 5 YY => error ERR Unsupported option YY
     EXPIRE k 5 NX XX => error ERR NX and XX, GT or LT options at the same time are not compatible
     EXPIRE k 5 GT LT => error ERR GT and LT options at the same time are not compatible
     EXPIRE k x => error ERR value is not an integer or out of range
     PERSIST k => 1
     PERSIST k => 0
     PERSIST n => 0
     TTL k => -1
     EXPIRE k -1 => 1
     GET k => nil`,
  ],
  [
    'INCR and its kin',
    `INCR n => 1
     INCRBY n 9 => 10
     DECR n => 9
     DECRBY n 10 => -1
     INCRBY n 0 => -1
     INCRBY n x => error ERR value is not an integer or out of range
     INCRBY n 9223372036854775807 => error ERR value is not an integer or out of range
     SET n x => OK
     INCR n => error ERR value is not an integer or out of range`,
  ],
  [
    'KEYS, DBSIZE and FLUSHALL',
    `MSET user:1 a user:2 b page:1 c => OK
     DBSIZE => 3
     KEYS page:* => ["page:1"]
     KEYS none* => []
     FLUSHALL SYNC => OK
     DBSIZE => 0
     FLUSHDB ASYNC => OK
     FLUSHALL NOW => error ERR syntax error`,
  ],
  [
    'KEYS with more matches than it may answer',
    `MSET a 1 b 2 c 3 => OK
     KEYS [ab] => ["a" "b"]
     KEYS * => error ERR more than 2 keys or 8388608 bytes match: use SCAN`,
    { limits: { keysReplyMax: 2 } },
  ],
  [
    'PING, ECHO, SELECT and RESET',
    `PING => PONG
     PING hi => "hi"
     PING a b => error ERR wrong number of arguments for 'ping' command
     ECHO hi => "hi"
     SELECT 0 => OK
     SELECT 1 => error ERR DB index is out of range: a ring has one database, 0
     SELECT x => error ERR value is not an integer or out of range
     CLIENT SETNAME me => OK
     RESET => RESET
     CLIENT GETNAME => nil`,
  ],
  [
    'CLIENT',
    `CLIENT ID => 1
     CLIENT GETNAME => nil
     CLIENT SETNAME me => OK
     CLIENT GETNAME => "me"
     CLIENT SETNAME "a b" => error ERR Client names cannot contain spaces, newlines or special characters.
     CLIENT SETINFO LIB-NAME lib => OK
     CLIENT SETINFO LIB-VER 1.2 => OK
     CLIENT SETINFO LIB x => error ERR Unrecognized option 'LIB'
     CLIENT NO-EVICT ON => OK
     CLIENT NO-EVICT MAYBE => error ERR syntax error
     CLIENT TRACKING OFF => OK
     CLIENT TRACKING ON => error ERR client-side caching is not offered: only CLIENT TRACKING OFF
     CLIENT SETNAME => error ERR wrong number of arguments for 'client|setname' command
     CLIENT KILL x => error ERR unknown subcommand 'KILL'. Try CLIENT ID, INFO or LIST.
     CLIENT INFO => "id=1 addr=127.0.0.1:5000 laddr=127.0.0.1:7379 name=me age=0 idle=0 flags=e db=0 cmd=client user=default resp=2 lib-name=lib lib-ver=1.2\\n"
     CLIENT LIST => "id=1 addr=127.0.0.1:5000 laddr=127.0.0.1:7379 name=me age=0 idle=0 flags=e db=0 cmd=client user=default resp=2 lib-name=lib lib-ver=1.2\\n"`,
  ],
  [
    'CONFIG',
    `CONFIG GET maxclients => ["maxclients" "1024"]
     CONFIG GET MAXMEMORY* save => ["maxmemory" "0" "maxmemory-policy" "allkeys-lru" "save" ""]
     CONFIG GET nothing => []
     CONFIG GET => error ERR wrong number of arguments for 'config|get' command
     CONFIG SET save 1 => error ERR CONFIG SET is not offered: a ring is configured when it is created, a gateway when it is started
     CONFIG REWRITE => error ERR unknown subcommand of CONFIG. Try CONFIG GET pattern.`,
  ],
  [
    'COMMAND',
    `COMMAND COUNT => ${commandTable.size}
     COMMAND INFO get nothing => [["get" 2 [readonly] 1 1 1 [] [] [] []] nil]
     COMMAND DOCS get => ["get" ["summary" "Gets the value of a key" "since" "0.1.0" "group" "string"]]
     COMMAND NONSENSE => error ERR unknown subcommand of COMMAND. Try COUNT, DOCS, INFO or LIST.`,
  ],
  [
    'HELLO',
    `HELLO => ["server" "redis" "version" "7.2.0" "proto" 2 "id" 1 "mode" "standalone" "role" "master" "modules" []]
     HELLO 4 => error NOPROTO unsupported protocol version
     HELLO x => error ERR Protocol version is not an integer or out of range
     HELLO 3 SETNAME => error ERR Syntax error in HELLO option 'SETNAME'
     HELLO 3 SETNAME me => {"server": "redis", "version": "7.2.0", "proto": 3, "id": 1, "mode": "standalone", "role": "master", "modules": []}
     CLIENT GETNAME => "me"
     GET none => nil
     CONFIG GET save => {"save": ""}
     HELLO 2 => ["server" "redis" "version" "7.2.0" "proto" 2 "id" 1 "mode" "standalone" "role" "master" "modules" []]`,
  ],
  [
    'AUTH without a password to check',
    `AUTH x => error ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?
     AUTH a b c => error ERR syntax error`,
  ],
  [
    'AUTH',
    `GET k => error NOAUTH Authentication required.
     NONSENSE => error NOAUTH Authentication required.
     HELLO 3 => error NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time
     AUTH wrong => error WRONGPASS invalid username-password pair or user is disabled.
     AUTH other old => error WRONGPASS invalid username-password pair or user is disabled.
     AUTH old => OK
     GET k => nil
     RESET => RESET
     GET k => error NOAUTH Authentication required.
     AUTH default new => OK
     GET k => nil
     RESET => RESET
     HELLO 2 AUTH default wrong => error WRONGPASS invalid username-password pair or user is disabled.
     HELLO 2 AUTH default new SETNAME me => ["server" "redis" "version" "7.2.0" "proto" 2 "id" 1 "mode" "standalone" "role" "master" "modules" []]
     GET k => nil`,
    { passwords: ['old', 'new'] },
  ],
  [
    'commands that there are not',
    `FOO => error ERR unknown command 'FOO', with args beginning with: 
     FOO a "b c" => error ERR unknown command 'FOO', with args beginning with: 'a' 'b c' 
     PING => PONG`,
  ],
  [
    'commands that lose data, switched off',
    `FLUSHALL => error ERR 'flushall' is switched off: it loses data for good, and this gateway was started without it
     RONDO.KILL local/1 => error ERR 'rondo.kill' is switched off: it loses data for good, and this gateway was started without it`,
    { destructive: false },
  ],
  [
    'keys over the limit',
    `GET abcd => nil
     GET abcde => error ERR key of 5 bytes exceeds the limit of 4
     MSET a 1 abcde 2 => error ERR key of 5 bytes exceeds the limit of 4
     GET a => nil`,
    { limits: { keyBytesMax: 4 } },
  ],
  [
    'RONDO.* that change the ring',
    `RONDO.JOIN 2 => ["${'2'.repeat(40)}" "${'8'.repeat(40)}"]
     RONDO.JOIN 0 => error ERR the number of nodes to join must be from 1 to 64
     RONDO.DEPART local/1 => OK
     RONDO.KILL c => OK
     RONDO.KILL nobody => error ERR no such node: nobody
     RONDO.RECOVER 1 => error ERR RONDO.RECOVER needs a ring in linearizable mode: in eventual mode a partition has no quorum to lose
     RONDO.RECOVER 16 => error ERR the partition must be from 0 to 15`,
  ],
];

describe('the commands', () => {
  for (const [situation, lines, options] of sessions) {
    it(`answer ${situation}`, async () => {
      await session(lines, options);
    });
  }

  it('are each described by a row that is complete', () => {
    for (const { name, arity, firstKey, keyStep, summary } of commandTable.values()) {
      expect(name).to.equal(name.toLowerCase());
      expect(arity, name).to.not.equal(0);
      expect(firstKey > 0, name).to.equal(keyStep > 0);
      expect(summary, name).to.match(/^[A-Z].*[^.]$/);
    }
  });

  it('pass orders for nodes on to administration', async () => {
    const { ring } = await session(
      'RONDO.JOIN => ["2222222222222222222222222222222222222222"]\nRONDO.KILL c => OK',
    );
    expect(ring.orders).to.deep.equal(['join 1', 'kill local/2']);
  });

  it('show the overlay, statistics and a trace as JSON', async () => {
    const harness = createHarness();
    const json = async (...args: string[]): Promise<unknown> => {
      const value = await harness.call(...args);
      return value.type === 'bulk' ? JSON.parse(value.bytes) : value;
    };
    expect(await json('RONDO.OVERLAY')).to.deep.equal(await harness.ring.admin.overlay());
    expect(await json('RONDO.STATS')).to.deep.equal(await harness.ring.admin.stats());
    expect(await json('RONDO.STATS', 'local/1')).to.deep.equal(await harness.ring.admin.stats('local/1'));
    expect(await json('RONDO.TRACE', 'k')).to.deep.equal(await harness.ring.admin.trace('k'));
  });

  it('describe the server section by section', async () => {
    const harness = createHarness();
    await harness.call('SET', 'k', 'v');
    const info = await harness.call('INFO');
    expect(show(info)).to.match(/redis_version:7\.2\.0.*loading:0.*db0:keys=1,/);
    const section = await harness.call('INFO', 'server');
    expect(show(section))
      .to.match(/^"# Server/)
      .and.not.match(/Keyspace/);
  });

  it('describe the server even when no node answers', async () => {
    const harness = createHarness();
    harness.ring.intercept = () => Promise.reject(new Error('nobody there'));
    expect(show(await harness.call('INFO'))).to.match(/rondo_unavailable:nobody there/);
  });

  for (const [words, count] of [
    [[], 300],
    [['COUNT', '7'], 300],
    [['MATCH', 'key:1*'], 111],
    [['TYPE', 'string'], 300],
    [['TYPE', 'hash'], 0],
  ] as const) {
    it(`scan every key once when nothing changes: SCAN ${words.join(' ')}`, async () => {
      const harness = createHarness();
      for (let index = 0; index < 300; index++) await harness.call('SET', `key:${index}`, 'v');
      const found: string[] = [];
      let cursor = '0';
      do {
        const reply = await harness.call('SCAN', cursor, ...words);
        if (reply.type !== 'array') throw new Error(show(reply));
        const [next, keys] = reply.items;
        if (next?.type !== 'bulk' || keys?.type !== 'array') throw new Error(show(reply));
        expect(next.bytes).to.match(/^\d+$/);
        cursor = next.bytes;
        for (const key of keys.items) found.push(show(key));
      } while (cursor !== '0');
      expect(found).to.have.lengthOf(count);
      expect(new Set(found)).to.have.lengthOf(count);
    });
  }

  it('refuse cursors and patterns that are none', async () => {
    await session(
      `SCAN x => error ERR invalid cursor
       SCAN 0 COUNT 0 => error ERR syntax error
       SCAN 0 COUNT x => error ERR value is not an integer or out of range
       SCAN 0 MATCH => error ERR syntax error
       SCAN 0 MATCH ${'*a'.repeat(600)} => error ERR pattern of 1200 bytes exceeds the limit of 1024
       KEYS ${'*a'.repeat(600)} => error ERR pattern of 1200 bytes exceeds the limit of 1024
       RONDO.RECORDS x => error ERR invalid cursor
       RONDO.RECORDS 16.1. => error ERR invalid cursor
       RONDO.RECORDS 0 0 => error ERR the count must be a positive integer`,
    );
  });

  it('list all records grouped by the node that leads them, in bounded pages', async () => {
    const harness = createHarness();
    const expected = new Map<string, string>();
    for (let index = 0; index < 200; index++) {
      expected.set(`key${index}`, `value${index}`);
      await harness.call('SET', `key${index}`, `value${index}`);
    }
    const found = new Map<string, string>();
    const leaders: string[] = [];
    let cursor = '0';
    do {
      const reply = await harness.call('RONDO.RECORDS', cursor, '5');
      if (reply.type !== 'array') throw new Error(show(reply));
      const [next, , address, , records] = reply.items;
      if (next?.type !== 'bulk' || records?.type !== 'array') throw new Error(show(reply));
      cursor = next.bytes;
      const texts = records.items.map((item) => (item.type === 'bulk' ? item.bytes : trustBytes('')));
      expect(texts.length).to.be.lessThan(11);
      for (let index = 0; index < texts.length; index += 2)
        found.set(texts[index] ?? '', texts[index + 1] ?? '');
      const leader = address === undefined ? '' : show(address);
      if (texts.length > 0 && leaders.at(-1) !== leader) leaders.push(leader);
    } while (cursor !== '0');
    expect(found).to.deep.equal(expected);
    expect(leaders).to.have.lengthOf(new Set(leaders).size);
    expect(leaders).to.have.lengthOf(3);
  });

  it('ask for the values of many keys a part at a time, and no more than a reply may hold', async () => {
    const harness = createHarness({ limits: { outputBytesHardMax: 1_000 } });
    const keys = Array.from({ length: 1_000 }, (_, index) => `k${index}`);
    for (const key of keys) await harness.call('SET', key, 'v'.repeat(100));
    harness.ring.questions.length = 0;
    expect(show(await harness.call('MGET', ...keys))).to.equal(
      'error ERR the values exceed the 1000 bytes of one reply: ask for fewer keys',
    );
    expect(harness.ring.questions.length).to.be.lessThan(200);
  });
});
