/** Each command by example, as a session with an in-memory ring. */
import { expect } from 'chai';
import { trustBytes } from '../../src/bytes.js';
import { commandTable } from '../../runner/gateway/commands/index.js';
import { dataSessions } from './data-sessions.js';
import { createHarness } from './harness.js';
import { serverSessions } from './server-sessions.js';
import { runSession } from './session.js';
import { show } from './show.js';

describe('the commands', () => {
  for (const [situation, lines, options] of [...dataSessions, ...serverSessions]) {
    it(`answer ${situation}`, async () => {
      await runSession(lines, options);
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
    const { ring } = await runSession(
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
    await runSession(
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
